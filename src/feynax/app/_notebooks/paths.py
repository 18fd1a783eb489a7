"""The page of the paths of a potential."""

import marimo

app = marimo.App(width="full", app_title="feynax: paths of a potential")


@app.cell
def _():
    import marimo as mo

    from feynax.app import ensemble_answer
    from feynax.app._links import links

    return ensemble_answer, links, mo


@app.cell
def _(mo):
    slide = lambda name, low, high, step, value: mo.ui.slider(
        low, high, step, value, label=name, show_value=True, debounce=True
    )
    potential = mo.ui.text("x**2/2 + x**4", label="potential")
    slices = mo.ui.dropdown(["16", "32", "64", "128"], "64", label="slices")
    beta = slide("beta", 1, 16, 0.5, 8)
    hbar = slide("ħ", 0.2, 2, 0.1, 1)
    mass = slide("mass", 0.2, 4, 0.1, 1)
    seed = slide("seed", 0, 20, 1, 0)
    return beta, hbar, mass, potential, seed, slices


@app.cell
def _(beta, hbar, links, mass, mo, potential, seed, slices):
    mo.sidebar(
        [links("paths"), mo.vstack([potential, slices, beta, hbar, mass, seed])], width="21rem"
    )
    return


@app.cell
def _(beta, ensemble_answer, hbar, mass, mo, potential, seed, slices):
    mo.Html(
        ensemble_answer(
            potential.value,
            beta=beta.value,
            slices=int(slices.value),
            hbar=hbar.value,
            mass=mass.value,
            seed=seed.value,
        ).to_html()
    )
    return


if __name__ == "__main__":
    app.run()

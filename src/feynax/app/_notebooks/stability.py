"""The page of the stability of a method."""

import marimo

app = marimo.App(width="full", app_title="feynax: stability of a method")


@app.cell
def _():
    import marimo as mo

    from feynax.app import proof_answer, stability_answer
    from feynax.app._links import links
    from feynax.equations import TABLEAUX

    return TABLEAUX, links, mo, proof_answer, stability_answer


@app.cell
def _(TABLEAUX, mo):
    slide = lambda name, low, high, value: mo.ui.slider(
        low, high, 0.05, value, label=name, show_value=True
    )
    method = mo.ui.dropdown(list(TABLEAUX), "rk4", label="method")
    step = slide("step h", 0.05, 4, 1)
    contraction = slide("contraction c", -1, 4, 1)
    turning = slide("turning ω", 0, 4, 1)
    prove = mo.ui.run_button(label="search for a proven factor")
    return contraction, method, prove, step, turning


@app.cell
def _(contraction, links, method, mo, prove, step, turning):
    controls = [method, step, contraction, turning, prove]
    mo.sidebar([links("stability"), mo.vstack(controls)], width="21rem")
    return


@app.cell
def _(contraction, method, step, turning):
    asked = {
        "method": method.value,
        "step": step.value,
        "contraction": contraction.value,
        "turning": turning.value,
    }
    return (asked,)


@app.cell
def _(asked, mo, stability_answer):
    mo.Html(stability_answer(**asked).to_html())
    return


@app.cell
def _(asked, mo, proof_answer, prove):
    mo.stop(not prove.value)
    mo.Html(proof_answer(**asked).to_html())
    return


if __name__ == "__main__":
    app.run()

"""The page of the plane of two neurons."""

import marimo

app = marimo.App(width="full", app_title="feynax: two neurons")


@app.cell
def _():
    import marimo as mo

    from feynax.app import packet_answer, plane_answer, read_plane
    from feynax.app._links import links

    return links, mo, packet_answer, plane_answer, read_plane


@app.cell
def _(mo):
    slide = lambda name, low, high, value: mo.ui.slider(
        low, high, 0.05, value, label=name, show_value=True
    )
    w11, w12, w21 = (slide(n, -3, 3, v) for n, v in (("w11", 1.5), ("w12", -1), ("w21", 1.2)))
    i1, i2 = slide("current 1", -2, 2, 0.7), slide("current 2", -2, 2, -0.5)
    hbar = mo.ui.slider(0.005, 0.2, 0.005, 0.02, label="ħ", show_value=True)
    keep = mo.ui.switch(True, label="keep volumes: w22 = 2 − w11")
    regime = mo.ui.dropdown(["11", "10", "01", "00"], "11", label="regime")
    time = mo.ui.slider(0, 1, 0.01, 0.2, label="time, share", show_value=True)
    return hbar, i1, i2, keep, regime, time, w11, w12, w21


@app.cell
def _(keep, mo):
    w22 = mo.ui.slider(-3, 3, 0.05, 0.5, label="w22", show_value=True, disabled=keep.value)
    return (w22,)


@app.cell
def _(hbar, i1, i2, keep, links, mo, regime, time, w11, w12, w21, w22):
    mo.sidebar(
        [links("plane"), mo.vstack([w11, w12, w21, keep, w22, i1, i2, regime, hbar, time])],
        width="21rem",
    )
    return


@app.cell
def _(hbar, i1, i2, keep, read_plane, regime, w11, w12, w21, w22):
    reading = read_plane(
        (w11.value, w12.value, w21.value, 2 - w11.value if keep.value else w22.value),
        (i1.value, i2.value),
        regime=regime.value,
        hbar=hbar.value,
    )
    return (reading,)


@app.cell
def _(mo, plane_answer, reading):
    mo.Html(plane_answer(reading).to_html())
    return


@app.cell
def _(mo, packet_answer, reading, time):
    mo.Html(packet_answer(reading, time.value).to_html())
    return


if __name__ == "__main__":
    app.run()

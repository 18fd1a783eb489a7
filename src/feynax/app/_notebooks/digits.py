"""The page of a digit in a residual network."""

import marimo

app = marimo.App(width="full", app_title="feynax: a digit in a residual network")


@app.cell
def _():
    import marimo as mo

    from feynax.app import bundled_digit, digit_answer, drawing_board, inked
    from feynax.app._links import links

    return bundled_digit, digit_answer, drawing_board, inked, links, mo


@app.cell
def _(drawing_board, mo):
    slide = lambda name, low, high, value: mo.ui.slider(
        low, high, 1, value, label=name, show_value=True
    )
    index, turn, seed = (
        slide("digit", 0, 199, 0),
        slide("turn", -90, 90, 0),
        slide("seed", 0, 20, 0),
    )
    output = mo.ui.dropdown(["answer", *map(str, range(10))], "answer", label="score of")
    board = mo.ui.matplotlib(drawing_board(), debounce=True)
    drawn = mo.ui.switch(False, label="read the drawing")
    return board, drawn, index, output, seed, turn


@app.cell
def _(board, drawn, index, links, mo, output, seed, turn):
    hint = mo.md("To draw: hold Shift and drag, in one stroke.")
    controls = [index, turn, output, seed, drawn, hint, board]
    mo.sidebar([links("digits"), mo.vstack(controls)], width="21rem")
    return


@app.cell
def _(board, bundled_digit, drawn, index, inked, turn):
    stroke = getattr(board.value, "vertices", None)
    use = drawn.value and stroke is not None
    image, label = (inked(stroke), None) if use else bundled_digit(index.value, turn=turn.value)
    return image, label


@app.cell
def _(digit_answer, image, label, mo, output, seed):
    asked = None if output.value == "answer" else int(output.value)
    mo.Html(digit_answer(image, label=label, output=asked, seed=seed.value).to_html())
    return


if __name__ == "__main__":
    app.run()

"""One style for all pictures, and how a picture becomes part of a page."""

import contextlib
import functools
import html
import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

# Okabe and Ito's colours, told apart by every kind of eye.
POSITIVE, NEGATIVE, THIRD, FOURTH = "#D55E00", "#0072B2", "#009E73", "#CC79A7"
# No picture has this colour for anything but text and axes; on a page it becomes the text's own.
INK = "#010203"
_STYLE: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.0,
    "axes.titlesize": 9.0,
    "axes.labelsize": 9.0,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 3.0,
    "ytick.major.size": 3.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "lines.linewidth": 1.4,
    "image.interpolation": "none",
    "image.composite_image": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "feynax",
    "path.simplify": True,
}


@contextlib.contextmanager
def styled() -> Iterator[None]:
    """Let matplotlib use the house's style inside, and what it used before afterwards."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        for name, value in _STYLE.items():
            matplotlib.rcParams[name] = value  # pyright: ignore[reportArgumentType]
        yield


def new_figure(width: float, height: float) -> "Figure":
    """An empty figure of so many inches, known to no window."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height))


@functools.cache
def signed_colours() -> "Colormap":
    """Colours for signed fields: clear at zero, so that they stand on any page."""
    from matplotlib.colors import ListedColormap, to_rgb

    strength = np.linspace(-1, 1, 255)
    colours = np.empty((255, 4))
    colours[:, :3] = np.where(strength[:, None] < 0, to_rgb(NEGATIVE), to_rgb(POSITIVE))
    colours[:, 3] = np.abs(strength) ** 0.8
    return ListedColormap(colours, "signed")


def ink_colours() -> "Colormap":
    """From clear to grey, for an image that others are drawn upon."""
    from matplotlib.colors import ListedColormap

    colours = np.full((255, 4), 0.5)
    colours[:, 3] = np.linspace(0, 0.85, 255)
    return ListedColormap(colours, "ink")


def show_field(ax: "Axes", field: np.ndarray, limit: float) -> None:
    """Draw a signed field, pixel by pixel, with a thin frame."""
    size = limit if limit > 0 else 1.0
    ax.imshow(field, cmap=signed_colours(), vmin=-size, vmax=size)
    frame(ax)


def draw_field(
    ax: "Axes", field: np.ndarray, limit: float, box: tuple[float, float, float, float]
) -> None:
    """Draw a signed field into a box (left, right, bottom, top) of larger axes."""
    from matplotlib.patches import Rectangle

    size = limit if limit > 0 else 1.0
    ax.imshow(
        field, cmap=signed_colours(), vmin=-size, vmax=size, extent=box, aspect="auto", zorder=1
    )
    left, right, bottom, top = box
    edge = Rectangle((left, top), right - left, bottom - top, fill=False, linewidth=0.4)
    edge.set(edgecolor=INK, alpha=0.5, zorder=2)
    ax.add_patch(edge)


def frame(ax: "Axes") -> None:
    """Thin frame, no ticks."""
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(True)
        spine.set_linewidth(0.4)
        spine.set_alpha(0.5)


def svg(figure: "Figure", *, label: str, name: str = "figure") -> str:
    """Return a picture as inline SVG that lives on a light or a dark page.

    The ground is clear, text and axes take the colour and the font of the text around, nothing is
    fetched, and the same picture gives the same bytes.

    **Arguments:**

    - `figure`: any figure of `feynax.plot`.
    - `label`: what it shows, for those who cannot see it.
    - `name`: letters that keep its inner names apart from other pictures' on the page.

    ```python
    import feynax as fx
    rows = [{"kind": "train", "step": s, "loss": 1 / s, "accuracy": 1 - 1 / s} for s in (1, 2, 3)]
    text = fx.plot.svg(fx.plot.learning_curve(rows), label="a curve")
    assert text.startswith("<svg") and "currentColor" in text
    ```
    """
    buffer = io.StringIO()
    with styled():
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :].strip()
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<style [^>]*>.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(r"\s*<!--.*?-->", "", text, flags=re.DOTALL)
    text = text.replace(INK, "currentColor")
    text = re.sub(r"(font:[^;\"]*?)'DejaVu Sans'[^;\"]*", r"\1inherit", text)
    text = _own_names(text, name)
    box = re.search(r'viewBox="([^"]*)"', text)
    assert box is not None  # matplotlib always writes one
    title = html.escape(label, quote=True)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{box[1]}" role="img" aria-label="{title}">'
    )
    return head + text[text.index(">") + 1 :]


def _own_names(text: str, prefix: str) -> str:
    """Prefix the names that are referred to, and drop the others."""
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', text))
    text = re.sub(
        r' id="([^"]*)"', lambda m: f' id="{prefix}-{m[1]}"' if m[1] in used else "", text
    )
    return re.sub(r'(href="#|url\(#)([^")]+)', rf"\g<1>{prefix}-\g<2>", text)

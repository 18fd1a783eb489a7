"""Which pictures a page shows, each with what to see in it."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .. import plot
from .._words import counted, number
from ._reading import Depth, Reading

_COLUMNS = 11
_GLYPHS = 32
_BLOCKS = 8


@dataclasses.dataclass(frozen=True)
class Picture:
    """An inline SVG, what it shows, and what to see in it."""

    svg: str
    caption: str
    title: str = ""


def evolving(reading: Reading) -> tuple[Picture, Picture]:
    """The image on its way through the layers: for wide pages, and for narrow ones."""
    shown = [depth for depth in reading.depths if depth.field.shape[1] * depth.field.shape[2] > 1]
    some = _some(shown)
    left_out = len(shown) - len(some)
    note = f" Of {len(shown)} depths {left_out} are left out." if left_out else ""
    most = max(len(depth.field) for depth in some)
    caption = (
        f"Each column is a depth, each row one of the channels that carry most of the score for "
        f"{reading.called(reading.output)} (of up to {most}). Orange is positive, blue negative, "
        f"clear is zero; each field has its own scale.{note}"
    )
    label = f"The image at {len(some)} depths of the network, and its {len(reading.scores)} scores."
    pictures = []
    for tall in (False, True):
        figure = plot.evolution(
            [_broken(depth.name) for depth in some],
            [depth.field for depth in some],
            [depth.contribution for depth in some],
            reading.scores,
            tall=tall,
            channels=6,
        )
        said = caption.replace("column", "row", 1).replace("each row", "each column", 1)
        text = plot.svg(figure, label=label, name="tall" if tall else "wide")
        pictures.append(Picture(text, said if tall else caption))
    return pictures[0], pictures[1]


def carried(reading: Reading) -> list[Picture]:
    """The paths that carried the answer."""
    found = [
        Picture(
            plot.svg(
                plot.attribution(reading.image, reading.paths.attribution),
                label="The image, and what the paths from each pixel bring to the score.",
                name="attribution",
            ),
            "Left the image; right what all paths from each pixel bring to the score, exactly: "
            "orange pixels raise it, blue ones lower it. (Standardised images are not zero on "
            "their ground, so empty pixels speak too.)",
            "Where the score comes from",
        )
    ]
    sample = reading.sample
    if sample is None:
        return found
    shapes: Any = [depth.field.shape for depth in reading.depths]
    names = [_broken(depth.name) for depth in reading.depths]
    sites = np.asarray(sample.sites)
    found.append(
        Picture(
            plot.svg(
                plot.paths(reading.image, sites, sample.signs, shapes),
                label="Sampled paths drawn over the image, by sign.",
                name="paths",
            ),
            f"250 of {counted(len(sample.signs))} sampled paths, each drawn as often as its "
            "amplitude is large: from a dot, the pixel or bias where it starts, through the "
            "layers. Their signs nearly balance, and the small excess is the score.",
            "Paths over the image",
        )
    )
    found.append(
        Picture(
            plot.svg(
                plot.world_lines(sites, sample.signs, shapes, names),
                label="Sampled paths as rows of the image against depth.",
                name="world",
            ),
            "The same paths as world lines: depth to the right, rows of the image downwards. "
            "In a step a path moves to a neighbour at most; on the coarser lattice after a pool "
            "neighbours are farther apart; the last layer reads all places at once.",
            "Paths through depth",
        )
    )
    sums = reading.paths
    ledger = (sums.positive, sums.negative, sums.total)
    figure = plot.ledger(*ledger, sample.estimate.value, sample.estimate.error)
    found.append(
        Picture(
            plot.svg(figure, label="Positive, negative and remaining paths.", name="ledger"),
            f"Above, all paths by sign: they nearly cancel. Below, what remains: "
            f"{number(sums.total)} exactly, and the same from {counted(len(sample.signs))} sampled "
            "paths, with one standard error.",
            "What remains",
        )
    )
    return found


def blocks(reading: Reading) -> list[Picture]:
    """The equation of each block, as what it does to a point."""
    if reading.equation is None:
        return []
    layers = reading.equation.layers
    found = []
    for index, layer in enumerate(layers[:_BLOCKS]):
        drift, spread = layer.drift()[:_GLYPHS], layer.diffusion()[:_GLYPHS]
        figure = plot.drift_and_diffusion(drift, spread)
        times = f"{layer.count} steps of {number(layer.pde.step, 3)}"
        times = times if layer.count > 1 else f"a step of {number(layer.pde.step, 3)}"
        far = np.hypot(*drift.T)
        note = f", {layer.note}" if layer.note else ""
        some = f" (the first {_GLYPHS})" if len(layer.drift()) > _GLYPHS else ""
        text = plot.svg(figure, label=f"Drift and spread of {layer.name}.", name=f"block{index}")
        caption = (
            f"{times.capitalize()}, derivatives up to order {layer.pde.order()}{note}. Channels "
            f"move by {number(float(np.nanmin(far)), 2)} to {number(float(np.nanmax(far)), 2)} "
            f"pixels{some}. A broken ellipse: along some axis the steps sharpen."
        )
        found.append(Picture(text, caption, layer.name))
    return found


def through_depth(reading: Reading) -> Picture | None:
    """Gain, drift and spread of each layer."""
    if reading.equation is None or not reading.equation.layers:
        return None
    layers = reading.equation.layers
    drifts = [np.nanmean(np.hypot(*layer.pde.drift().T)) for layer in layers]
    spreads = [_root(np.nanmean(np.trace(layer.pde.diffusion(), 0, 1, 2)) / 2) for layer in layers]
    gains = [layer.gain().upper for layer in layers]
    figure = plot.gain_and_drift(
        [
            f"{layer.name}\n({layer.count} alike)" if layer.count > 1 else layer.name
            for layer in layers
        ],
        np.array(gains),
        np.array(drifts),
        np.array(spreads),
    )
    most = max(gains)
    said = (
        "No step amplifies any wave"
        if most <= 1 + 1e-9
        else (f"A step may amplify some wave up to {number(most, 3)}-fold")
    )
    return Picture(
        plot.svg(figure, label="Gain, drift and spread of each layer.", name="depth"),
        f"{said}, by the linear part of its equation alone. Right, means over the channels of one "
        "step: how far features drift, and how far they spread (below zero: they sharpen).",
    )


def waves(reading: Reading) -> list[Picture]:
    """What a step of each block leaves of each wave."""
    if reading.equation is None:
        return []
    p = np.linspace(-np.pi, np.pi, 41)
    momenta = np.stack(np.meshgrid(p, p, indexing="ij"), -1)
    found = []
    for index, layer in enumerate(reading.equation.layers[:_BLOCKS]):
        size = np.linalg.norm(np.asarray(layer.pde.symbol(momenta)), 2, axis=(-2, -1))
        found.append(
            Picture(
                plot.svg(
                    plot.symbol(size, title=layer.name),
                    label=f"Largest amplitude of {layer.name} over all momenta.",
                    name=f"symbol{index}",
                ),
                "",
            )
        )
    return found


def learning(rows: Sequence[Mapping[str, Any]], final: Mapping[str, Any] | None) -> Picture | None:
    """How training went."""
    if not rows:
        return None
    figure = plot.learning_curve(rows, final=final)
    return Picture(
        plot.svg(figure, label="Wrong answers against training steps.", name="curve"),
        "Wrong answers against optimiser steps, on a logarithmic axis: a straight fall means that "
        "each step mends the same share of what is left.",
    )


def _some(depths: list[Depth]) -> list[Depth]:
    if len(depths) <= _COLUMNS:
        return depths
    kept = np.unique(np.linspace(0, len(depths) - 1, _COLUMNS).round().astype(int))
    return [depths[i] for i in kept]


def _broken(name: str) -> str:
    return name.replace(" + ", "\n+ ")


def _root(variance: float) -> float:
    return float(np.sign(variance) * np.sqrt(abs(variance)))

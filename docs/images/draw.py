"""Draw the pictures that README and docs show from numbers: python docs/images/draw.py."""

import io
import pathlib

import jax
import numpy as np
from PIL import Image

import feynax as fx

HERE = pathlib.Path(__file__).parent


def spectrum() -> Image.Image:
    """Regimes of a network of two neurons beside the levels of one of them."""
    field = fx.equations.ReLUField.ctrnn([[1.5, 1.0], [-1.2, 0.5]], current=[-1.7, 1.8])
    reading = fx.report.read_spectrum(field, hbar=0.02)
    rests = [(regime.rest, regime.own) for regime in reading.regimes if regime.own]
    box = (-0.6, 2.4)
    orbits = [reading.packet.classical]
    plane = fx.plot.regimes(
        field, box, box, hamiltonian=reading.hamiltonian, orbits=orbits, points=rests
    )
    return beside(plane, fx.plot.levels(reading.hamiltonian, 6))


def ensemble() -> Image.Image:
    """Paths of an anharmonic oscillator and the density of their places; one as a network."""
    paths = fx.paths.PathEnsemble("x**2/2 + x**4", beta=10.0, slices=64)
    seen = fx.report.read_ensemble(paths, key=jax.random.key(0), chains=64, draws=500)
    picture, density = seen.picture, seen.density
    return beside(
        fx.plot.ensemble(
            picture.times,
            picture.paths,
            density.at,
            density.value,
            density.error,
            density.exact,
        )
    )


def recurrent() -> Image.Image:
    """Where two neurons go round, and how gradients of three cells grow with time."""
    net = fx.networks.CTRNN.from_arrays([[5.5, 1.0], [-1.0, 5.5]], bias=[-3.2, -2.2])
    starts = 2 + 4 * np.stack([np.cos(np.arange(8)), np.sin(np.arange(8))], -1)
    field = fx.networks.held_field(net)
    plane = fx.equations.phase_portrait(field, (-3, 8), (-3, 7), starts=starts, step=0.5)
    keys = jax.random.split(jax.random.key(1), 3)
    kinds = (fx.networks.CayleyRNN, fx.networks.LSTM, fx.networks.RNN)
    cells = [kind(1, 16, key=key) for kind, key in zip(kinds, keys, strict=True)]
    inputs = jax.random.normal(jax.random.key(2), (200, 1))
    steps = [fx.networks.driven(cell) for cell in cells]
    found = [fx.equations.gradient_growth(step, step.start, inputs) for step in steps]
    curves = [(kind.__name__, one.curve) for kind, one in zip(kinds, found, strict=True)]
    return beside(fx.plot.phase_portrait(plane), fx.plot.gradient_growth(curves))


def beside(*figures) -> Image.Image:
    """Figures in one row on white, so that they can be read on any page."""
    parts = []
    for figure in figures:
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=160, facecolor="white")
        parts.append(Image.open(buffer))
    height = max(part.height for part in parts)
    row = Image.new("RGB", (sum(part.width for part in parts), height), "white")
    left = 0
    for part in parts:
        row.paste(part.convert("RGB"), (left, (height - part.height) // 2))
        left += part.width
    return row


if __name__ == "__main__":
    for draw in (spectrum, ensemble, recurrent):
        draw().quantize(128).save(HERE / f"{draw.__name__}.png", optimize=True)

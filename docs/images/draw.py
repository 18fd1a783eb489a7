"""Draw the pictures that README and docs show from numbers: python docs/images/draw.py."""

import io
import pathlib

import jax
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
    for draw in (spectrum, ensemble):
        draw().quantize(128).save(HERE / f"{draw.__name__}.png", optimize=True)

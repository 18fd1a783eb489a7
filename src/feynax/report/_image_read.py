"""Put one image to one network, and write down all that can be said."""

import collections
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from .._certificate import Certificate
from .._checks import check, check_count, check_finite, check_shape
from ..maps import PathSample, PathSum, Recorder, Step, as_equation, as_paths, certify, record
from ..networks import HamiltonianBlock
from ._attempt import attempt
from ._double import widened
from ._reading import Depth, Reading

_SAID = {"relu": "ReLU", "conv": "conv", "norm": "norm"}


def read_image(
    network: eqx.Module,
    image: Float[Array | np.ndarray, "channels height width"],
    *,
    output: int | None,
    label: int | None,
    image_name: str,
    paths: int,
    key: PRNGKeyArray | None,
    certificate: bool,
) -> Reading:
    """Read one image with one network."""
    check_shape("image", image, (None, None, None))
    check_finite("image", image)
    check_count("paths", paths, least=0)
    seen = np.asarray(image, np.float64)
    steps = _record(network, seen)
    states = [seen]
    for step in steps:
        states.append(step.operator.affine(states[-1].reshape(step.before)))
    scores = states[-1].ravel()
    chosen = int(scores.argmax()) if output is None else output
    check_count("output", chosen, least=0)
    check(chosen < scores.size, "output", f"be below {scores.size}", chosen)
    missing = {"quantum": _why_classical(network)}
    summed = as_paths(network, seen, chosen)
    leaves = jax.tree.leaves(eqx.filter(network, eqx.is_inexact_array))
    return Reading(
        network=type(network).__name__,
        parameters=sum(leaf.size for leaf in leaves),
        image=seen,
        image_name=image_name,
        label=label,
        scores=scores,
        output=chosen,
        depths=_depths(steps, states, chosen),
        paths=summed,
        sample=_sample(summed, paths, key, missing),
        equation=attempt("equation", lambda: as_equation(network), missing),
        certificate=_certificate(network, seen, certificate, missing),
        missing=missing,
    )


def _record(network: Any, image: np.ndarray) -> list[Step]:
    recorder = Recorder(image)
    with jax.enable_x64(True):
        record(widened(network), recorder)
    return recorder.steps()


def _why_classical(network: Any) -> str:
    """Say why a network of images has no levels."""
    if isinstance(network, HamiltonianBlock):
        return (
            "its steps are those of a classical Hamiltonian, but not of a quadratic one, and "
            "levels are known for quadratic ones alone."
        )
    return (
        "levels are those of networks in continuous time that keep volumes, which the layers of "
        "this one are not made to do."
    )


def _depths(steps: list[Step], states: list[np.ndarray], output: int) -> tuple[Depth, ...]:
    """All fields, and what of the answer passes through each of their channels."""
    adjoint = np.zeros(steps[-1].after)
    adjoint.flat[output] = 1
    found = []
    names = ["input", *_titles([step.name for step in steps])]
    shapes = [steps[0].before, *(step.after for step in steps)]
    for index in range(len(steps), -1, -1):
        field = states[index].reshape(shapes[index])
        weighed = (field * adjoint.reshape(shapes[index])).sum((1, 2))
        found.append(Depth(names[index], field, weighed))
        if index:
            adjoint = steps[index - 1].operator.transpose(adjoint.reshape(shapes[index]))
    return tuple(found[::-1])


def _titles(names: list[str]) -> list[str]:
    """Layers as a person calls them, numbered where a name comes twice."""
    kinds = [name.split()[0] for name in names]
    many = collections.Counter(kinds)
    many["max"] = 1
    seen: collections.Counter[str] = collections.Counter()
    titles = []
    for name, kind in zip(names, kinds, strict=True):
        words = [_SAID.get(word, word) for word in name.split()]
        if kind == "max":
            words = ["max pool", *words[2:]]
        if kind == "residual":
            words[0] = "block"
        seen[kind] += 1
        if many[kind] > 1:
            words[0] = f"{words[0]} {seen[kind]}"
        titles.append(" + ".join(words))
    return titles


def _certificate(
    network: Any, seen: np.ndarray, asked: bool, missing: dict[str, str]
) -> Certificate | None:
    if not asked:
        missing["certificate"] = "none was asked for."
        return None
    return attempt("certificate", lambda: certify(network, x=seen), missing)


def _sample(
    summed: PathSum, count: int, key: PRNGKeyArray | None, missing: dict[str, str]
) -> PathSample | None:
    if count == 0:
        missing["sampled paths"] = "none were asked for."
        return None
    chosen = jax.random.key(0) if key is None else key
    return attempt("sampled paths", lambda: summed.sample(count, key=chosen), missing)

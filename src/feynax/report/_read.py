"""Put one image to one network, and write down all that can be said."""

import collections
from collections.abc import Callable
from typing import Any, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from .._certificate import Certificate
from .._checks import check, check_count, check_finite, check_shape
from .._citation import cites
from .._errors import FeynaxError
from ..maps import PathSample, PathSum, Recorder, Step, as_equation, as_paths, certify, record
from ..networks import HamiltonianBlock
from ._reading import Depth, Reading

_T = TypeVar("_T")
_SAID = {"relu": "ReLU", "conv": "conv", "norm": "norm"}


@cites("imchitr2020")
def read(
    network: eqx.Module,
    image: Float[Array | np.ndarray, "channels height width"],
    *,
    output: int | None = None,
    label: int | None = None,
    image_name: str = "image",
    paths: int = 20000,
    key: PRNGKeyArray | None = None,
    certificate: bool = True,
) -> Reading:
    """Read one image with one network: scores, fields, equation, certificate, sum over paths.

    **Arguments:**

    - `network`: one that `feynax.as_paths` can read.
    - `image`: as the network takes it (standardised as in training).
    - `output`: whose sum over paths; by default the predicted class.
    - `label`, `image_name`: the true class if known, and what to call the image.
    - `paths`: how many paths to sample; 0 leaves sampling out.
    - `key`: for the sampled paths; fixed by default.
    - `certificate`: whether to bound what any input can do, the longest part of a reading.

    **Returns:**

    A [`feynax.report.Reading`][]. What does not apply to this network is left out, and
    `Reading.missing` says why.

    **Raises:**

    - `ValueError` for images of another shape or with NaN, and for outputs that are not there.
    - `TypeError` for networks without a rule in `feynax.maps.record`.

    ```python
    import jax, numpy as np, feynax as fx
    net = fx.networks.PDENet((1, 8, 8), channels=(2,), steps=1, key=jax.random.key(0))
    reading = fx.report.read(net, np.ones((1, 8, 8)), paths=100)
    assert reading.paths.completeness < 1e-12 and reading.prediction == reading.output
    ```
    """
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
        wide = jax.tree.map(
            lambda leaf: jnp.asarray(leaf, jnp.float64) if eqx.is_inexact_array(leaf) else leaf,
            network,
        )
        record(wide, recorder)
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


def attempt(name: str, ask: Callable[[], _T], missing: dict[str, str]) -> _T | None:
    """Ask for what not every network has; keep the reason where it has not."""
    try:
        return ask()
    except (FeynaxError, TypeError, ValueError) as err:
        missing[name] = str(err)
        return None

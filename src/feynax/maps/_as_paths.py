"""The output of a residual network as a sum over paths through its sites."""

import dataclasses
import functools
import math
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from .._checks import check, check_choice, check_count, check_finite
from .._citation import cites
from .._errors import NoLivePathError
from .._estimate import Estimate
from ._paths_gates import Gates
from ._paths_record import Recorder, Step, record
from ._paths_sample import Level, Weights, draw, weigh


@dataclasses.dataclass(frozen=True)
class PathSample:
    """Signed paths, each drawn in proportion to the size of its amplitude.

    **Fields:**

    - `sites`: (n, L + 1) flat sites, channel by channel, row by row: column 0 the input, column t
      the output of layer t; -1 before a path that starts at a source.
    - `signs`: (n,) sign of each path's amplitude, +1 or -1.
    - `estimate`: Z times the mean sign, with the standard error that was known before sampling.
    """

    sites: Int[np.ndarray, "n layers_and_one"]
    signs: Float[np.ndarray, " n"]
    estimate: Estimate


@cites("imchitr2020", "yin2019", "srinivas2019")
@dataclasses.dataclass(frozen=True)
class PathSum:
    r"""One output of a network as $G \cdot x$ plus sources; the answer of `as_paths`.

    **Fields:**

    - `value`: the output by the network's own forward run, in float64.
    - `output`: its flat index. `level`, `gates`: as they were asked for.
    - `propagator`: $G(x_N, x_0)$, of the input's shape: the sum over paths from each input site.
    - `sources`: for each layer, an array of its output's shape: the sum over the paths that start
      at its source sites.
    - `attribution`: $G\, \psi_0$: what the paths from each input site bring.
    - `total`: `attribution` and all `sources`, summed.
    - `completeness`: $|total - value|$ relative to the largest of the network's outputs.
    - `names`: the layers.
    """

    value: float
    output: int
    level: Level
    gates: Gates
    propagator: Float[np.ndarray, "..."]
    sources: list[Float[np.ndarray, "..."]]
    attribution: Float[np.ndarray, "..."]
    total: float
    completeness: float
    names: list[str]
    _steps: list[Step] = dataclasses.field(repr=False)
    _x: np.ndarray = dataclasses.field(repr=False)

    @functools.cached_property
    def _weights(self) -> Weights:
        return weigh(self._steps, _goal(self._steps, self.output), self.level)

    @functools.cached_property
    def absolute(self) -> float:
        r"""$Z = \sum |\text{amplitude}|$ over all paths."""
        return math.fsum(float(size.sum()) for size in self._starts())

    @property
    def positive(self) -> float:
        """Sum of the positive paths, $(Z + y)/2$."""
        return (self.absolute + self.total) / 2

    @property
    def negative(self) -> float:
        """Sum of the negative paths, $(y - Z)/2$, not above zero."""
        return (self.total - self.absolute) / 2

    @property
    def average_sign(self) -> float:
        """$y / Z$: near zero, the paths nearly cancel (the sign problem)."""
        return self.total / self._live_absolute()

    @functools.cached_property
    def live_paths(self) -> float:
        """How many paths have an amplitude other than zero (a float: there may be very many)."""
        before, *after = self._weights.counts
        starts = [(self._x != 0) * before]
        starts += [(s.source != 0) * c.reshape(s.after) for s, c in self._pairs(after)]
        return math.fsum(float(start.sum()) for start in starts)

    def standard_error(self, n: int) -> float:
        r"""One standard error of an estimate from `n` paths, $\sqrt{(Z^2 - y^2)/n}$.

        **Raises:**

        - `NoLivePathError` when no path is alive.
        """
        check_count("n", n)
        absolute = self._live_absolute()
        return math.sqrt(max(absolute**2 - self.total**2, 0.0) / n)

    def sample(self, n: int, *, key: PRNGKeyArray) -> PathSample:
        """Draw paths with probability |amplitude| / Z.

        **Arguments:**

        - `n`: number of paths.
        - `key`: for all draws.

        **Returns:**

        A `PathSample`; its cost is a few windows a layer and path, whatever the image's size.

        **Raises:**

        - `NoLivePathError` when Z is zero.
        """
        error = self.standard_error(n)
        rng = np.random.default_rng(np.asarray(jax.random.key_data(key)).ravel().tolist())
        signed = [start.ravel() for start in self._signed_starts()]
        first = np.cumsum([0, *(len(start) for start in signed)])
        every = np.concatenate(signed)
        chosen = rng.choice(len(every), n, p=np.abs(every) / np.abs(every).sum())
        layer = np.searchsorted(first, chosen, side="right") - 1
        signs = np.sign(every[chosen])
        sites = np.full((n, len(self._steps) + 1), -1)
        sites[np.arange(n), layer] = chosen - first[layer]
        for t, (step, after) in enumerate(self._pairs(self._weights.sizes[1:])):
            who = np.flatnonzero(layer <= t)
            if len(who):
                goal = after.reshape(step.after)
                moved, sign = draw(step.operator, sites[who, t], goal, self.level, rng)
                sites[who, t + 1] = moved
                signs[who] *= sign
        estimate = Estimate(self.absolute * float(signs.mean()), error, ess=float(n))
        return PathSample(sites, signs, estimate)

    def _pairs(self, arrays: list[np.ndarray]):
        return zip(self._steps, arrays, strict=True)

    def _signed_starts(self) -> list[np.ndarray]:
        before, *after = self._weights.sizes
        later = [s.source * h.reshape(s.after) for s, h in self._pairs(after)]
        return [self._x * before, *later]

    def _starts(self) -> list[np.ndarray]:
        return [np.abs(start) for start in self._signed_starts()]

    def _live_absolute(self) -> float:
        if self.absolute == 0:
            raise NoLivePathError(
                f"no live path leads to output {self.output}: every gate on the way is closed, "
                "so there is nothing to sample."
            )
        return self.absolute

    def __str__(self) -> str:
        brought = float(self.attribution.sum())
        return (
            f"output {self.output} = {self.value:.6g}: paths from the input {brought:.6g}, "
            f"from {len(self.sources)} layers' sources {self.total - brought:.6g} "
            f"(completeness {self.completeness:.1e})"
        )


@cites("imchitr2020", "yin2019", "srinivas2019")
def as_paths(
    net: eqx.Module,
    x: Float[Array | np.ndarray, "..."],
    output: int,
    *,
    gates: Gates = "secant",
    level: Level = "block",
) -> PathSum:
    r"""Read one output of a residual network as a sum over paths, exactly.

    With the gates $\kappa_t = 1[z_t > 0]$ of this one input frozen, each block is affine,
    $\psi_t = T_t \psi_{t-1} + s_t$ (a basic block: $T = \kappa_2 (S + K_2 \kappa_1 K_1)$), and

    $y = T_N \cdots T_1 \psi_0 + \sum_t T_N \cdots T_{t+1} s_t$,

    a sum over sequences of sites (channel, row, column), from the input or from a source
    (biases, folded batch norms). For piecewise linear networks the propagator is the gradient.

    **Arguments:**

    - `net`: a network with a rule in `feynax.maps.record`.
    - `x`: one example, (C, H, W) or a vector.
    - `output`: flat index of the wanted output.
    - `gates`: `secant`, $(\sigma(z) - \sigma(0))/z$ with $\sigma(0)$ as a source, makes the sum
      exact for smooth activations; `tangent`, $\sigma'(z)$, makes the propagator the gradient and
      the sum incomplete. They agree for ReLU.
    - `level`: what a path is. `block`: one site a layer, amplitudes of whole blocks; `conv`: also
      the sites inside a block: cheaper to weigh, noisier to sample.

    **Returns:**

    A `PathSum`, in float64 on the host whatever the network's dtype. Sizes, counts and samples of
    paths are worked out when first asked for.

    **Raises:**

    - `ValueError` for a batch (loop over its examples), for traced or non-finite inputs, for an
      output that is not there, and for batch norm in training mode.
    - `TypeError` for a network without a rule.

    Source: thesis of Imchitr (2020), equations (26)-(33), which split the gate between shortcut
    and branch and put $\exp(\Omega)$ for $1 + \Omega$; the exact statement used here is held by
    `tests/maps/test_as_paths.py`.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    net = fx.networks.ResNet(1, 3, stages=(1,), widths=(2,), key=jax.random.key(0))
    paths = fx.as_paths(net, jnp.ones((1, 5, 5)), 2)
    assert paths.completeness < 1e-12
    drawn = paths.sample(100, key=jax.random.key(1))
    assert abs(drawn.estimate.value - paths.total) < 5 * drawn.estimate.error
    ```
    """
    check_choice("gates", gates, ("secant", "tangent"))
    check_choice("level", level, ("block", "conv"))
    outside = not isinstance(x, jax.core.Tracer)  # pyright: ignore[reportAttributeAccessIssue]
    check(outside, "x", "be an array on the host (call as_paths outside jit and vmap)", "a tracer")
    image = np.asarray(x, np.float64)
    single = image.ndim in (1, 3)
    check(
        single,
        "x",
        "be one example, (C, H, W) or a vector (for a batch, call as_paths on each example)",
        f"shape {image.shape}",
    )
    check_finite("x", image)
    recorder = Recorder(image.reshape(*image.shape, *(1,) * (3 - image.ndim)), gates)
    with jax.enable_x64(True):
        wide = jax.tree.map(_widen, net)
        record(wide, recorder)
        # the network's own code: what the path sum is checked against
        outputs = np.asarray(_forward(wide, jnp.asarray(image)), np.float64)
    steps = recorder.steps()
    check(len(steps) > 0, "net", "have at least one layer", "none")
    check_count("output", output, 0)
    check(output < outputs.size, "output", f"be below {outputs.size}", output)
    return _sum(steps, image, outputs, int(output), gates, level)


def _sum(
    steps: list[Step],
    x: np.ndarray,
    outputs: np.ndarray,
    output: int,
    gates: Gates,
    level: Level,
) -> PathSum:
    """Carry the wanted output back through all transposes: each gives its sources' paths."""
    adjoint = _goal(steps, output)
    sources = []
    for step in reversed(steps):
        adjoint = adjoint.reshape(step.after)
        sources.append(adjoint * step.source)
        adjoint = step.operator.transpose(adjoint)
    propagator = np.array(adjoint.reshape(x.shape))
    attribution = propagator * x
    sources = sources[::-1]
    total = math.fsum(float(part.sum()) for part in (attribution, *sources))
    value = float(outputs.ravel()[output])
    size = float(np.abs(outputs).max())
    return PathSum(
        value=value,
        output=output,
        level=level,
        gates=gates,
        propagator=propagator,
        sources=sources,
        attribution=attribution,
        total=total,
        completeness=abs(total - value) / size if size else abs(total - value),
        names=[step.name for step in steps],
        _steps=steps,
        _x=x.reshape(steps[0].before),
    )


def _goal(steps: list[Step], output: int) -> np.ndarray:
    goal = np.zeros(steps[-1].after)
    goal.flat[output] = 1
    return goal


@eqx.filter_jit
def _forward(net: Any, x: Array) -> Array:
    return net(x)


def _widen(leaf: Any) -> Any:
    return jnp.asarray(leaf, jnp.float64) if eqx.is_inexact_array(leaf) else leaf

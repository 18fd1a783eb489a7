"""The step of Definition 1 letter by letter, beside the library's."""

import dataclasses

import jax.numpy as jnp
import numpy as np

from ...networks import ODERNN, Stage

STEP = 0.3


@dataclasses.dataclass(frozen=True)
class Letters:
    """Random coefficients of (2)-(4), with n stages of p components and a state of s."""

    n: int
    t: int
    weight: tuple[np.ndarray, ...]
    bias: tuple[np.ndarray, ...]
    gamma: tuple[np.ndarray, ...]
    kappa: tuple[np.ndarray, ...]
    alpha: dict[tuple[int, int], np.ndarray]
    beta: tuple[np.ndarray, ...]

    @property
    def delays(self) -> list[int]:
        """floor(t (q - 1)/n) of each stage; the output reads what the last stage reads."""
        marks = [self.t * q // self.n for q in range(self.n)]
        return [*marks, marks[-1]]

    def step(self, past: np.ndarray, delays: list[int]) -> list[np.ndarray]:
        """K_1, ..., K_n and the new state, letter by letter."""
        stages = [np.tanh(self.weight[0] @ past[delays[0]] + self.bias[0])]
        for q in range(1, self.n):
            pushed = sum(self.alpha[q, k] @ stages[k] for k in range(q))
            inner = self.weight[q] @ past[delays[q]] + self.bias[q] + STEP * pushed
            stages.append(self.gamma[q] @ stages[-1] + self.kappa[q] @ np.tanh(inner))
        pushed = sum(b @ k for b, k in zip(self.beta, stages, strict=True))
        inner = self.weight[-1] @ past[delays[-1]] + self.bias[-1] + STEP * pushed
        return [*stages, self.gamma[-1] @ past[0] + self.kappa[-1] @ np.tanh(inner)]

    def network(self) -> ODERNN:
        """The same in the library's letters."""
        pushes = [{k + 1: self.alpha[q, k] for k in range(q)} for q in range(self.n)]
        pushes.append({k + 1: b for k, b in enumerate(self.beta)})
        stages = [
            Stage(
                W=jnp.asarray(self.weight[q]),
                b=jnp.asarray(self.bias[q]),
                alpha={k: jnp.asarray(c) for k, c in push.items()},
                gamma=jnp.asarray(self.gamma[q]) if q else None,
                kappa=jnp.asarray(self.kappa[q]) if q else 1.0,
                sigma=jnp.tanh,
            )
            for q, push in enumerate(pushes)
        ]
        s, p = self.weight[-1].shape[1], self.beta[0].shape[1]
        return ODERNN.from_stages(
            stages[:-1], stages[-1], input_size=0, state_size=s, stage_size=p, lags=self.t, h=STEP
        )


def letters(n: int, t: int, s: int = 3, p: int = 3) -> Letters:
    """Draw all coefficients."""
    draw = np.random.default_rng(n + 10 * s)
    shapes = [(p, s)] * n + [(s, s)]
    square = [p] * n + [s]
    return Letters(
        n,
        t,
        tuple(draw.normal(size=shape) for shape in shapes),
        tuple(draw.normal(size=size) for size in square),
        tuple(draw.normal(size=(size, size)) for size in square),
        tuple(draw.normal(size=(size, size)) for size in square),
        {(q, k): draw.normal(size=(p, p)) for q in range(n) for k in range(q)},
        tuple(draw.normal(size=(s, p)) for _ in range(n)),
    )


def past_states(drawn: Letters) -> np.ndarray:
    """As many random states as are read, newest first."""
    size = drawn.weight[0].shape[1]
    return np.random.default_rng(3).normal(size=(drawn.delays[-1] + 1, size))


def misses(drawn: Letters, delays: list[int]) -> float:
    """How far the library's step is from the letters with some delays."""
    net, past = drawn.network(), past_states(drawn)
    new = net(net.history(jnp.asarray(past)), jnp.zeros(0)).history[0]
    return float(np.abs(drawn.step(past, delays)[-1] - np.asarray(new)).max())

"""Endless tasks of memory: an example for every key."""

import dataclasses
from typing import Any

from jaxtyping import Array, Float, Int, PRNGKeyArray

from .._checks import check, check_count
from ._series import SeriesData


class AbstractRecall:
    """Symbols that are shown, and must be named again in their order."""

    length: int
    symbols: int
    recall: int

    def __post_init__(self) -> None:
        for name in ("length", "recall"):
            check_count(name, getattr(self, name))
        check_count("symbols", self.symbols, least=2)

    @property
    def channels(self) -> int:
        """How many different tokens there are: symbols, blank and marker."""
        return self.symbols + 2

    @property
    def classes(self) -> int:
        """How many different symbols there are."""
        return self.symbols

    @property
    def outputs(self) -> int:
        """Numbers that a network must give at each step."""
        return self.symbols

    @property
    def each(self) -> bool:
        """Every step has a target."""
        return True


@dataclasses.dataclass(frozen=True)
class CopyMemory(AbstractRecall):
    r"""Say `recall` symbols again, after `length` blanks.

    The series is $s_1 \dots s_R$, then $T - 1$ blanks, a marker and $R$ more blanks, during which
    the symbols must be named in their order: $T + 2R$ steps in all. Only those last steps count.
    Who remembers nothing is right with probability 1 / `symbols`.

    **Fields:**

    - `length`: $T$. `symbols`: how many different ones. `recall`: $R$.

    Source: M. Arjovsky, A. Shah, Y. Bengio, arXiv 1511.06464, section 5.1.

    ```python
    import jax
    from feynax.data import CopyMemory
    inputs, targets, weights = CopyMemory(20).sample(jax.random.key(0))
    assert inputs.shape == (40,) and (inputs[:10] == targets[-10:]).all() and weights.sum() == 10
    ```
    """

    length: int = 200
    symbols: int = 8
    recall: int = 10

    @property
    def name(self) -> str:
        """What it is, for reports."""
        return f"copy memory, T = {self.length}"

    def sample(
        self, key: PRNGKeyArray
    ) -> tuple[Int[Array, " time"], Int[Array, " time"], Float[Array, " time"]]:
        """Return tokens, targets and weights of the steps."""
        import jax
        import jax.numpy as jnp

        said = jax.random.randint(key, (self.recall,), 0, self.symbols, jnp.int32)
        rest = self.length + self.recall
        blanks = jnp.full(rest, self.symbols, jnp.int32).at[self.length - 1].set(self.symbols + 1)
        before = jnp.zeros(rest, jnp.int32)
        inputs, targets = jnp.concatenate([said, blanks]), jnp.concatenate([before, said])
        return inputs, targets, (jnp.arange(len(inputs)) >= rest).astype(jnp.float32)


@dataclasses.dataclass(frozen=True)
class SelectiveCopy(AbstractRecall):
    r"""Say `recall` symbols again that stood at random places among `length` blanks.

    Who remembers nothing is right with probability 1 / `symbols`.

    **Fields:**

    - `length`: steps before the marker. `symbols`: how many different ones. `recall`: how many
      there are.

    Source: A. Gu, T. Dao, arXiv 2312.00752, section 4.1.1.

    ```python
    import jax
    from feynax.data import SelectiveCopy
    inputs, targets, weights = SelectiveCopy(20, recall=4).sample(jax.random.key(0))
    assert (inputs[:20][inputs[:20] < 8] == targets[-4:]).all()
    ```
    """

    length: int = 256
    symbols: int = 8
    recall: int = 8

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self.recall <= self.length, "recall", f"be at most {self.length}", self.recall)

    @property
    def name(self) -> str:
        """What it is, for reports."""
        return f"selective copy, T = {self.length}"

    def sample(
        self, key: PRNGKeyArray
    ) -> tuple[Int[Array, " time"], Int[Array, " time"], Float[Array, " time"]]:
        """Return tokens, targets and weights of the steps."""
        import jax
        import jax.numpy as jnp

        first, second = jax.random.split(key)
        said = jax.random.randint(first, (self.recall,), 0, self.symbols, jnp.int32)
        places = jax.random.choice(second, self.length, (self.recall,), replace=False)
        inputs = jnp.full(self.length + self.recall, self.symbols, jnp.int32)
        inputs = inputs.at[jnp.sort(places)].set(said).at[self.length].set(self.symbols + 1)
        targets = jnp.concatenate([jnp.zeros(self.length, jnp.int32), said])
        return inputs, targets, (jnp.arange(len(inputs)) >= self.length).astype(jnp.float32)


@dataclasses.dataclass(frozen=True)
class AddingProblem:
    r"""Add the two numbers of a series that are marked, one in each half.

    Inputs: a number uniform in [0, 1] and a mark (0 or 1) at each step; target: the sum. To say 1
    always has the mean square error $1/6 \approx 0.167$.

    **Fields:**

    - `length`: steps.

    Source: S. Hochreiter, J. Schmidhuber (1997), in the form of Q. Le, N. Jaitly, G. Hinton,
    arXiv 1504.00941, section 4.1.

    ```python
    import jax
    from feynax.data import AddingProblem
    inputs, target, weights = AddingProblem(50).sample(jax.random.key(0))
    assert inputs.shape == (50, 2) and weights is None
    assert abs(float(inputs[:, 0] @ inputs[:, 1] - target[0])) < 1e-6
    ```
    """

    length: int = 500

    def __post_init__(self) -> None:
        check_count("length", self.length, least=2)

    @property
    def channels(self) -> int:
        """Number and mark."""
        return 2

    @property
    def classes(self) -> int:
        """None: the target is a value."""
        return 0

    @property
    def outputs(self) -> int:
        """The sum."""
        return 1

    @property
    def each(self) -> bool:
        """One target for all steps."""
        return False

    @property
    def name(self) -> str:
        """What it is, for reports."""
        return f"adding problem, T = {self.length}"

    def sample(self, key: PRNGKeyArray) -> tuple[Float[Array, "time 2"], Float[Array, "1"], Any]:
        """Return inputs and target."""
        import jax
        import jax.numpy as jnp

        draw, early, late = jax.random.split(key, 3)
        half = self.length // 2
        numbers = jax.random.uniform(draw, (self.length,), jnp.float32)
        first = jax.random.randint(early, (), 0, half, jnp.int32)
        second = jax.random.randint(late, (), half, self.length, jnp.int32)
        steps = jnp.arange(self.length, dtype=jnp.int32)
        marks = ((steps == first) | (steps == second)).astype(jnp.float32)
        return jnp.stack([numbers, marks], 1), (numbers @ marks)[None], None


def draw_series(task: Any, count: int, seed: int = 0) -> SeriesData:
    """Return examples of a task as a set with an end.

    **Arguments:**

    - `task`: such as `CopyMemory(200)`.
    - `count`: how many examples.
    - `seed`: the same seed gives the same examples.

    ```python
    from feynax import data
    few = data.draw_series(data.AddingProblem(20), 5)
    assert few.inputs.shape == (5, 20, 2) and few.outputs == 1
    ```
    """
    import jax

    check_count("count", count)
    keys = jax.random.split(jax.random.key(seed), count)
    inputs, targets, weights = jax.device_get(jax.jit(jax.vmap(task.sample))(keys))
    return SeriesData(inputs, targets, task.name, "drawn", task.classes, weights=weights)

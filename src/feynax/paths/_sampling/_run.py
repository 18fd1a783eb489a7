"""What a run found, what it cost, and whether to believe it."""

import dataclasses
import functools
from typing import cast

import numpy as np
from jaxtyping import Array, Float

from ..._checks import check_choice
from ..._errors import ChainTooShortError, NotMixedError
from ..._estimate import Estimate
from ..._html import html_lines
from .._abstract import AbstractEnsemble, AbstractReference
from .._kernel import AbstractKernel
from ._health import Health, refusal

Series = dict[str, Float[np.ndarray, "chains draws"]]


@dataclasses.dataclass(frozen=True)
class Seconds:
    """Wall-clock seconds: of compiling (estimated), of warm-up, and of drawing."""

    compiling: float
    warm_up: float
    drawing: float


@dataclasses.dataclass(frozen=True)
class Run:
    r"""Draws of an ensemble after warm-up: `run["x2"]` is an estimate, if there is one.

    **Fields:**

    - `ensemble`, `reference`, `kernel`: as they were, frozen, after warm-up.
    - `series`: of every scalar observable, shape (chains, draws).
    - `blocks`: of every other observable its means over blocks of draws, shape
      (chains, blocks, ...).
    - `paths`: last configuration of every chain; `paths[0]` is one.
    - `acceptance`, `energy_change`: of every trajectory (chains, draws); the change of the
      Hamiltonian is in units of hbar.
    - `gradients`: evaluations of the action's gradient by all chains, warm-up not counted.
    - `seconds`: see [`feynax.paths.Seconds`][].
    """

    ensemble: AbstractEnsemble
    reference: AbstractReference
    kernel: AbstractKernel
    series: Series
    blocks: dict[str, Array]
    paths: Float[np.ndarray, "chains ..."]
    acceptance: Float[np.ndarray, "chains draws"]
    energy_change: Float[np.ndarray, "chains draws"]
    gradients: int
    seconds: Seconds

    @property
    def chains(self) -> int:
        """How many chains there are."""
        return self.acceptance.shape[0]

    @property
    def draws(self) -> int:
        """Draws of every chain, after warm-up."""
        return self.acceptance.shape[1]

    @functools.cached_property
    def health(self) -> Health:
        """Mixing, acceptance and energy conservation of all chains together."""
        return Health.of(self.series, self.acceptance, self.energy_change)

    def __getitem__(self, name: str) -> Estimate:
        """Return the mean of a scalar observable with its error.

        **Raises:**

        - `NotMixedError` where the chains contradict one another: R-hat of any observable is
          above 1.05, there are fewer than 50 effective draws, or energies are not conserved as
          they must be. The estimate so far is kept in the exception.
        - `ChainTooShortError` where chains agree but are too short to know an error.
        """
        check_choice("name", name, self.series)
        try:
            found = Estimate.from_chains(self.series[name])
        except ChainTooShortError as short:
            self._refuse(name, cast(Estimate, short.estimate))
            raise
        self._refuse(name, found)
        return found

    @property
    def energy(self) -> Estimate:
        """The mean of the observable `energy`."""
        return self["energy"]

    def summary(self) -> str:
        """Return a table: one line an observable, and one on the chains."""
        head = f"{'':16}{'mean':>14}{'error':>11}{'tau':>8}{'ess':>10}{'R-hat':>8}"
        lines = [self._line(name) for name in self.series]
        return "\n".join([head, *lines, "", str(self.health), self._cost()])

    def __str__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        return html_lines(self.summary())

    def _refuse(self, name: str, found: Estimate) -> None:
        reason = refusal(name, found, self.health)
        if reason:
            raise NotMixedError(reason, estimate=found)

    def _line(self, name: str) -> str:
        try:
            found, note = self[name], ""
        except (NotMixedError, ChainTooShortError) as err:
            found, note = cast(Estimate, err.estimate), "  refused"
        numbers = f"{found.value:14.7g}{found.error:11.2g}{found.tau:8.2f}{found.ess:10.0f}"
        return f"{name:16}{numbers}{found.r_hat:8.4f}{note}"

    def _cost(self) -> str:
        seconds = self.seconds
        return (
            f"{self.chains} chains of {self.draws} draws, {self.gradients} gradients; "
            f"{seconds.compiling:.1f} s compiling, {seconds.warm_up:.1f} s of warm-up, "
            f"{seconds.drawing:.1f} s of draws"
        )

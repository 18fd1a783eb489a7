"""The heat capacity, from fluctuations of the energy."""

from typing import Any

from ..._checks import check_choice
from ..._estimate import Estimate
from ._jackknife import jackknife


def heat_capacity(run: Any, name: str = "energy_moments") -> Estimate:
    r"""Return the heat capacity of the system of a run.

    $$ C/k = \beta^2 \big(\langle\varepsilon^2\rangle - \langle\varepsilon\rangle^2
       - \langle\varepsilon'\rangle \big) $$

    **Arguments:**

    - `run`: a [`feynax.paths.Run`][] of paths that measured [`feynax.paths.energy_moments`][].
    - `name`: under which it did.

    **Returns:** the estimate, in units of Boltzmann's constant; its error is that of a jackknife.

    **Raises:**

    - `ValueError` where the run did not measure it.
    - `ChainTooShortError` where blocks correlate.

    ```python
    import jax, feynax as fx
    paths = fx.paths.PathEnsemble(lambda x: x**2 / 2, beta=1.0, slices=8)
    observables = {"energy_moments": fx.paths.energy_moments}
    run = fx.paths.sample(paths, key=jax.random.key(0), observables=observables, draws=400)
    assert abs(fx.paths.heat_capacity(run).value - 0.92) < 0.02
    ```
    """
    check_choice("name", name, run.blocks)
    beta = float(run.ensemble.beta)
    return jackknife(lambda m: beta**2 * (m[1] - m[0] ** 2 - m[2]), run.blocks[name]).at()

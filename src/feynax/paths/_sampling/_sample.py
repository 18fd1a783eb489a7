"""One call from an ensemble to estimates: start wide, warm up, freeze, draw, judge."""

import os
from collections.abc import Iterable, Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from ..._checks import check, check_choice, check_count
from ..._citation import cites
from ..._mesh import data_mesh, meet
from .._abstract import AbstractEnsemble, AbstractReference
from .._kernel import AbstractKernel
from .._moves import default_kernel
from .._observables import standard_observables
from ._chains import Chains, progress_bar
from ._draw import Target, draw_blocks
from ._folder import Folder
from ._health import warn
from ._identity import identity
from ._program import Observable, Task, on_host
from ._run import Run
from ._warm import warm_up, wide_starts


@cites("beskos2011", "wolff2004")
def sample(
    ensemble: AbstractEnsemble,
    *,
    key: PRNGKeyArray,
    chains: int = 64,
    draws: int = 2000,
    warmup: int = 500,
    observables: Iterable[str] | Mapping[str, Observable] | None = None,
    kernel: AbstractKernel | None = None,
    reference: AbstractReference | None = None,
    start: Float[Array | np.ndarray, "starts ..."] | None = None,
    target_error: float | Mapping[str, float] | None = None,
    block: int = 50,
    folder: str | os.PathLike[str] | None = None,
    devices: int | None = None,
    progress: bool = False,
) -> Run:
    r"""Sample an ensemble with many chains and return means that carry their errors.

    Chains begin at draws twice as wide as the Gaussian reference. In warm-up, which is thrown
    away, the reference is matched to the chains and the kernel's step to its target; then both
    are frozen. All numbers are in double precision, whatever the caller's flag. A chain depends
    on the key and its own number only: chains are the same on any devices.

    **Arguments:**

    - `ensemble`: paths, lattice fields, or any other `AbstractEnsemble`.
    - `key`: random key of the run.
    - `chains`: how many; a multiple of `devices`.
    - `draws`, `warmup`: trajectories of every chain kept and thrown away, each rounded up to
      whole blocks.
    - `observables`: names of [`feynax.paths.standard_observables`][] (all of them by default), or
      callables (ensemble, x) by name, where x is one configuration. Of scalars the whole series is
      kept; of arrays the means over blocks.
    - `kernel`: [`feynax.paths.default_kernel`][] by default.
    - `reference`: first Gaussian reference, the ensemble's own by default.
    - `start`: configurations to begin at. Every second chain takes one, in turn: if all began in
      one place, nothing could tell that they have not left it.
    - `target_error`: stop as soon as the errors of these scalar observables are reached, with at
      least 1000 effective draws; a number alone is that of `energy`. `draws` is then the most.
    - `block`: draws of one call of the compiled program, and of one mean of an array.
    - `folder`: every finished block is kept there, and a call with the same arguments goes on
      where a killed one stopped, bit for bit; with more `draws` it prolongs a finished run.
    - `devices`: how many share the chains; by default one, or all of several processes.
    - `progress`: show a bar.

    **Returns:**

    A [`feynax.paths.Run`][]; `run["x2"]` is an estimate, refused where chains disagree.

    **Raises:**

    - `ValueError` where an argument is out of range.
    - `ConfigError` where `folder` holds another run, `FileFormatError` where a file is damaged.

    **Warns:**

    - `MixingWarning` at R-hat > 1.01 or fewer than 100 effective draws, `AcceptanceWarning`
      outside 0.5 to 0.98, `CoarseSlicesWarning` where $dt\sqrt{\langle V''\rangle/m} > 0.5$,
      `MixingWarning` where `target_error` was not reached.

    Source: Beskos et al. (2011) for the rotation, Wolff (2004) for the errors.

    ```python
    import jax, feynax as fx
    paths = fx.paths.PathEnsemble(lambda x: x**2 / 2, beta=4.0, slices=16)
    run = fx.paths.sample(paths, key=jax.random.key(0), chains=16, draws=200, warmup=100)
    assert abs(run.energy.value - 0.5) < 0.1
    ```
    """
    for name, count in {"chains": chains, "draws": draws, "block": block}.items():
        check_count(name, count)
    check_count("warmup", warmup, 0)
    with jax.enable_x64(True):
        mesh = data_mesh(devices)
        check(chains % mesh.size == 0, "chains", f"be a multiple of {mesh.size} devices", chains)
        if jax.process_count() > 1:
            meet(mesh)
        task = _task(ensemble, key, observables, kernel, reference)
        target = Target.of(target_error, task, draws)
        x = wide_starts(task.reference, jax.random.fold_in(_typed(key), 1), chains, start)
        rounds, blocks = -(-warmup // block), -(-draws // block)
        kept = Folder(folder, identity(task, x, block=block, warmup=rounds) if folder else {})
        with progress_bar(rounds + blocks, progress) as bar:
            driven = Chains(task, x, block=block, mesh=mesh, folder=kept, bar=bar)
            warm_up(driven, rounds)
            run = draw_blocks(driven, target, rounds)
    warn(run.health, run.ensemble, run.reference, steps=run.gradients / run.acceptance.size)
    return run


def _task(
    ensemble: AbstractEnsemble,
    key: PRNGKeyArray,
    observables: Iterable[str] | Mapping[str, Observable] | None,
    kernel: AbstractKernel | None,
    reference: AbstractReference | None,
) -> Task:
    key = _typed(key)
    return on_host(
        Task(
            ensemble,
            ensemble.reference() if reference is None else reference,
            default_kernel(ensemble) if kernel is None else kernel,
            _observables(ensemble, observables),
            np.asarray(jax.random.key_data(key)),
            str(jax.random.key_impl(key)),
        )
    )


def _observables(
    ensemble: AbstractEnsemble, asked: Iterable[str] | Mapping[str, Observable] | None
) -> dict[str, Observable]:
    if isinstance(asked, Mapping):
        check(bool(asked), "observables", "hold at least one", "none")
        return dict(asked)
    known = standard_observables(ensemble)
    names = list(known) if asked is None else list(asked)
    for name in names:
        check_choice("observables", name, known)
    return {name: known[name] for name in names}


def _typed(key: PRNGKeyArray) -> PRNGKeyArray:
    """Return a key of the new kind also for raw bits of the old one."""
    return key if jnp.issubdtype(key.dtype, jax.dtypes.prng_key) else jax.random.wrap_key_data(key)

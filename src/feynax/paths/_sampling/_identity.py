"""What makes a run this run and no other: its settings, and numbers that its functions return."""

from typing import Any

import equinox as eqx
import jax
import numpy as np

from ._program import Task

_PROBES = 2


def identity(task: Task, x: np.ndarray, *, block: int, warmup: int) -> dict[str, Any]:
    """Return settings and probes, as JSON holds them.

    A potential may be any Python function, which has no name that another process would know.
    So it is the action, the reference and the observables at fixed configurations that are kept.
    """
    probe = _probe(task, x[:_PROBES])
    return {
        "chains": x.shape[0],
        "block": block,
        "warmup": warmup,
        "key": np.asarray(task.key).tolist(),
        "generator": task.generator,
        "kernel": eqx.tree_pformat(task.kernel, short_arrays=False),
        "observables": ", ".join(sorted(task.observables)),
        "shape": list(x.shape[1:]),
        "start": x.reshape(x.shape[0], -1).mean(1).tolist(),
        **{name: np.asarray(values).ravel().tolist() for name, values in probe.items()},
    }


@eqx.filter_jit
def _probe(task: Task, x: Any) -> dict[str, Any]:
    def one(x):
        observed = {
            f"observable {name}": f(task.ensemble, x) for name, f in task.observables.items()
        }
        parts = {name: abs(value).sum() for name, value in observed.items()}
        action = task.ensemble.action(x)
        return {"action": action, "reference": task.ensemble.residual(task.reference, x), **parts}

    return jax.vmap(one)(x)

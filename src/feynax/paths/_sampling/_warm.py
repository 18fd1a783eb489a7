"""Everything that adapts, and then no longer does: where chains begin, reference and step."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from .._abstract import AbstractReference
from ._chains import Chains
from ._program import on_host

_WIDER = 2.0  # standard deviations of the reference in one of a start
_FIRST_GAIN, _FALL = 2.0, 0.7
_DIGITS = 8  # of an acceptance; the last bits of its sums differ between devices


@eqx.filter_jit
def _wide(reference: AbstractReference, keys: PRNGKeyArray) -> Array:
    # One by one: how many cores share an array must not decide its last bits.
    one = lambda key: reference.synthesis(_WIDER * jax.random.normal(key, reference.shape))
    return jax.lax.map(one, keys)


def wide_starts(
    reference: AbstractReference,
    key: PRNGKeyArray,
    chains: int,
    start: Float[Array | np.ndarray, "starts ..."] | None,
) -> np.ndarray:
    """Return where chains begin: at draws twice as wide as the reference.

    Of a caller's own starts only every second chain takes one. Chains that all begin in one place
    agree with one another whether or not they have seen the others: R-hat could not tell.
    """
    wide = np.array(_wide(reference, jax.random.split(key, chains)))
    if start is not None:
        wide[::2] = np.resize(np.asarray(start), wide[::2].shape)
    return wide


def warm_up(chains: Chains, rounds: int) -> None:
    """Match the reference to the chains and the kernel's step to its target, then freeze both.

    The reference is matched after the first, second, fourth, .. round of the first half.
    Averages are of all chains in their order, on the host, hence the same on any devices.
    """
    for done in range(chains.done, rounds):
        found = chains.advance()
        gain = jnp.asarray(_FIRST_GAIN / (1 + done) ** _FALL)
        acceptance = jnp.asarray(found.acceptance.mean().round(_DIGITS))
        kernel = chains.task.kernel.adapted(acceptance, gain)
        reference = chains.task.reference
        if done < rounds // 2 and (done + 1) & done == 0:
            reference = chains.task.ensemble.matched(jnp.asarray(found.x))
        where = lambda task: (task.kernel, task.reference)
        chains.task = on_host(eqx.tree_at(where, chains.task, (kernel, reference)))
        chains.keep(found, whole=False)

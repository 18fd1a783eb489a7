r"""One layer of QUNN without its matrices.

Everything is kept in the frame of lags: row $m$ of the ring is the input $m$ steps ago, row $m$ of
$K$ the clock column that belongs to it. All $l$ then run the same code.

With $u_m = Y_{l-m} \otimes c_{l-m}$ the generator is $W = \sum_{mn} w_{mn} u_m u_n^T$, $w$
antisymmetric, and $W K$ needs the numbers $s_n = Y_{l-n} \cdot K_n$ alone. A generator that starts
at 0 has one row and one column: it is held as that column.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

Ring = Float[Array, "block hidden"]
Memory = Float[Array, "*block block"]


class Shares(NamedTuple):
    """What a layer takes of the clock exchange and of the new memory.

    **Fields:**

    - `p1`, `p2`: in [0, 1].
    - `live`: 1 where the layer's lag exists, 0 where its terms are dropped, -1 where it exists and
      the pairs stand the other way round, as in the earlier document.
    """

    p1: Float[Array, "*layers"]
    p2: Float[Array, "*layers"]
    live: Float[Array, "*layers"]


def remembered(memory: Memory, lag: Float[Array, " block"], shares: Shares) -> Memory:
    r"""Return $w \leftarrow (1 - p_2)\,w + p_2 (e_m e_0^T - e_0 e_m^T)$ for the one-hot lag $m$."""
    new = shares.p2 * shares.live * lag
    if memory.ndim == 1:  # the column of lag 0; its row is the opposite
        return (1 - shares.p2) * memory + new
    now = jnp.zeros_like(lag).at[0].set(1)
    return (1 - shares.p2) * memory + jnp.outer(new, now) - jnp.outer(now, new)


def generate(memory: Memory, ring: Ring, k: Ring) -> Ring:
    """Return $W K$ in O(d N), or O(d N + N^2) for a memory that was carried."""
    s = jnp.sum(ring * k, 1)
    weights = memory @ s if memory.ndim == 2 else (memory * s[0]).at[0].set(-memory @ s)
    return ring * weights[:, None]


def exchange(k: Ring, lag: Float[Array, " block"], shares: Shares) -> Ring:
    r"""Return $D K$: $(1 - p_1) K$ with the columns of lag 0 and of the layer's lag exchanged."""
    amount = shares.p1 * shares.live
    now = jnp.zeros_like(lag).at[0].set(1)
    swapped = jnp.outer(lag, k[0]) - jnp.outer(now, lag @ k)
    return (1 - shares.p1) * k + amount * swapped


def generator_norm(memory: Memory, ring: Ring) -> Float[Array, ""]:
    r"""Return $\|W\|$: $|Y_l||v|$ of a fresh memory, of $|Y_m|\,w_{mn}\,|Y_n|$ of a carried one.

    The $u_m$ are orthogonal, as their clock columns are.
    """
    sizes = jnp.linalg.norm(ring, axis=1)
    if memory.ndim == 2:
        return jnp.linalg.norm(jnp.outer(sizes, sizes) * memory, 2)
    return sizes[0] * jnp.sqrt(jnp.sum((memory * sizes) ** 2))


def exchange_norm(shares: Shares) -> Float[Array, ""]:
    r"""Return $\|D\| = \sqrt{(1 - p_1)^2 + p_1^2}$, $1 - p_1$ where the terms are dropped."""
    return jnp.sqrt((1 - shares.p1) ** 2 + (shares.live * shares.p1) ** 2)

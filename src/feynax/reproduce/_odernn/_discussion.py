"""Table 3, section 4 and Table 4: the comparison, the conclusion and the notation."""

from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ...equations import amplification, smallest_damping
from ...networks import LSTM, QUNN, URNN
from .._cells import cell, double, embedded, inputs, largest, prepared
from .._claim import Budget, Comparison, Finding
from ._claims import CLAIMS


def _count(network: eqx.Module) -> int:
    return sum(leaf.size for leaf in jax.tree.leaves(eqx.filter(network, eqx.is_inexact_array)))


def _qunn(block: int, mixing: Literal["scalar", "dense"]) -> int:
    """Parameters with N = L = block and four components, without encoder."""
    made = QUNN(
        4, 4, block=block, encoder=False, mixing=mixing, clock="skip", key=jax.random.key(0)
    )
    return _count(made)


def _exponent(counts: list[int], lengths: list[int]) -> float:
    return float(np.polyfit(np.log(lengths), np.log(counts), 1)[0])


def _forgotten() -> float:
    """How much of a step's input is left in a unitary network's state 100 samples later."""
    own = cell("URNN")
    assert isinstance(own, URNN)
    own = eqx.tree_at(lambda c: c.bias, own, jnp.zeros_like(own.bias))
    ready = np.asarray(prepared(own))
    return float(np.linalg.norm(np.linalg.matrix_power(ready, 100), -2))


@CLAIMS.add(
    "Table 3",
    kind="table",
    printed="Memory n, 2, 2, t and nonlinearity n for QUNN, LSTM, URNN and an n-t-ODERNN; QUNN and "
    "URNN are stable; QUNN has O(n) parameters, LSTM and URNN O(n^2).",
    right="QUNN has O(N) parameters with one number S_k a layer; as matrices, which print allows, "
    "they are O(N^3). It is not stable. LSTM and URNN read one past state, and a URNN remembers an "
    "input for ever.",
    expects="corrected",
)
@double
def comparison(budget: Budget) -> Finding:
    lengths = [4, 8, 16]
    scalar, dense = [_qunn(n, "scalar") for n in lengths], [_qunn(n, "dense") for n in lengths]
    found = {kind: embedded(kind) for kind in ("LSTM", "URNN")}
    rows = (
        ("QUNN, parameters with S_k a number, N = 4, 8, 16", "O(n)", str(scalar)),
        ("QUNN, parameters with S_k a matrix, N = 4, 8, 16", "O(n)", str(dense)),
        ("QUNN, stability", "Yes", "no: after Fig. 3"),
        ("LSTM, past states read, 3 layers", "2", found["LSTM"].t),
        ("URNN, past states read, 3 layers", "2", found["URNN"].t),
        ("LSTM, stages of 3 layers", "n", found["LSTM"].n),
        ("URNN, stages of 3 layers", "n", found["URNN"].n),
        ("URNN, share of an input left after 100 samples", "", round(_forgotten(), 12)),
    )
    caption = "The table's entries beside what the library's networks have."
    return Finding.compare(
        "From N = 4 to 16 the parameters of QUNN grow with an exponent that is off from 1 by "
        "{printed} with matrices S_k, by {right} with numbers.",
        printed=abs(_exponent(dense, lengths) - 1),
        right=abs(_exponent(scalar, lengths) - 1),
        tolerance=0.05,
        comparison=Comparison(caption, ("entry", "printed", "found"), rows),
    )


@CLAIMS.add(
    "Table 3, depth",
    kind="statement",
    printed="QUNN has depth n + 2: n layers, an embedding before them and a projection after.",
    expects="holds",
)
def depth(budget: Budget) -> Finding:
    made = QUNN(2, 2, block=4, key=jax.random.key(0))
    program = jax.make_jaxpr(made.output)(made.initial_state())
    applied = _applications(program.jaxpr, made.activation)
    says = f"With N = L = 4 the library's applies {applied} activations: off by " + "{printed}."
    return Finding.compare(says, printed=float(abs(applied - (4 + 2))), tolerance=0)


def _applications(program: Any, name: str) -> int:
    """How often a traced program applies a primitive, loops counted as often as they run."""
    count = 0
    for step in program.eqns:
        inner = step.params.get("jaxpr")
        times = step.params.get("length", 1)
        count += step.primitive.name == name
        count += 0 if inner is None else times * _applications(inner.jaxpr, name)
    return count


def _remembering(steps: int) -> tuple[int, float]:
    """Parameters of an LSTM that remembers for so many steps, and what it keeps of its memory."""
    own = LSTM(4, 4, key=jax.random.key(0))
    size = own.hidden_size
    bias = jnp.zeros_like(own.bias_ih).at[size : 2 * size].set(-jnp.log(jnp.expm1(1 / steps)))
    blank = jax.tree.map(jnp.zeros_like, eqx.filter(own, eqx.is_inexact_array))
    own = eqx.tree_at(lambda c: c.bias_ih, eqx.combine(blank, own), bias)
    c, h = jnp.ones(size), jnp.zeros(size)
    for _ in range(steps):
        c, h = own.step(None, (c, h), own.drive(jnp.zeros(4)))
    return _count(own), float(c[0])


@CLAIMS.add(
    "section 4, parameters",
    kind="statement",
    printed="As a function of the length of memory, QUNN has quadratically fewer parameters than "
    "an LSTM.",
    right="An LSTM's parameters do not depend on the length of memory; they grow with the "
    "square of its width. QUNN's grow linearly with N.",
    expects="false",
)
def fewer_parameters(budget: Budget) -> Finding:
    lengths = [4, 8, 16]
    counts, kept = zip(*map(_remembering, lengths), strict=True)
    own = _exponent([_qunn(n, "scalar") for n in lengths], lengths)
    return Finding.compare(
        f"LSTMs that keep a share {min(kept):.3f} of their memory over 4, 8 and 16 steps all have "
        f"{counts[0]} parameters: an exponent off from 2 by {{printed}}. QUNN's is {own:.2f}.",
        printed=abs(_exponent(list(counts), lengths) - 2),
        tolerance=0.05,
    )


@CLAIMS.add(
    "section 4, AntisymmetricRNN",
    kind="statement",
    printed="The network of Chang et al. is an ODERNN with n = 1 and t the number of its connected "
    "layers.",
    right="n = t = 1 for one layer, and t = 1 for any number: it reads no older state.",
    expects="corrected",
)
@double
def antisymmetric_network(budget: Budget) -> Finding:
    one, three = embedded("AntisymmetricRNN", 1), embedded("AntisymmetricRNN", 3)
    return Finding.compare(
        f"Its ODERNNs have (n, t) = ({one.n}, {one.t}) and, with three layers, ({three.n}, "
        f"{three.t}): t is off from 3 by " + "{printed}, and the outputs are off by {right}.",
        printed=float(abs(three.t - 3)),
        right=max(one.error, three.error),
        tolerance=1e-12,
    )


@CLAIMS.add(
    "section 4, its stability",
    kind="statement",
    printed="That network is stable.",
    right="Its explicit Euler step lets an oscillation grow by sqrt(1 + h^2 w^2) a step, unless a "
    "damping of at least (1 - sqrt(1 - h^2 w^2))/h is added.",
    expects="corrected",
)
def explicit_euler(budget: Budget) -> Finding:
    h, w = 0.1, 4.5
    radius = lambda gamma: float(
        np.abs(np.linalg.eigvals(amplification("euler", h * w) - h * gamma * np.eye(2))).max()
    )
    enough = smallest_damping(h, w)
    return Finding.compare(
        "At h = 0.1 and w = 4.5 a step multiplies by 1 plus {printed}; with a damping of "
        f"{enough:.3f}" + " by 1 plus {right}.",
        printed=max(0.0, radius(0.0) - 1),
        right=max(0.0, radius(enough) - 1),
        tolerance=1e-12,
    )


@CLAIMS.add(
    "Table 4",
    kind="table",
    printed="Inner and outer products of quantum notation are Z^T Y and Y Z^T.",
    right="For complex states, which quantum ones are, the transposes are conjugate; for real ones "
    "the table holds.",
    expects="corrected",
)
def notation(budget: Budget) -> Finding:
    z, y = inputs(2, 4) + 1j * inputs(2, 4, seed=1)
    pairs = (
        ("inner product", z @ y, z.conj() @ y, np.vdot(z, y)),
        ("Hadamard product", largest([z * y]), largest([np.diag(z) @ y]), largest([z * y])),
        ("square of a norm", z @ z, z.conj() @ z, np.linalg.norm(z) ** 2),
    )
    off = lambda at: float(max(abs(row[at] - row[3]) for row in pairs))
    rows = tuple((name, *(f"{complex(v):.4f}" for v in values)) for name, *values in pairs)
    caption = "Random complex vectors: with the transpose, with its conjugate, and what it must be."
    columns = ("product", "printed", "conjugate", "wanted")
    return Finding.compare(
        "With plain transposes products are off by {printed}, with conjugate ones by {right}.",
        printed=off(1),
        right=off(2),
        tolerance=1e-13,
        comparison=Comparison(caption, columns, rows),
    )

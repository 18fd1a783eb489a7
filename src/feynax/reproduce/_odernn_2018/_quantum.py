"""Section 2 to Theorem 3: notation, the Schroedinger equation, and computation by it."""

import jax.numpy as jnp
import numpy as np

from ...quantum import (
    Circuit,
    ClockHamiltonian,
    ExactPropagator,
    Gate,
    adder,
    compile_function,
    full_adder,
)
from .._cells import double
from .._claim import Budget, Comparison, Finding
from ._claims import CLAIMS


@CLAIMS.add(
    "Table 3",
    kind="table",
    printed="<Y| is the row Y^T, and <Z|Y> is Z^T Y; |Y> is the column, other products are alike.",
    right="<Y| is the conjugate transpose Y^*, and <Z|Y> = Z^* Y; on real vectors the two agree.",
    expects="corrected",
)
def notation(budget: Budget) -> Finding:
    draw = np.random.default_rng(0)
    real, other = draw.normal(size=(2, 4))
    y, z = draw.normal(size=(2, 8)).view(complex)
    H = draw.normal(size=(4, 8)).view(complex)
    H = H + H.conj().T  # what is observed: <Y|H|Y> must be a real number
    rows = tuple(
        (name, abs(b.T @ a - np.vdot(b, a)), abs((a.T @ H @ a).imag), abs((a.conj() @ H @ a).imag))
        for name, a, b in (("real", real, other), ("complex", y, z))
    )
    columns = ("vectors", "|Z^T Y - <Z|Y>|", "imaginary part of Y^T H Y", "of Y^* H Y")
    return Finding.compare(
        "For a Hermitian H and a complex state, the imaginary part of Y^T H Y is {printed}, that "
        "of Y^* H Y {right}; an observed number has none.",
        printed=float(rows[1][2]),
        right=float(rows[1][3]),
        tolerance=1e-13,
        comparison=Comparison("Transposes on real and on complex vectors.", columns, rows),
    )


def _hamiltonian(d: int = 6) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(1)
    H = draw.normal(size=(d, 2 * d)).view(complex)
    psi = draw.normal(size=2 * d).view(complex)
    return (H + H.conj().T) / 4, psi / np.linalg.norm(psi)


@CLAIMS.add(
    "eq. (13)",
    printed="d psi/dt = -i H psi: a linear equation of first order.",
    expects="holds",
)
@double
def schroedinger(budget: Budget) -> Finding:
    from scipy.integrate import solve_ivp

    H, psi = _hamiltonian()
    found = solve_ivp(lambda t, y: -1j * (H @ y), (0, 2.0), psi, "DOP853", rtol=1e-12, atol=1e-13)
    last = np.asarray(ExactPropagator(H, 2.0).step(psi))
    kept = abs(np.linalg.norm(last) - 1)
    return Finding.compare(
        "The library's propagator over 2 units of time differs from the integrated equation by "
        f"{{printed}}, and keeps the norm to {kept:.1g}.",
        printed=float(np.abs(last - found.y[:, -1]).max()),
        tolerance=1e-9,
    )


@CLAIMS.add(
    "after eq. (13), sub-regions",
    kind="statement",
    printed="Although the whole is linear, the evolution of a part of it can be nonlinear.",
    right="Its density matrix moves linearly, as long as the rest starts in one state, whatever "
    "the part's own state is; where both are correlated at first, it has no equation of its own.",
    expects="corrected",
)
def parts_of_the_whole(budget: Budget) -> Finding:
    from scipy.linalg import expm

    U, draw = expm(-1j * _hamiltonian()[0]), np.random.default_rng(2)
    rest = draw.normal(size=6).view(complex)
    rest = np.outer(rest, rest.conj()) / np.vdot(rest, rest).real
    whole = lambda rho: (U @ np.kron(rho, rest) @ U.conj().T).reshape(2, 3, 2, 3)
    part = lambda rho: np.trace(whole(rho), axis1=1, axis2=3)
    rho, sigma = (np.outer(v, v.conj()) for v in draw.normal(size=(2, 4)).view(complex))
    linear = part(0.3 * rho + 0.7 * sigma) - 0.3 * part(rho) - 0.7 * part(sigma)
    # Two states of the whole with the same part.
    vectors = draw.normal(size=(2, 12)).view(complex).reshape(2, 2, 3)
    q = np.linalg.qr(vectors[1].T)[0].T
    left, s, _ = np.linalg.svd(vectors[0], full_matrices=False)
    twin = (left * s) @ q
    after = [(U @ v.reshape(-1)).reshape(2, 3) for v in (vectors[0], twin)]
    apart = np.abs(after[0] @ after[0].conj().T - after[1] @ after[1].conj().T).max()
    return Finding.compare(
        "Two states of the whole with the same part end with parts that differ by {printed}; from "
        "one state of the rest the part's map is linear to {right}.",
        printed=float(apart),
        right=float(np.abs(linear).max()),
        tolerance=1e-13,
    )


def _random_function(bits: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2, (2**bits, bits)).astype(bool)


@CLAIMS.add(
    "before Theorem 3, reversibility",
    kind="statement",
    printed="Any Boolean function can be computed by a reversible evolution.",
    expects="holds",
)
def reversible_computation(budget: Budget) -> Finding:
    wrong, tried = 0, 0
    for seed in range(8):
        table = _random_function(3, seed)
        circuit = compile_function(table)
        x = np.arange(2**circuit.bits)
        y = circuit.run(x)
        low = x & 7
        bits = (table[low] << np.arange(3)).sum(1)
        wrong += int(np.sum(y != (low | (((x >> 3) ^ bits) << 3))))
        wrong += int(np.sum(circuit.inverse().run(y) != x))
        tried += len(x)
    says = (
        "Of 8 random functions of 3 bits, on all {} states, {{printed}} results or inverses fail."
    )
    return Finding.compare(says.format(tried), printed=float(wrong), tolerance=0)


@CLAIMS.add(
    "before Theorem 3, number of terms",
    kind="statement",
    printed="The Hamiltonian has as many terms as the circuit has gates.",
    right="And one more for each input bit, which costs energy where the bit is wrong at the "
    "start: without them the ground state does not know its input.",
    expects="corrected",
)
@double
def number_of_terms(budget: Budget) -> Finding:
    circuit = Circuit(2, [Gate.flip(0, 1), Gate.flip(1, 0), Gate.flip(1)])
    free = np.asarray(ClockHamiltonian(circuit, 1, penalty=0.0).as_matrix())
    kernel = lambda H: int(np.sum(np.linalg.eigvalsh(H) < 1e-9))
    blocks = np.abs(free.reshape(4, 4, 4, 4)).max((1, 3))
    assert np.count_nonzero(np.triu(blocks, 1)) == len(circuit)
    bits = [float(q) for q in np.eye(2)[0]]
    one = np.asarray(ClockHamiltonian(circuit, 1, penalty=bits).as_matrix())
    both = np.asarray(ClockHamiltonian(circuit, 1).as_matrix())
    caption = "Dimension of the space of lowest energy: 3 gates on 2 bits."
    rows = (("3 gates", kernel(free)), ("1 bit more", kernel(one)), ("2 bits more", kernel(both)))
    return Finding.compare(
        "3 gates on 2 bits leave {printed} ground states too many with a term for each gate, with "
        "terms for both bits {right}.",
        printed=float(kernel(free) - 1),
        right=float(kernel(both) - 1),
        tolerance=0,
        comparison=Comparison(caption, ("terms", "ground states"), rows),
    )


@CLAIMS.add(
    "Theorem 3, fixed point",
    kind="theorem",
    printed="The computation is a fixed point of the evolution.",
    expects="holds",
)
@double
def fixed_point(budget: Budget) -> Finding:
    add = full_adder()
    off, wrong = [], 0
    for x in range(8):
        ham = ClockHamiltonian(add, x)
        state = ham.ground_state()
        off.append(np.abs(np.asarray(ham.mv(jnp.asarray(state.dense())))).max())
        a, b, c = (x >> k & 1 for k in range(3))
        wrong += (state.states[-1] >> 2) != a + b + c
    return Finding.compare(
        f"For all 8 inputs of a full adder H times the history is {{printed}} and {wrong} of the "
        "sums at its last clock are wrong.",
        printed=float(max(off)) + wrong,
        tolerance=1e-14,
    )


@CLAIMS.add(
    "Theorem 3, unique",
    kind="theorem",
    printed="The fixed point is unique.",
    right="Not among the states that H leaves at rest, one for each input, unless a term H_in "
    "fixes the input.",
    expects="corrected",
)
@double
def unique(budget: Budget) -> Finding:
    circuit = Circuit(3, [Gate.flip(0, 1, 2), Gate.flip(2, 0)])
    kernel = lambda penalty: np.sum(
        np.linalg.eigvalsh(np.asarray(ClockHamiltonian(circuit, 0, penalty).as_matrix())) < 1e-9
    )
    return Finding.compare(
        "Two gates on 3 bits have {printed} more states at rest than one without H_in, {right} "
        "more with it.",
        printed=float(kernel(0.0) - 1),
        right=float(kernel(1.0) - 1),
        tolerance=0,
    )


@CLAIMS.add(
    "Theorem 3, approach",
    kind="statement",
    printed="The function is computed as the evolution reaches its fixed point.",
    right="Under (13) every state keeps its overlap with it for ever. It is reached in imaginary "
    "time, psi' = -H psi.",
    expects="corrected",
)
@double
def approach(budget: Budget) -> Finding:
    from scipy.linalg import expm

    ham = ClockHamiltonian(Circuit(1, [Gate.flip(0), Gate.idle(), Gate.flip(0)]), 0)
    H, ground = np.asarray(ham.as_matrix()), ham.ground_state().dense()
    start = np.random.default_rng(6).normal(size=ham.size)
    start /= np.linalg.norm(start)
    away = lambda psi: 1 - abs(np.vdot(ground, psi)) / np.linalg.norm(psi)
    time = 20 / ham.gap()
    return Finding.compare(
        "After 20 / gap units of time the overlap with the fixed point falls short of 1 by "
        "{printed} under (13), by {right} in imaginary time.",
        printed=float(away(expm(-1j * time * H) @ start)),
        right=float(away(expm(-time * H) @ start)),
        tolerance=1e-12,
    )


@CLAIMS.add(
    "Theorem 3, number of parameters",
    kind="theorem",
    printed="Polynomially many parameters in n are enough for any uniform family of functions of n "
    "bits.",
    right="For families with circuits of polynomially many gates, such as sums. Most functions of "
    "n bits need about 2^n gates: there are too many functions for fewer.",
    expects="corrected",
)
def number_of_parameters(budget: Budget) -> Finding:
    sizes = np.array([2, 4, 8, 16, 32])
    gates = np.array([len(adder(int(n))) for n in sizes])
    off = np.abs(gates - np.polyval(np.polyfit(sizes, gates, 1), sizes)).max()
    # G flips on 2n wires, each one of 2n 3^(2n-1), make at most (2n 3^(2n-1))^G of the 2^(n 2^n)
    # functions of n bits to n bits.
    least = [n * 2.0**n / np.log2(2 * n * 3.0 ** (2 * n - 1)) for n in sizes]
    rows = tuple(
        (int(n), int(g), float(f), int(n**4)) for n, g, f in zip(sizes, gates, least, strict=True)
    )
    columns = ("n", "sum of two numbers", "most functions, at least", "n^4")
    return Finding.compare(
        "Gates of the library's adder grow linearly in n, to {right}; most functions of 32 bits "
        "need more than n^4 gates, by a factor 1 plus {printed}.",
        printed=least[-1] / 32.0**4 - 1,
        right=float(off),
        tolerance=1e-9,
        comparison=Comparison("Gates needed.", columns, rows),
    )


CLAIMS.unchecked(
    "Theorem 3, proof",
    kind="theorem",
    printed="A complete proof is reviewed in a supplement.",
    because="the supplement is not part of the document. The claims of the theorem are checked "
    "above, and the construction in the later version of the document.",
)

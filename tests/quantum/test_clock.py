"""Clock Hamiltonians against explicit matrices, recorded numbers, closed forms and Lanczos."""

import json
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import linalg, optimize
from scipy.sparse.linalg import LinearOperator, eigsh

import feynax as fx
from feynax.quantum import Circuit, ClockHamiltonian, Gate, RankOneClock

RECORDED = pathlib.Path(__file__).parents[3] / "shared" / "design" / "reference" / "recurrent.json"
U = np.linalg.qr(np.random.default_rng(3).normal(size=(4, 8)).view(complex))[0]
ROUND = Gate.permutation((2, 0), [1, 2, 3, 0])  # not its own inverse
LOPSIDED = Circuit(3, [Gate.flip(0, 1), ROUND, Gate.flip(2, 0, 1), Gate.idle()])
TURNING = Circuit(3, [*LOPSIDED.gates[:3], Gate.hadamard(1), Gate.unitary([2, 0], U)])


@pytest.fixture(scope="module")
def recorded():
    if not RECORDED.exists():
        pytest.skip("the independent reference numbers are not beside this checkout")
    return json.loads(RECORDED.read_text())


def gate_matrix(gate, bits):
    """Entry by entry, from the definition."""
    matrix = np.zeros((2**bits, 2**bits), complex)
    small = np.eye(2 ** len(gate.wires))[:, list(gate.table)] if gate.table else gate.matrix
    for x in range(2**bits):
        if any((x >> c & 1) != v for c, v in zip(gate.controls, gate.values, strict=True)):
            matrix[x, x] = 1
            continue
        local = sum((x >> w & 1) << i for i, w in enumerate(gate.wires))
        rest = x & ~sum(1 << w for w in gate.wires)
        for to, amplitude in enumerate(np.asarray(small)[:, local]):
            matrix[rest | sum((to >> i & 1) << w for i, w in enumerate(gate.wires)), x] = amplitude
    return matrix


def explicit(circuit, x, penalties):
    """The whole matrix, as the formula is written, clock (x) bits."""
    n, steps = circuit.bits, len(circuit)
    clock = np.eye(steps + 1)
    wrong = [
        sum(p * (x >> q & 1 != s >> q & 1) for q, p in enumerate(penalties)) for s in range(2**n)
    ]
    total = np.kron(np.outer(clock[0], clock[0]), np.diag(wrong)).astype(complex)
    for j, gate in enumerate(circuit.gates):
        here, there = np.outer(clock[j], clock[j]), np.outer(clock[j + 1], clock[j + 1])
        move = np.kron(np.outer(clock[j + 1], clock[j]), gate_matrix(gate, n))
        total += 0.5 * (np.kron(here + there, np.eye(2**n)) - move - move.conj().T)
    return total


def lanczos(ham, count):
    mv = lambda v: np.asarray(ham.mv(jnp.asarray(v.ravel())))
    operator = LinearOperator(ham.shape, mv, dtype=np.float64)
    return np.sort(eigsh(operator, k=count, which="SA", tol=1e-10, ncv=80)[0])


def test_recorded_circuit(recorded):
    """Bits count from the least significant; recorded are result, E0, gap, P(last clock)."""
    case = recorded["fixtures"]["circuit"]
    gates = [Gate.flip(*wires) for _, *wires in case["gates"]]
    ham = ClockHamiltonian(Circuit(case["n"], gates), case["x"])
    result, energy, gap, last = case["result"]
    state = ham.ground_state()
    assert state.states[-1] == result
    assert abs(state.energy - energy) < 1e-14
    assert abs(ham.gap() - gap) < 1e-14
    assert abs(state.probability_finished() - last) < 1e-14


def test_recorded_rank_one(recorded):
    case = recorded["fixtures"]["clock rank one L=3"]
    ham = RankOneClock(case["x"])
    levels, vectors = np.linalg.eigh(ham.as_matrix())
    energy, gap, state = case["result"]
    assert abs(levels[0] - energy) < 1e-14
    assert abs(levels[1] - gap) < 1e-14
    assert abs(ham.gap() - gap) < 1e-14
    assert np.allclose(ham.ground_state(), np.ravel(state), atol=1e-14)
    assert abs(abs(vectors[:, 0] @ ham.ground_state()) - 1) < 1e-14


def test_recorded_gaps(recorded):
    for steps, energy, gap, *_ in recorded["check_d"]["rank1"]:
        x = np.random.default_rng(steps).normal(size=(steps + 1, 4))
        ham = RankOneClock(x / np.linalg.norm(x, axis=1)[:, None])
        assert abs(ham.gap() - gap) < 1e-13
        assert abs(energy) < 1e-13
    for steps, right, _, wrong, half, *_ in recorded["check_d"]["gap_unitary"]:
        idle = Circuit(1, [Gate.idle()] * steps)
        assert abs(ClockHamiltonian(idle, 0).gap() - wrong) < 1e-13
        assert abs(ClockHamiltonian(idle, 0, penalty=0.5).gap() - half) < 1e-13
        assert abs(ClockHamiltonian(idle, 0, penalty=0.0).gap() - right) < 1e-13


@pytest.mark.float32
@pytest.mark.parametrize("circuit", [LOPSIDED, TURNING], ids=["bits", "unitary"])
def test_product_is_that_of_the_explicit_matrix(circuit):
    penalties = [0.3, 1.0, 2.0]
    ham = ClockHamiltonian(circuit, 0b110, penalty=penalties)
    wanted = explicit(circuit, 0b110, penalties)
    tol = 1e-14 if jax.config.read("jax_enable_x64") else 1e-6
    assert np.allclose(ham.as_matrix(), wanted, atol=tol)
    assert ham.dtype == np.asarray(ham.as_matrix()).dtype
    assert ham.shape == wanted.shape
    assert ham.hermitian
    assert ham.positive


@pytest.mark.parametrize("penalty", [1.0, 0.5, 0.0, [0.7, 0.0, 0.2], [0.0, 0.0, 3.0]])
def test_all_levels_and_states_need_no_diagonalisation(penalty):
    ham = ClockHamiltonian(TURNING, 0b101, penalty=penalty)
    levels = np.linalg.eigvalsh(ham.as_matrix())
    assert np.allclose(ham.levels(ham.size), levels, atol=1e-13)
    assert np.allclose(ham.levels(5), levels[:5], atol=1e-13)
    assert abs(ham.gap() - levels[ham.degeneracy]) < 1e-13
    assert levels[ham.degeneracy] > 1e-3
    states = [ham.eigenstate(e, k) for e in range(8) for k in range(len(TURNING) + 1)]
    assert max(ham.residual(s) for s in states) < 1e-14
    dense = np.array([s.dense() for s in states])
    assert np.allclose(dense.conj() @ dense.T, np.eye(len(states)), atol=1e-13)


def test_without_penalty_the_kernel_has_the_dimension_of_the_data():
    """Printed as unique; the rank-one form alone is."""
    ham = ClockHamiltonian(LOPSIDED, 0, penalty=0.0)
    kernel = int(np.sum(np.linalg.eigvalsh(ham.as_matrix()) < 1e-10))
    assert kernel == ham.degeneracy == 8
    assert ClockHamiltonian(LOPSIDED, 0, penalty=[1.0, 0.0, 1.0]).degeneracy == 2


@pytest.mark.parametrize("penalty", [0.01, 0.5, 1.0, 7.0])
def test_gap_solves_its_secular_equation(penalty):
    r"""$p\cos((L + 1/2)\theta) = \sin((L + 1)\theta)\sin(\theta/2)$, $E = 1 - \cos\theta$."""
    for steps in (1, 5, 40, 1000):
        f = lambda t, n=steps: penalty * np.cos((n + 0.5) * t) - np.sin((n + 1) * t) * np.sin(t / 2)
        theta = optimize.brentq(f, 1e-9, np.pi / (2 * steps + 1), xtol=1e-16, rtol=1e-14)
        gap = ClockHamiltonian(Circuit(1, [Gate.idle()] * steps), 0, penalty=penalty).gap()
        assert abs(gap - 2 * np.sin(theta / 2) ** 2) < 3e-15


def test_gap_falls_as_one_over_length_squared():
    scaled = [ClockHamiltonian(Circuit(1).pad_idle(L), 0).gap() * L**2 for L in (32, 64, 2000)]
    assert np.allclose(scaled, [1.1598, 1.1960, np.pi**2 / 8], atol=2e-3)


def test_lanczos_finds_the_same_levels():
    """An independent way, that knows nothing of frames or paths; 9 bits, 6 gates."""
    rng = np.random.default_rng(5)
    wires = (map(int, rng.permutation(9)[:3]) for _ in range(6))
    circuit = Circuit(9, [Gate.flip(*w) for w in wires])
    ham = ClockHamiltonian(circuit, 0b101100011)
    found = lanczos(ham, 2)
    assert np.allclose(found, [0.0, ham.gap()], atol=1e-9)
    assert np.allclose(found, ham.levels(2), atol=1e-9)


def test_full_adder_adds_all_inputs_in_its_ground_state():
    for x in range(8):
        ham = ClockHamiltonian(fx.quantum.full_adder(), x)
        levels, vectors = np.linalg.eigh(ham.as_matrix())
        assert abs(levels[0]) < 1e-14
        assert levels[1] > 0.04
        last = vectors[-16:, 0]
        result = int(np.argmax(np.abs(last)))
        assert 2 * (result >> 3) + (result >> 2 & 1) == x.bit_count()
        assert abs(last[result] ** 2 - 1 / 5) < 1e-14  # one clock of five, and nothing beside
        assert np.isclose(abs(vectors[:, 0] @ ham.ground_state().dense()), 1)


@pytest.mark.float32
def test_idle_gates_wait_for_the_reader():
    """Recorded: 0.692 with eight idle gates."""
    adder = fx.quantum.full_adder()
    plain, patient = (ClockHamiltonian(c, 5) for c in (adder, adder.pad_idle(8)))
    assert abs(plain.ground_state().probability_finished() - 1 / 5) < 1e-15
    assert abs(patient.ground_state().probability_finished() - 9 / 13) < 1e-15
    assert 0.04 < plain.gap() < 0.05
    assert patient.gap() < plain.gap() / 5
    assert patient.ground_state().states[-1] == plain.ground_state().states[-1]


@pytest.mark.float32
def test_measurement_finds_finished_results_as_often_as_it_should(key):
    """Binomial, 4000 draws, p = 9/13: sigma 0.0073; four of them allowed."""
    state = ClockHamiltonian(fx.quantum.full_adder().pad_idle(8), 0b011).ground_state()
    seen = state.measure(key, 4000)
    assert abs(seen.finished.mean() - 9 / 13) < 0.03
    assert np.all(seen.bits[seen.finished] == [1, 0, 0, 1])  # 1 + 1 + 0 = 2
    assert seen.bits[seen.clock == 0].tolist() == [[1, 1, 0, 0]] * int(np.sum(seen.clock == 0))


def test_measurement_of_superposed_bits(key):
    """Wire 0 random, wire 1 equal to it; 2000 draws, sigma 0.011."""
    bell = Circuit(2, [Gate.hadamard(0), Gate.flip(0, 1)])
    seen = ClockHamiltonian(bell, 0).ground_state().measure(key, 2000)
    done = seen.bits[seen.finished]
    assert np.all(done[:, 0] == done[:, 1])
    assert abs(done.mean() - 0.5) < 0.08
    assert abs(seen.finished.mean() - 1 / 3) < 0.05


def test_history_of_a_hundred_bits():
    """What no state vector could hold."""
    circuit = fx.quantum.adder(50)
    a, b = 3**31, 5**21
    state = ClockHamiltonian(circuit, a | b << 50).ground_state()
    out = state.states[-1]
    assert (out >> 50 & (2**50 - 1)) + (out >> 101 << 50) == a + b
    assert len(state.amplitudes) == 302
    assert np.isclose(np.sum(state.amplitudes**2), 1)
    with pytest.raises(ValueError, match="at most 30 bits"):
        ClockHamiltonian(circuit, 0).mv(jnp.zeros(4))


def test_imaginary_time_converges_at_the_rate_of_the_gap():
    """Real time leaves every overlap as it was: the ground state attracts nothing."""
    ham = ClockHamiltonian(Circuit(1, [Gate.flip(0), Gate.idle(), Gate.flip(0)]), 0)
    matrix, ground = np.asarray(ham.as_matrix()), ham.ground_state().dense()
    start = np.random.default_rng(6).normal(size=ham.size)
    start /= np.linalg.norm(start)
    distance = []
    for time in (40.0, 60.0):
        psi = linalg.expm(-time * matrix) @ start
        psi /= np.linalg.norm(psi)
        distance.append(np.linalg.norm(psi - np.sign(psi @ ground) * ground))
    assert np.isclose(np.log(distance[0] / distance[1]) / 20, ham.gap(), rtol=1e-3)
    real = linalg.expm(-80j * matrix) @ start
    assert np.isclose(abs(ground @ real), abs(ground @ start), atol=1e-12)


def test_printed_state_has_energy_one_over_the_number_of_gates():
    """(40) of the document leaves out the first step."""
    for steps in (2, 5, 9):
        x = np.random.default_rng(steps).normal(size=(steps + 1, 3))
        x /= np.linalg.norm(x, axis=1)[:, None]
        ham = RankOneClock(x)
        printed = np.vstack([np.zeros((1, 3)), x[1:]]).ravel() / np.sqrt(steps)
        assert abs(printed @ np.asarray(ham.mv(jnp.asarray(printed))) - 1 / steps) < 1e-14


def test_transfers_have_real_eigenvalues_in_pairs():
    """(39) of the document: printed as purely imaginary."""
    rng = np.random.default_rng(7)
    x = rng.normal(size=(4, 6)).view(complex)
    x /= np.linalg.norm(x, axis=1)[:, None]
    ham = RankOneClock(x)
    often = np.repeat([1.0, 2.0, 2.0, 1.0], 3)
    values = np.linalg.eigvals(np.diag(often) - np.asarray(ham.as_matrix()))
    assert np.max(np.abs(values.imag)) < 1e-7
    assert np.max(np.abs(values)) > 0.5
    assert np.allclose(np.sort(values.real), -np.sort(values.real)[::-1], atol=1e-7)


@pytest.mark.parametrize("d", [1, 2])
def test_rank_one_gap_and_unique_ground_state(d):
    for steps in (1, 7):
        x = np.random.default_rng(steps).normal(size=(steps + 1, 2 * d)).view(complex)
        x /= np.linalg.norm(x, axis=1)[:, None]
        ham = RankOneClock(x)
        matrix = np.asarray(ham.as_matrix())
        assert np.allclose(matrix, matrix.conj().T)
        levels = np.linalg.eigvalsh(matrix)
        assert abs(levels[0]) < 1e-14
        assert abs(levels[1] - ham.gap()) < 1e-14
        assert np.linalg.norm(matrix @ ham.ground_state()) < 1e-14


@pytest.mark.float32
def test_single_precision_stays_single():
    ham = ClockHamiltonian(LOPSIDED, 0b110)
    psi = jnp.ones(ham.size, jnp.float32)
    assert ham.mv(psi).dtype == jnp.float32
    assert ham.residual(ham.eigenstate(1, 2)) < 1e-14  # computed in double all the same


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: ClockHamiltonian(Circuit(2), 0), "circuit"),
        (lambda: ClockHamiltonian(LOPSIDED, 8), "input"),
        (lambda: ClockHamiltonian(LOPSIDED, -1), "input"),
        (lambda: ClockHamiltonian(LOPSIDED, 0, penalty=-1.0), "penalty"),
        (lambda: ClockHamiltonian(LOPSIDED, 0, penalty=float("nan")), "penalty"),
        (lambda: ClockHamiltonian(LOPSIDED, 0, penalty=[1.0, 1.0]), "penalty"),
        (lambda: ClockHamiltonian(LOPSIDED, 0).mv(jnp.ones(3)), "psi"),
        (lambda: ClockHamiltonian(LOPSIDED, 0).mv(jnp.ones(40, int)), "psi"),
        (lambda: ClockHamiltonian(LOPSIDED, 0).eigenstate(8), "error"),
        (lambda: ClockHamiltonian(LOPSIDED, 0).eigenstate(0, 5), "level"),
        (lambda: ClockHamiltonian(LOPSIDED, 0).levels(0), "count"),
        (lambda: ClockHamiltonian(LOPSIDED, 0).levels(41), "count"),
        (
            lambda: ClockHamiltonian(LOPSIDED, 0).ground_state().measure(jax.random.key(0), 0),
            "count",
        ),
        (lambda: RankOneClock([[1.0, 0.0]]), "trajectory"),
        (lambda: RankOneClock([[1.0, 0.0], [0.5, 0.0]]), "trajectory"),
        (lambda: RankOneClock([[1.0, 0.0], [np.nan, 0.0]]), "trajectory"),
        (lambda: RankOneClock([1.0, 1.0]), "trajectory"),
    ],
)
def test_wrong_arguments_are_named(make, name):
    with pytest.raises(ValueError, match=f"Argument `{name}` must"):
        make()

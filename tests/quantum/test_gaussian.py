"""Gaussian packets: against the independent numbers, dense grids, and what must not change."""

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import feynax as fx
from feynax.quantum import GaussianState, QuadraticHamiltonian

CLASSES = {
    "centre up": (0.3, -0.5, -0.2, 0.4, 0.52),
    "centre down": (0.1, 0.5, 0.2, -0.4, 0.2),
    "saddle": (0.1, 0.3, -0.1, 0.3, 0.2),
    "saddle, D2 zero": (0.2, 0.3, 0.1, 0.0, 0.5),
    "force": (0.2, -0.25, 0.3, 0.25, 0.5),
    "free": (0.0, 0.0, 0.3, 0.4, 0.0),
    "C2 only": (0.3, 0.3, 0.2, 0.0, 0.0),
    "linear": (0.3, 0.0, -0.2, 0.0, 0.0),
    "zero": (0.0, 0.0, 0.0, 0.0, 0.0),
}


def grid(size, reach):
    """Points of a periodic grid, and the dense matrix of -i d/dq on it."""
    step = 2 * reach / size
    points = (np.arange(size) - size // 2) * step
    wave = 2 * np.pi * np.fft.fftfreq(size, step)
    wave[size // 2] = 0
    eye = np.eye(size)
    return points, np.fft.ifft(wave[:, None] * np.fft.fft(eye, axis=0), axis=0)


def dense(ham, size, reach):
    """Positions and the Hamiltonian's matrix for the canonical Poisson matrix, Weyl-ordered."""
    points, derivative = grid(size, reach)
    m, one = ham.modes, np.eye(size)
    single = [np.diag(points).astype(complex), ham.hbar * derivative]
    operators = []
    for operator in single:
        for mode in range(m):
            factors = [operator if k == mode else one for k in range(m)]
            whole = factors[0]
            for factor in factors[1:]:
                whole = np.kron(whole, factor)
            operators.append(whole)
    matrix = sum(ham.slope[i] * z for i, z in enumerate(operators))
    for i, left in enumerate(operators):
        for k, right in enumerate(operators):
            if ham.form[i, k]:
                matrix = matrix + ham.form[i, k] / 2 * (left @ right)
    places = np.stack(np.meshgrid(*[points] * m, indexing="ij"), axis=-1).reshape(-1, m)
    return places, (matrix + matrix.conj().T) / 2


def exactly(matrix, hbar, psi, times):
    values, vectors = np.linalg.eigh(matrix)
    start = vectors.conj().T @ psi
    return [vectors @ (np.exp(-1j * values * t / hbar) * start) for t in times]


@pytest.mark.filterwarnings("ignore::feynax._errors.ConditionWarning")
@pytest.mark.parametrize("number", range(6))
def test_the_independent_numbers(number, ctrnn_reference):
    case = ctrnn_reference[f"evolution_{number}"]
    given, out = case["in"], case["out"]
    ham = QuadraticHamiltonian.from_coefficients(*given["P"], hbar=given["hbar"])
    packet = GaussianState.from_width(given["z0"], given["width"], hbar=given["hbar"])
    states = ham.evolve(packet, given["t"])
    product = [packet.overlap(state) for state in states]
    assert np.allclose([s.mean for s in states], out["centre"], rtol=1e-12, atol=1e-12)
    assert np.allclose([s.covariance for s in states], out["cov"], rtol=1e-12, atol=1e-12)
    expected = np.array(out["autocorrelation"]) @ [1, 1j]
    assert np.allclose(product, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.float32
@pytest.mark.parametrize("name", ["P_centre_up", "P_centre_down"])
def test_the_networks_own_packets_keep_their_shape(name, ctrnn_reference):
    case = ctrnn_reference[name]
    ham = QuadraticHamiltonian.from_coefficients(*case["in"]["P"], hbar=case["in"]["hbar"])
    packet = GaussianState.coherent(ham, [0.7, -0.4])
    assert np.allclose(packet.covariance, case["out"]["ground_cov"], rtol=0, atol=1e-13)
    for state in ham.evolve(packet, np.linspace(-7, 30, 9)):
        assert np.allclose(state.covariance, packet.covariance, rtol=0, atol=1e-13)


@pytest.mark.parametrize("name", ["centre up", "centre down"])
def test_a_ground_state_turns_with_its_level_for_a_million_times(name):
    ham = QuadraticHamiltonian.from_coefficients(*CLASSES[name], hbar=0.7)
    ground, level = GaussianState.coherent(ham), float(ham.levels(1)[0])
    for t in (0.3, 12.0, -5.0, 1e3, 1e6):
        error = abs(ground.overlap(ham.evolve(ground, t)) - np.exp(-1j * level * t / 0.7))
        assert error < 1e-15 * (20 + 4 * abs(t))  # the phase itself is rounded


@pytest.mark.filterwarnings("ignore::feynax._errors.ConditionWarning")
@pytest.mark.parametrize("name", CLASSES)
def test_one_mode_against_a_dense_grid(name):
    ham = QuadraticHamiltonian.from_coefficients(*CLASSES[name], hbar=0.5)
    places, matrix = dense(ham, 160, 11.0)
    packet = GaussianState.from_covariance(
        [0.4, -0.3], np.array([[0.2, 0.1], [0.1, (0.0625 + 0.01) / 0.2]]), hbar=0.5
    )
    times = [0.4, -0.7, 1.3] + ([4.0, 7.1, 15.0] if ham.kind == "elliptic" else [])
    expected = exactly(matrix, 0.5, packet(places[:, 0]), times)
    for t, psi in zip(times, expected, strict=True):
        assert np.max(np.abs(ham.evolve(packet, t)(places[:, 0]) - psi)) < 1e-11


TWO = {
    "positive": np.diag([1.0, 0.8, 1.2, 0.9])
    + 0.1 * np.array([[0, 2, 1, 0], [2, 0, -1, 2], [1, -1, 0, 1], [0, 2, 1, 0]]),
    "mixed signs": np.diag([1.0, -0.8, 1.1, -0.9])
    + np.kron([[0, 1], [-1, 0]], [[0.0, 0.1], [-0.1, 0.0]]),
    "centre and saddle": np.diag([1.0, 0.3, 1.0, -0.3]) + 0.1 * np.ones((4, 4)),
}


@pytest.mark.parametrize("name", TWO)
def test_two_modes_against_a_dense_grid(name):
    slope = np.array([0.1, -0.2, 0.15, 0.05])
    j = np.kron([[0.0, 1.0], [-1.0, 0.0]], np.eye(2))
    ham = QuadraticHamiltonian(TWO[name], slope, j, 1.0)
    places, matrix = dense(ham, 24, 6.1)
    start = QuadraticHamiltonian(TWO["positive"], slope, j, 1.0)
    packet = GaussianState.coherent(start, [0.2, -0.1, 0.1, 0.2])
    times = [0.5, -0.6] + ([3.3, 6.5, 14.0] if name == "positive" else [])
    for t, psi in zip(times, exactly(matrix, 1.0, packet(places), times), strict=True):
        assert np.max(np.abs(ham.evolve(packet, t)(places) - psi)) < 3e-6  # of the grid


coefficients = st.tuples(*[st.floats(-1, 1).map(lambda x: round(x, 2))] * 5)


@pytest.mark.filterwarnings("ignore::feynax._errors.ConditionWarning")
@settings(max_examples=60, deadline=None)
@given(coefficients, st.floats(-9, 9), st.floats(-9, 9), st.floats(0.3, 3))
def test_going_twice_is_going_once(numbers, first, second, width):
    ham = QuadraticHamiltonian.from_coefficients(*numbers, hbar=0.3)
    packet = GaussianState.from_width([0.2, -0.5], width, hbar=0.3)
    if ham.one.rate > 0 and ham.kind == "hyperbolic":
        first, second = first / 3, second / 3
    once = ham.evolve(packet, first + second)
    twice = ham.evolve(ham.evolve(packet, first), second)
    size = 1 + np.max(np.abs(once.q_matrix)) + np.max(np.abs(once.p_matrix))
    size = size * (1 + np.max(np.abs(ham.evolve(packet, first).q_matrix)))
    assert abs(twice.angle - once.angle) < 1e-8 * size
    assert abs(twice.action - once.action) < 1e-8 * size**2
    backwards = QuadraticHamiltonian.from_coefficients(*(-x for x in numbers), hbar=0.3)
    mirrored = backwards.evolve(packet, -first - second)
    assert mirrored.angle == pytest.approx(once.angle, abs=1e-8 * size)
    assert mirrored.action == pytest.approx(once.action, abs=1e-8 * size**2)


def test_several_modes_going_twice_is_going_once():
    rng = np.random.default_rng(3)
    for case in range(12):
        n = 4 if case % 2 else 6
        form = rng.normal(size=(n, n)) * 0.5
        skew = rng.normal(size=(n, n))
        ham = QuadraticHamiltonian(form + form.T, rng.normal(size=n), skew - skew.T, 0.5)
        packet = GaussianState.from_width(
            rng.normal(size=n), rng.uniform(0.5, 2, n // 2), hbar=0.5, poisson=ham.poisson
        )
        times = rng.uniform(-0.7, 0.7, 2)
        once = ham.evolve(packet, times.sum())
        twice = ham.evolve(ham.evolve(packet, times[0]), times[1])
        assert abs(once.overlap(twice) - 1) < 1e-9
        assert abs(once.norm - 1) < 1e-9


@pytest.mark.parametrize("name", ["centre up", "centre down"])
def test_windings_of_a_centre_in_closed_form(name):
    ham = QuadraticHamiltonian.from_coefficients(*CLASSES[name])
    packet = GaussianState.from_width([0.0, 0.0], 1.7)
    half = math.pi / ham.one.rate
    for t in np.linspace(0.05, 40, 60):
        halves = math.floor(t / half)
        q = ham.evolve(packet, t - halves * half).q_matrix[0, 0]
        part = (ham.one.sign * np.angle(q)) % (2 * math.pi)
        expected = ham.one.sign * (part + halves * math.pi)
        assert ham.evolve(packet, t).angle == pytest.approx(expected, abs=1e-11)


def test_the_action_of_section_8b():
    ham = QuadraticHamiltonian.from_coefficients(*CLASSES["centre up"])
    packet, centre = GaussianState.from_width([0.3, -0.8], 1.0), np.array(ham.one.centre())
    for t in (0.7, 5.0, -3.0):
        later = ham.evolve(packet, t)
        ends = [np.prod(s.mean - centre) for s in (packet, later)]
        expected = -ham.one.centre_energy() * t + centre[1] * (later.mean - packet.mean)[0]
        assert later.action == pytest.approx(expected + (ends[1] - ends[0]) / 2, abs=1e-13)


@pytest.mark.parametrize("scale", [1.0, -0.5])
def test_the_second_representation_is_the_fourier_transform(scale):
    j = np.array([[0.0, scale], [-scale, 0.0]])
    ham = QuadraticHamiltonian(np.array([[1.0, 0.2], [0.2, 0.7]]), np.array([0.1, 0.3]), j, 0.4)
    for t in (0.0, 1.1, 9.7, -4.0):
        begun = GaussianState.from_width([0.3, -0.2], 0.8, hbar=0.4, poisson=j)
        state = ham.evolve(begun, t)
        y1, y2 = np.linspace(-9, 9, 1201), np.linspace(-1.2, 1.0, 9)
        wave = np.exp(-1j * np.outer(y2 / scale, y1) / 0.4) @ state(y1) * (y1[1] - y1[0])
        expected = wave / math.sqrt(2 * np.pi * 0.4 * abs(scale))
        assert np.max(np.abs(state(y2, "y2") - expected)) < 1e-12


def test_a_coherent_state_at_rest_is_the_ground_state():
    ham = QuadraticHamiltonian.from_coefficients(*CLASSES["centre down"], hbar=0.6)
    ground = GaussianState.coherent(ham)
    points = np.linspace(-3, 3, 7)
    for representation in ("y1", "y2"):
        ours = ground(points, representation)
        theirs = ham.eigenfunction(0, representation)(points)
        assert np.allclose(ours / theirs, (ours / theirs)[0], rtol=1e-12)
        assert abs((ours / theirs)[0]) == pytest.approx(1, abs=1e-12)


def test_products_are_integrals():
    points = np.linspace(-12, 12, 4001)
    ham = QuadraticHamiltonian.from_coefficients(*CLASSES["saddle"], hbar=0.5)
    first = GaussianState.from_width([0.3, -0.2], 0.8, hbar=0.5)
    second = ham.evolve(GaussianState.from_width([-0.1, 0.5], 1.3, hbar=0.5), 1.5)
    integral = np.sum(np.conj(first(points)) * second(points)) * (points[1] - points[0])
    assert abs(first.overlap(second) - integral) < 1e-13
    assert abs(second.overlap(first) - integral.conj()) < 1e-13


def test_modes_that_are_apart_add_their_angles():
    """Steep packets, strongly squeezed: half turns that one mode forgives add up to whole ones."""
    forms, tilts = [(16.0, 0.25), (20.0, 0.2), (9.0, 0.1)], [6.0, 5.0, 7.0]
    times = np.linspace(-4.0, 4.0, 41)

    def moved(kept):
        m, slope = len(kept), np.array([tilts[k] for k in kept])
        form = np.diag([forms[k][i] for i in (0, 1) for k in kept])
        j = np.kron([[0.0, 1.0], [-1.0, 0.0]], np.eye(m))
        width = np.diag(0.3 + 0.4 * np.array(kept))
        momentum = (np.diag(slope) + 1j * np.eye(m)) @ np.linalg.inv(width)
        packet = GaussianState(np.zeros(2 * m), width, momentum, j)
        states = QuadraticHamiltonian(form, np.zeros(2 * m), j).evolve(packet, times)
        pairs = [a.overlap(b) for a in states[::5] for b in states[::5]]
        return np.array([state.angle for state in states]), np.array(pairs)

    apart = [moved([k]) for k in range(3)]
    angles, overlaps = moved([0, 1, 2])
    assert np.allclose(angles, sum(angle for angle, _ in apart), atol=1e-8)
    assert np.allclose(overlaps, np.prod([pairs for _, pairs in apart], axis=0), rtol=1e-7)


def test_what_a_flow_keeps():
    ham = QuadraticHamiltonian.from_coefficients(*CLASSES["saddle"], hbar=0.5)
    first = GaussianState.from_width([0.3, -0.2], 0.8, hbar=0.5)
    second = GaussianState.from_width([0.2, 0.1], 0.6, hbar=0.5)
    for t in (3.0, 12.0):  # stretched by e^7 at the end
        pair = [ham.evolve(state, t) for state in (first, second)]
        assert abs(pair[0].overlap(pair[1]) - first.overlap(second)) < 1e-8
    far = ham.evolve(first, 40.0)  # by e^25
    reach = np.sqrt(far.covariance[0, 0])
    points = far.mean[0] + reach * np.linspace(-8, 8, 401)
    assert np.sum(np.abs(far(points)) ** 2) * reach * 0.04 == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: GaussianState.from_width([0.0, 0.0], 0.0), "width"),
        (lambda: GaussianState.from_width([0.0, 0.0], [1.0, 1.0]), "width"),
        (lambda: GaussianState.from_width([0.0, math.nan], 1.0), "mean"),
        (lambda: GaussianState.from_width([0.0, 0.0], 1.0, hbar=-1.0), "hbar"),
        (lambda: GaussianState.from_covariance([0.0, 0.0], np.eye(2)), "covariance"),
        (lambda: GaussianState.from_covariance([0.0, 0.0], -np.eye(2) / 2), "covariance"),
        (lambda: GaussianState.from_covariance([0.0, 0.0], np.eye(3)), "covariance"),
        (lambda: GaussianState([0, 0], [[1.0]], [[2j]], [[0, 1.0], [-1.0, 0]]), "p_matrix"),
        (lambda: GaussianState.from_width([0.0, 0.0], 1.0)(0.0, "y3"), "representation"),
        (lambda: GaussianState.from_width(np.zeros(4), 1.0)(0.0), "y"),
    ],
)
def test_bad_arguments(call, name):
    with pytest.raises(ValueError, match=f"`{name}`"):
        call()


def test_states_and_hamiltonians_must_fit():
    ham = QuadraticHamiltonian.from_coefficients(*CLASSES["saddle"], hbar=0.5)
    packet = GaussianState.from_width([0.0, 0.0], 1.0, hbar=0.4)
    for call, name in [
        (lambda: ham.evolve(packet, 1.0), "state"),
        (lambda: packet.overlap(GaussianState.from_width([0.0, 0.0], 1.0)), "other"),
        (lambda: ham.evolve(GaussianState.from_width([0, 0], 1.0, hbar=0.5), math.nan), "t"),
        (lambda: ham.evolve(GaussianState.from_width([0, 0], 1.0, hbar=0.5), 1e5), "t"),
    ]:
        with pytest.raises(ValueError, match=f"`{name}`"):
            call()
    with pytest.raises(fx.ContinuousSpectrumError):
        GaussianState.coherent(ham)

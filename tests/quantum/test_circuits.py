"""Reversible circuits against plain arithmetic and explicit matrices, for all inputs."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import feynax as fx
from feynax.quantum import Circuit, Gate

H = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
U = np.linalg.qr(np.random.default_rng(3).normal(size=(4, 8)).view(complex))[0]


def random_circuit(rng, bits, count):
    makers = (
        lambda w: Gate.flip(*w[: rng.integers(1, bits + 1)]),
        lambda w: Gate.flip(*w[:3], values=rng.integers(0, 2, 2)),
        lambda w: Gate.swap(*w[: rng.integers(2, 4)]),
        lambda w: Gate.permutation(w[:2], rng.permutation(4)),
        lambda w: Gate.idle(),
    )
    wires = lambda: [int(w) for w in rng.permutation(bits)]
    return Circuit(bits, (makers[rng.integers(5)](wires()) for _ in range(count)))


def as_matrix(circuit):
    eye = jnp.eye(2**circuit.bits)
    return np.asarray(jax.vmap(circuit.apply, in_axes=1, out_axes=1)(eye))


@pytest.mark.float32
def test_wire_zero_is_the_least_significant_and_the_target_stands_last():
    """An asymmetric circuit: any other order of bits, or of a gate's wires, gives another number.

    The recorded one, X(0) CX(0, 2) CCX(0, 2, 1), ends at 7 in every order and cannot tell.
    """
    circuit = Circuit(4, [Gate.flip(0), Gate.flip(0, 2), Gate.flip(1, 3), Gate.swap(0, 1)])
    assert circuit.trajectory(0b0000) == (0b0000, 0b0001, 0b0101, 0b0101, 0b0110)
    assert circuit.run(0b0010) == 0b1111
    psi = circuit.apply(jnp.zeros(16).at[0].set(1.0))
    assert int(jnp.argmax(psi)) == 0b0110


@pytest.mark.parametrize("x", range(8))
def test_elementary_gates(x):
    a, b, c = x & 1, x >> 1 & 1, x >> 2
    word = lambda a, b, c: a | b << 1 | c << 2
    assert Gate.flip(1).run(x) == word(a, 1 - b, c)
    assert Gate.flip(0, 2).run(x) == word(a, b, c ^ a)
    assert Gate.flip(0, 2, 1).run(x) == word(a, b ^ (a & c), c)
    assert Gate.flip(0, 2, 1, values=(1, 0)).run(x) == word(a, b ^ (a & (1 - c)), c)
    assert Gate.swap(0, 2).run(x) == word(c, b, a)
    assert Gate.swap(1, 0, 2).run(x) == (word(c, b, a) if b else x)
    add_one = Gate.permutation((2, 0), [1, 2, 3, 0])  # wire 2 is its low bit
    assert add_one.run(x) == word(a ^ c, b, 1 - c)
    assert Gate.idle().run(x) == x


def test_a_run_is_the_same_on_whole_numbers_arrays_and_states():
    rng = np.random.default_rng(0)
    for number in range(6):
        circuit = random_circuit(rng, 5, 12)
        inputs = np.arange(32)
        one_by_one = [circuit.run(int(x)) for x in inputs]
        assert circuit.run(inputs).tolist() == one_by_one
        if number < 2:  # a program for each circuit
            assert jax.jit(circuit.run)(jnp.arange(32)).tolist() == one_by_one
        assert np.array_equal(as_matrix(circuit), np.eye(32)[:, one_by_one])
        assert [circuit.trajectory(x)[-1] for x in range(32)] == one_by_one
        assert circuit.inverse().run(circuit.run(inputs)).tolist() == inputs.tolist()


def test_whole_numbers_of_any_size():
    wide = Circuit(200, [Gate.flip(0, 199), Gate.flip(199, 100)])
    assert wide.run(1) == 1 | 1 << 199 | 1 << 100


@pytest.mark.float32
def test_local_unitary_matrices_against_kronecker_products():
    eye, e = np.eye(2), np.diag
    on_wire_one = np.kron(np.kron(eye, H), eye)  # wire 0 stands last
    assert np.allclose(as_matrix(Circuit(3, [Gate.hadamard(1)])), on_wire_one, atol=1e-6)
    low_high = np.kron(eye, U)  # wires (0, 1), the first being the low bit
    assert np.allclose(as_matrix(Circuit(3, [Gate.unitary((0, 1), U)])), low_high, atol=1e-6)
    exchanged = U.reshape(2, 2, 2, 2).transpose(1, 0, 3, 2).reshape(4, 4)
    swapped = Circuit(2, [Gate.unitary((1, 0), U)])
    assert np.allclose(as_matrix(swapped), exchanged, atol=1e-6)
    if_two = np.kron(e([1, 0]), np.eye(4)) + np.kron(e([0, 1]), U)
    decided = Circuit(3, [Gate.unitary((0, 1), U, controls=[2])])
    assert np.allclose(as_matrix(decided), if_two, atol=1e-6)


def test_gates_of_all_kinds_compose_and_are_undone():
    rng = np.random.default_rng(1)
    first = random_circuit(rng, 4, 6)
    second = Circuit(4, [Gate.hadamard(2), Gate.unitary((3, 1), U), Gate.swap(0, 3)])
    both = first.then(second)
    assert np.allclose(as_matrix(both), as_matrix(second) @ as_matrix(first), atol=1e-14)
    back = as_matrix(both.inverse())
    assert np.allclose(back, as_matrix(both).conj().T, atol=1e-14)
    with pytest.raises(ValueError, match="unitary"):
        both.run(0)


def test_a_state_can_be_differentiated_through():
    circuit = Circuit(3, [Gate.flip(0, 2), Gate.hadamard(1)])
    slope = jax.grad(lambda psi: circuit.apply(psi)[0])(jnp.ones(8))
    assert np.allclose(slope, as_matrix(circuit)[0])


def test_text_depth_and_counts():
    adder = fx.quantum.full_adder()
    lines = ["0: ─●─●─────", "1: ─●─⊕─●─●─", "2: ─┼───●─⊕─", "3: ─⊕───⊕───"]
    assert str(adder) == "\n".join(lines)
    assert adder.counts() == {"CCX": 2, "CX": 2}
    assert adder.depth == 4
    assert len(adder) == 4
    mixed = Circuit(3, [Gate.flip(0, 2, values=[0]), Gate.swap(0, 1), Gate.hadamard(2)])
    assert str(mixed) == "0: ─○─×────\n1: ─┼─×────\n2: ─⊕───U0─"
    assert mixed.depth == 2
    assert mixed.counts() == {"CX": 1, "SWAP": 1, "unitary": 1}
    assert mixed.pad_idle(3).idle == 3
    assert mixed.pad_idle(3).depth == 2
    assert hash(adder) == hash(fx.quantum.full_adder())
    assert adder == fx.quantum.full_adder()


def test_reed_muller_form_is_the_function():
    table = np.random.default_rng(2).integers(0, 2, (16, 3)).astype(bool)
    form = fx.quantum.reed_muller(table)
    for x in range(16):
        products = [form[m] for m in range(16) if m & x == m]
        assert np.array_equal(np.logical_xor.reduce(products), table[x])
    assert np.array_equal(fx.quantum.reed_muller(form), table)


def test_every_function_of_three_bits_is_compiled_right():
    """Also where y is 1 to begin with."""
    x = np.arange(16)
    for code in range(256):
        table = np.array([code >> i & 1 for i in range(8)])
        circuit = fx.quantum.compile_function(table.astype(bool))
        assert np.array_equal(circuit.run(x), x ^ table[x & 7] << 3)


def test_python_functions_of_bits():
    def sums(a, b, c, d):
        total = (a + 2 * b) * (c + 2 * d)
        return tuple(bool(total >> k & 1) for k in range(4))

    circuit = fx.quantum.compile_function(sums)
    for x in range(16):
        assert circuit.run(x) == x | ((x & 3) * (x >> 2)) << 4
    neither = fx.quantum.compile_function(lambda *bits: not any(bits), inputs=5)
    assert neither.counts() == {"CCCCCX": 1}  # all polarities tried: one product, not 32


def test_every_permutation_of_two_bits_and_random_ones():
    rng = np.random.default_rng(4)
    more = [rng.permutation(2**n) for n in (3, 4, 5, 6) for _ in range(4)]
    for table in [*itertools.permutations(range(4)), [1, 0], [0, 1], *more]:
        circuit = fx.quantum.compile_permutation(table)
        assert circuit.run(np.arange(len(table))).tolist() == list(table)
        assert 2**circuit.bits == len(table)  # nothing is left over
    assert len(fx.quantum.compile_permutation(np.arange(64))) == 0


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_two_controls_are_enough(seed):
    """Borrowed wires are given back as 0."""
    rng = np.random.default_rng(seed)
    circuit = random_circuit(rng, 5, 6)
    small = fx.quantum.to_toffoli(circuit)
    assert set(small.counts()) <= {"X", "CX", "CCX", "idle"}
    assert small.bits <= circuit.bits + 2
    x = np.arange(32)
    assert np.array_equal(small.run(x), circuit.run(x))


@pytest.mark.float32
def test_full_adder_adds_all_inputs():
    out = fx.quantum.full_adder().run(np.arange(8))
    assert (2 * (out >> 3) + (out >> 2 & 1)).tolist() == [x.bit_count() for x in range(8)]


@pytest.mark.parametrize("n", [1, 2, 4])
def test_adder_adds_all_inputs_with_carry(n):
    circuit = fx.quantum.adder(n)
    x, ones = np.arange(2 ** (2 * n + 2)), 2**n - 1
    a, b, carry, over = x & ones, x >> n & ones, x >> 2 * n & 1, x >> (2 * n + 1)
    total = a + b + carry
    over = over ^ total >> n
    wanted = a | (total & ones) << n | carry << 2 * n | over << (2 * n + 1)
    assert np.array_equal(circuit.run(x), wanted)
    assert len(circuit) == 6 * n + 1
    assert set(circuit.counts()) <= {"CX", "CCX"}


@pytest.mark.parametrize("n", [1, 2, 3])
def test_multiplier_multiplies_all_inputs(n):
    circuit = fx.quantum.multiplier(n)
    x = np.arange(4**n)
    product = (x & (2**n - 1)) * (x >> n)
    assert np.array_equal(circuit.run(x), x | product << 2 * n)
    assert len(circuit) == n + (n - 1) * (8 * n + 1)
    assert max(len(gate.controls) for gate in circuit.gates) <= 2


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: Gate.flip(), "wires"),
        (lambda: Gate.flip(1, 1), "wires"),
        (lambda: Gate.flip(-1), "wires"),
        (lambda: Gate.flip(0, 1, values=[2]), "values"),
        (lambda: Gate.flip(0, 1, values=[1, 1]), "values"),
        (lambda: Gate.swap(0), "wires"),
        (lambda: Gate.permutation([0, 1], [0, 1, 2, 2]), "table"),
        (lambda: Gate.permutation([0, 1], [1, 0]), "table"),
        (lambda: Gate((0,)), "table"),
        (lambda: Gate.unitary([0], [[1.0, 0.0], [0.0, 2.0]]), "matrix"),
        (lambda: Gate.unitary([0], np.eye(4)), "matrix"),
        (lambda: Gate.unitary([0], np.full((2, 2), np.nan)), "matrix"),
        (lambda: Gate.permutation(range(9), range(512)), "wires"),
        (lambda: Circuit(0), "bits"),
        (lambda: Circuit(2, [Gate.flip(2)]), "gates"),
        (lambda: Circuit(2).run(4), "x"),
        (lambda: Circuit(2).run(-1), "x"),
        (lambda: Circuit(2).run(0.5), "x"),
        (lambda: Circuit(2).run(np.array([4])), "x"),
        (lambda: Circuit(9).run(np.array([4], np.int8)), "x"),
        (lambda: Circuit(2).run(np.array([0.5])), "x"),
        (lambda: Circuit(2).apply(jnp.ones(3)), "psi"),
        (lambda: Circuit(2).apply(jnp.ones(4, int)), "psi"),
        (lambda: Circuit(2).pad_idle(-1), "count"),
        (lambda: fx.quantum.compile_permutation([0, 0]), "table"),
        (lambda: fx.quantum.compile_permutation([0, 1, 2]), "table"),
        (lambda: fx.quantum.compile_permutation(np.arange(2**13)), "table"),
        (lambda: fx.quantum.compile_function(np.ones(3, bool)), "function"),
        (lambda: fx.quantum.compile_function(lambda a, b: a + b), "function"),
        (lambda: fx.quantum.truth_table(lambda *bits: 0, inputs=17), "inputs"),
        (lambda: fx.quantum.to_toffoli(Circuit(1, [Gate.hadamard(0)])), "circuit"),
        (lambda: fx.quantum.adder(0), "bits"),
        (lambda: fx.quantum.multiplier(1.5), "bits"),
    ],
)
def test_wrong_arguments_are_named(make, name):
    with pytest.raises(ValueError, match=f"Argument `{name}` must"):
        make()

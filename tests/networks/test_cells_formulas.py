"""Each member against its published formula, written down once more in NumPy."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg

import feynax as fx

N = fx.networks
tanh = np.tanh


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def relu(a):
    return np.maximum(a, 0)


def modrelu(v, b):
    size = np.abs(v)
    return np.where(size > 0, v / np.where(size > 0, size, 1) * relu(size + b), 0)


def rnn(c, h, x):
    return tanh(c.weight_ih @ x + c.bias_ih + c.weight_hh @ h + c.bias_hh)


def leaky(c, h, x):
    a = sigmoid(c.leak_logit)
    return (1 - a) * h + a * tanh(c.weight_ih @ x + c.weight_hh @ h + c.bias)


def lem(c, state, x):
    (y, z), n, h = state, c.hidden_size, c.step_size
    v = (c.weight_ih @ x + c.bias).reshape(4, n)
    w1, w2, wz = c.weight_hh.reshape(3, n, n)
    slow, fast = h * sigmoid(w1 @ y + v[0]), h * sigmoid(w2 @ y + v[1])
    z = (1 - fast) * z + fast * tanh(wz @ y + v[2])
    return (1 - slow) * y + slow * tanh(c.weight_zy @ z + v[3]), z


def cornn(c, state, x):
    (y, z), n, h = state, c.hidden_size, c.step_size
    push = tanh(c.weight_hh[:, :n] @ y + c.weight_hh[:, n:] @ z + c.weight_ih @ x + c.bias)
    z = z + h * (push - c.stiffness * y - c.damping * z)
    return y + h * z, z


def unicornn(c, state, x):
    (y, z), h = state, c.step_size * sigmoid(c.step_logit)
    z = z - h * (tanh(c.weight_hh * y + c.weight_ih @ x + c.bias) + c.stiffness * y)
    return y + h * z, z


def antisymmetric(c, h, x):
    A = c.weight_hh - c.weight_hh.T - c.damping * np.eye(len(h))
    v = c.weight_ih @ x + c.bias
    gate = sigmoid(A @ h + v[len(h) :]) if c.gated else 1
    return h + c.step_size * gate * tanh(A @ h + v[: len(h)])


def lipschitz(c, h, x):
    def mixed(M):
        even, odd = (1 - c.mix) * (M + M.T), c.mix * (M - M.T)
        return even + odd - c.damping * np.eye(len(h))

    f = lambda y: mixed(c.linear) @ y + tanh(mixed(c.inner) @ y + c.weight_ih @ x + c.bias)
    middle = h + c.step_size / 2 * f(h)
    return h + c.step_size * (f(h) if c.method == "euler" else f(middle))


def ltc(c, y, x):
    h = c.step_size / c.substeps
    for _ in range(c.substeps):
        f = sigmoid(c.weight_ih @ x + c.weight_hh @ y + c.bias)
        y = (y + h * f * c.target) / (1 + h * (1 / np.exp(c.log_tau) + f))
    return y


def cfc(c, h, x):
    b = 1.7159 * tanh(2 / 3 * (c.weight_hh @ h + c.weight_ih @ x + c.bias))
    f, g, k = np.split(c.heads @ b + c.heads_bias, 3)
    return sigmoid(-f) * tanh(g) + (1 - sigmoid(-f)) * tanh(k)


def blocks(c, turn):
    upper = np.triu(c.upper, 1)
    return scipy.linalg.block_diag(*[turn(u - u.T) for u in upper])


def exprnn(c, h, x):
    v = blocks(c, scipy.linalg.expm) @ h + c.weight_ih @ x
    return modrelu(v, c.bias) if c.activation == "modrelu" else v


def cayley(c, h, x):
    one = np.eye(c.upper.shape[-1])
    turn = lambda A: np.linalg.inv(one - A / 2) @ (one + A / 2)
    signs = np.where(np.arange(len(h)) < c.negative, -1, 1)
    return modrelu(blocks(c, turn) @ (signs * h) + c.weight_ih @ x, c.bias)


def urnn(c, s, x):
    V = c.input_real + 1j * c.input_imag
    if c.form == "full":
        K = np.triu(c.unitary.skew, 1)
        S = (c.unitary.symmetric + c.unitary.symmetric.T) / 2
        return modrelu(scipy.linalg.expm(K - K.T + 1j * S) @ s + V @ x, c.bias)
    D = np.exp(1j * c.unitary.phases)
    mirror = c.unitary.mirrors_real + 1j * c.unitary.mirrors_imag
    R = [np.eye(len(s)) - 2 * np.outer(v, v.conj()) / (v.conj() @ v) for v in mirror]
    v = R[0] @ np.fft.fft(D[0] * s, norm="ortho")
    v = D[1] * v[c.unitary.shuffle]
    v = D[2] * (R[1] @ np.fft.ifft(v, norm="ortho"))
    return modrelu(v + V @ x, c.bias)


def clockwork(c, state, x):
    (h, count), each = state, c.hidden_size // c.groups
    count, new = count + 1, h.copy()
    for i in range(c.groups):
        if count % 2**i == 0:
            rows = slice(i * each, (i + 1) * each)
            heard = slice(i * each, None)
            u = c.weight_hh[rows, heard] @ h[heard] + c.weight_ih[rows] @ x + c.bias[rows]
            new[rows] = tanh(u)
    return new, count


def lru(c, s, x):
    lam = np.exp(-np.exp(c.nu) + 1j * np.exp(c.theta))
    return lam * s + np.exp(c.gain) * ((c.input_real + 1j * c.input_imag) @ x)


def s5(c, s, x):
    rate, step = -np.exp(c.log_decay) + 1j * c.frequency, np.exp(c.log_step)
    stays = np.exp(rate * step)
    return stays * s + (stays - 1) / rate * ((c.input_real + 1j * c.input_imag) @ x)


def s4d(c, s, x):
    rate, step = -np.exp(c.log_decay) + 1j * c.frequency, np.exp(c.log_step)[:, None]
    stays = np.exp(rate * step)
    return stays * s + (stays - 1) / rate * (c.weight_ih @ x)[:, None]


def mingru(c, h, x):
    z, v = np.split(c.weight_ih @ x + c.bias, 2)
    return (1 - sigmoid(z)) * h + sigmoid(z) * v


def minlstm(c, h, x):
    f, i, v = np.split(c.weight_ih @ x + c.bias, 3)
    f, i = sigmoid(f), sigmoid(i)
    return f / (f + i) * h + i / (f + i) * v


def linoss(c, state, x):
    (z, y), A, h = state, np.diag(relu(c.stiffness)), np.diag(sigmoid(c.step_logit))
    one, force = np.eye(len(A)), h @ c.weight_ih @ x
    if c.integrator == "implicit":
        M = np.block([[one, h @ A], [-h, one]])
        new = np.linalg.solve(M, np.concatenate([z + force, y]))
    else:
        M = np.block([[one, -h @ A], [h, one - h @ h @ A]])
        new = M @ np.concatenate([z, y]) + np.concatenate([force, h @ force])
    return new[: len(z)], new[len(z) :]


def mlstm(c, state, x):
    """As published, without the running maximum: C, n, h of each head."""
    _, size = c.heads, c.hidden_size // c.heads
    memory = state.memory * np.exp(state.scale)[:, None, None]
    total = state.total * np.exp(state.scale)[:, None]
    q, k, v = (c.weight_qkv @ x).reshape(3, c.heads, size)
    i, f = (c.weight_gates @ x + c.bias_gates).reshape(2, c.heads)
    i, f, k = np.exp(i), sigmoid(f), k / np.sqrt(size)
    o, found = sigmoid(c.weight_out @ x + c.bias_out), []
    for a in range(c.heads):
        memory[a] = f[a] * memory[a] + i[a] * np.outer(v[a], k[a])
        total[a] = f[a] * total[a] + i[a] * k[a]
        found.append(memory[a] @ q[a] / max(abs(total[a] @ q[a]), 1))
    return type(state)(memory, total, np.zeros(c.heads), o * np.concatenate(found))


def odegru(c, h, x):
    f = lambda y: c.outward @ tanh(c.inward @ y + c.inward_bias) + c.outward_bias
    for _ in range(c.substeps):
        k = 1 / c.substeps
        h = h + k * f(h + k / 2 * f(h))
    r, z, n = np.split(c.jump.weight_ih @ x + c.jump.bias_ih, 3)
    ur, uz, un = np.split(c.jump.weight_hh @ h + c.jump.bias_hh, 3)
    new = tanh(n + sigmoid(r + ur) * un)
    return sigmoid(z + uz) * h + (1 - sigmoid(z + uz)) * new


def neural_cde(c, state, x):
    y, last, begun = state
    if not begun:
        return type(state)(c.weight_ih @ x + c.bias, x, 1.0)

    def f(y):
        inner = relu(c.inward @ y + c.inward_bias)
        F = tanh(c.outward @ inner + c.outward_bias).reshape(len(y), -1)
        return F @ np.concatenate([[1.0], x - last])

    return type(state)(y + (f(y) + f(y + f(y))) / 2, x, 1.0)


CASES = [
    (N.RNN, {}, rnn),
    (N.LeakyRNN, {"leak": 0.2}, leaky),
    (N.LEM, {"step_size": 0.6}, lem),
    (N.CoRNN, {"step_size": 0.2}, cornn),
    (N.UnICORNN, {"step_size": 0.3}, unicornn),
    (N.AntisymmetricRNN, {}, antisymmetric),
    (N.AntisymmetricRNN, {"gated": True, "damping": 0.2}, antisymmetric),
    (N.LipschitzRNN, {"step_size": 0.4}, lipschitz),
    (N.LipschitzRNN, {"method": "midpoint", "mix": 0.6}, lipschitz),
    (N.LTC, {"substeps": 3, "step_size": 0.7}, ltc),
    (N.CfC, {"backbone_size": 5}, cfc),
    (N.ExpRNN, {}, exprnn),
    (N.ExpRNN, {"block_size": 2, "activation": "identity"}, exprnn),
    (N.CayleyRNN, {"block_size": 3}, cayley),
    (N.URNN, {}, urnn),
    (N.URNN, {"form": "full"}, urnn),
    (N.ClockworkRNN, {"groups": 3}, clockwork),
    (N.LRU, {"state_size": 5}, lru),
    (N.S5, {"state_size": 5, "steps": (0.1, 0.5)}, s5),
    (N.S4D, {"state_size": 3, "steps": (0.1, 0.5)}, s4d),
    (N.MinGRU, {}, mingru),
    (N.MinLSTM, {}, minlstm),
    (N.LinOSS, {"state_size": 5}, linoss),
    (N.LinOSS, {"integrator": "symplectic"}, linoss),
    (N.MLSTM, {"heads": 2}, mlstm),
    (N.ODEGRU, {"width": 3, "substeps": 2}, odegru),
    (N.NeuralCDE, {"width": 3}, neural_cde),
]


def disturb(leaf, key):
    """Give parameters that start at zero (biases, generators) something to do."""
    floating = jnp.issubdtype(leaf.dtype, jnp.floating)
    return leaf + 0.3 * jax.random.normal(key, leaf.shape) if floating else leaf


@pytest.mark.parametrize(("kind", "options", "formula"), CASES)
def test_member_is_its_published_formula(kind, options, formula):
    key = jax.random.key(8)
    cell = kind(3, 6, **options, key=key)
    leaves, structure = jax.tree.flatten(cell)
    cell = structure.unflatten(
        [
            disturb(leaf, k)
            for leaf, k in zip(leaves, jax.random.split(key, len(leaves)), strict=True)
        ]
    )
    xs = jax.random.normal(jax.random.key(9), (5, 3))
    plain = jax.tree.map(np.array, cell)
    state = jax.tree.map(np.array, cell.initial_state())
    for x in np.asarray(xs):
        state = formula(plain, state, x)
    outputs, last = eqx.filter_jit(N.run)(cell, xs)
    wanted = cell.output(jax.tree.map(jnp.asarray, state))
    assert float(jnp.abs(wanted).max()) > 1e-3
    np.testing.assert_allclose(outputs[-1], wanted, atol=1e-12)
    if kind is not N.MLSTM:  # which stores its memory over e^m
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-12), last, state)

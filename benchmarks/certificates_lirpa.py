"""What auto_LiRPA proves of the same GRU over the same box, beside our certificate.

    python -m benchmarks.certificates_lirpa

Needs PyTorch and auto_LiRPA. The GRU's Jacobian is written as a network of the input and the state
(slopes as 1 - tanh^2, which intervals bound exactly); auto_LiRPA bounds each entry, by interval
propagation and by backward relaxation, and the smaller of the two makes a matrix whose Perron
root is the factor proven in a weighted max norm.
"""

import time

import jax
import numpy as np
import torch
from auto_LiRPA import BoundedModule, BoundedTensor
from auto_LiRPA.perturbations import PerturbationLpNorm

import feynax as fx

from ._timing import table


class Jacobian(torch.nn.Module):
    """All entries of a GRU's Jacobian as a function of (h, x)."""

    def __init__(self, cell):
        super().__init__()
        H, C = cell.hidden_size, cell.input_size
        fields = (cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh)
        W, U, b, c = (torch.tensor(np.asarray(a)) for a in fields)
        (W_r, W_z, W_n), (U_r, U_z, U_n) = W.chunk(3), U.chunk(3)
        (r, z, n), (c_r, c_z, c_n) = b.chunk(3), c.chunk(3)
        none = torch.zeros(H, C)
        self.reset = _linear(torch.cat([U_r, W_r], 1), r + c_r)
        self.update = _linear(torch.cat([U_z, W_z], 1), z + c_z)
        self.drive = _linear(torch.cat([torch.zeros(H, H), W_n], 1), n)
        self.push = _linear(torch.cat([U_n, none], 1), c_n)
        self.state = _linear(torch.cat([torch.eye(H), none], 1), torch.zeros(H))
        self.forms = torch.nn.ModuleList(map(_rows, (torch.eye(H), U_z, U_n, U_r)))

    def forward(self, v):
        """Return the Jacobian, row after row."""
        a_r, a_z, s = self.reset(v), self.update(v), self.push(v)
        r, new = torch.sigmoid(a_r), torch.tanh(self.drive(v) + torch.sigmoid(a_r) * s)
        moved = torch.sigmoid(-a_z) * (1 - new**2)
        slopes = [0.25 * (1 - torch.tanh(a / 2) ** 2) for a in (a_r, a_z)]
        q = [
            torch.sigmoid(a_z),
            (self.state(v) - new) * slopes[1],
            moved * r,
            moved * s * slopes[0],
        ]
        return sum(form(x) for form, x in zip(self.forms, q, strict=True))


def _linear(weight, bias):
    layer = torch.nn.Linear(weight.shape[1], weight.shape[0])
    layer.weight, layer.bias = torch.nn.Parameter(weight), torch.nn.Parameter(bias)
    return layer


def _rows(matrix):
    """Linear map from row factors to the entries of diag(factors) @ matrix."""
    n = len(matrix)
    return _linear(
        (torch.eye(n)[:, None] * matrix[:, :, None]).reshape(n * n, n), torch.zeros(n * n)
    )


def main():
    """Print one row a method."""
    cell = fx.networks.GRU(12, 32, key=jax.random.key(0))
    data = fx.data.japanese_vowels()
    seen = data.inputs[data.mask]
    begun = time.process_time()
    cert = fx.certify(cell, inputs=seen)
    rows = [["feynax, ellipsoids", cert.rate, time.process_time() - begun]]
    rows.append(["feynax, intervals", cert.interval_rate, "-"])
    low, high = (
        torch.tensor(np.concatenate(pair), dtype=torch.float32)[None]
        for pair in zip(cert.states, cert.inputs, strict=True)
    )
    net, middle = Jacobian(cell), (low + high) / 2
    x = BoundedTensor(middle, PerturbationLpNorm(norm=np.inf, x_L=low, x_U=high))
    sizes = []
    for method in ("IBP", "CROWN"):
        begun = time.process_time()
        ends = BoundedModule(net, middle).compute_bounds(x=(x,), method=method)
        sizes.append(torch.maximum(*(e.abs() for e in ends)).reshape(32, 32).detach().numpy())
        spent = time.process_time() - begun
        rows.append([f"auto_LiRPA, {method}", _perron(sizes[-1]), spent])
    rows.append(["auto_LiRPA, entrywise best", _perron(np.minimum(*sizes)), "-"])
    table("GRU, PyTorch's initial weights: factor of one step", ["method", "proven", "CPU s"], rows)


def _perron(matrix):
    return float(np.abs(np.linalg.eigvals(matrix)).max())


if __name__ == "__main__":
    main()

"""Writes small PyTorch networks with inputs and outputs: `python tests/recorded/make_torch.py`.

Needs PyTorch (2.13 made the files beside this script); the tests that read them do not.
"""

import pathlib

import numpy as np
import torch
from torch import nn
from torch.nn import functional

HERE = pathlib.Path(__file__).parent


class Basic(nn.Module):
    """The basic block, with torchvision's names."""

    def __init__(self, before, after, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        self.downsample = _projection(before, after, stride)

    def forward(self, x):
        y = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.downsample(x) + self.bn2(self.conv2(y)))


class Bottleneck(nn.Module):
    """The bottleneck block of grouped convolutions, with torchvision's names."""

    def __init__(self, before, after, stride):
        super().__init__()
        inner = after // 2
        self.conv1 = nn.Conv2d(before, inner, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, inner, 3, stride, 1, groups=2, bias=False)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3 = nn.Conv2d(inner, after, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(after)
        self.downsample = _projection(before, after, stride)

    def forward(self, x):
        y = functional.relu(self.bn1(self.conv1(x)))
        y = functional.relu(self.bn2(self.conv2(y)))
        return functional.relu(self.downsample(x) + self.bn3(self.conv3(y)))


class Net(nn.Module):
    """A residual network with a stem, a max pool, two stages and a head."""

    def __init__(self, block, channels, kernel, pool, bias):
        super().__init__()
        stride = 2 if kernel == 7 else 1
        self.conv1 = nn.Conv2d(channels, 4, kernel, stride, kernel // 2, bias=bias)
        self.bn1 = nn.BatchNorm2d(4)
        self.pool = nn.MaxPool2d(3, 2, 1) if pool else nn.Identity()
        self.layer1 = nn.Sequential(block(4, 4, 1), block(4, 4, 1))
        self.layer2 = nn.Sequential(block(4, 8, 2), block(8, 8, 1))
        self.fc = nn.Linear(8, 10)

    def forward(self, x):
        x = self.pool(functional.relu(self.bn1(self.conv1(x))))
        return self.fc(self.layer2(self.layer1(x)).mean((2, 3)))


def make(block, channels=3, kernel=3, pool=False, bias=False, seed=0):
    """One network in evaluation, with random statistics and biases, in float64."""
    torch.manual_seed(seed)
    net = Net(block, channels, kernel, pool, bias).double()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.5, 1.5)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.3)
    return net.eval()


class Tagger(nn.Module):
    """A recurrent module under a name of its own, with a linear read-out of each step."""

    def __init__(self, recurrent, width, outputs):
        super().__init__()
        self.encoder = recurrent
        self.out = nn.Linear(width, outputs)

    def forward(self, x):
        return self.out(self.encoder(x)[0])


class Bare(nn.Module):
    """A recurrent module that gives its outputs alone."""

    def __init__(self, recurrent):
        super().__init__()
        self.rnn = recurrent

    def forward(self, x):
        return self.rnn(x)[0]


def recurrent():
    """Recurrent networks of each kind, named as their files are."""
    torch.manual_seed(3)
    both = nn.LSTM(3, 4, num_layers=2, bidirectional=True)
    return {
        "lstm": Tagger(both, 8, 5).double(),
        "gru": Bare(nn.GRU(3, 4, num_layers=2, bias=False)),
        "rnn": Bare(nn.RNN(3, 4, bidirectional=True)).double(),
        "relu": Bare(nn.RNN(3, 4, num_layers=3, nonlinearity="relu")).double(),
    }


def _projection(before, after, stride):
    if stride == 1 and before == after:
        return nn.Identity()
    return nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))


def main():
    """Write all recorded files."""
    cases = {
        "basic": make(Basic, bias=True, pool=True),
        "bottleneck": make(Bottleneck, kernel=7, pool=True, seed=1),
    }
    for name, net in cases.items():
        x = torch.randn(1, 3, 12, 12, dtype=torch.float64, requires_grad=True)
        y = net(x)[0]
        gradients = [torch.autograd.grad(out, x, retain_graph=True)[0][0] for out in y]
        torch.save(net.state_dict(), HERE / f"resnet_{name}.pt")
        np.savez(
            HERE / f"resnet_{name}.npz",
            x=x[0].detach().numpy(),
            y=y.detach().numpy(),
            gradients=np.stack([g.numpy() for g in gradients]),
        )
    for name, net in recurrent().items():
        x = torch.randn(7, 3, dtype=next(net.parameters()).dtype)
        torch.save(net.state_dict(), HERE / f"recurrent_{name}.pt")
        np.savez(HERE / f"recurrent_{name}.npz", x=x.numpy(), y=net(x).detach().numpy())
    torch.manual_seed(2)
    tensors = {
        "transposed": torch.randn(3, 4).t(),
        "sliced": torch.randn(10)[3:9:2],
        "half": torch.randn(5).half(),
        "bfloat": torch.randn(2, 2).bfloat16(),
        "long": torch.arange(3),
        "scalar": torch.tensor(3.0),
        "empty": torch.zeros(0, 3),
        "parameter": nn.Parameter(torch.randn(2, dtype=torch.float64)),
    }
    torch.save(tensors, HERE / "tensors.pt")
    np.savez(HERE / "tensors.npz", **{k: v.detach().double().numpy() for k, v in tensors.items()})


if __name__ == "__main__":
    main()

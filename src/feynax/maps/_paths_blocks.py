"""Hamiltonian and parabolic blocks in recorded steps."""

import numpy as np

from ..networks import HamiltonianBlock, ParabolicBlock
from ._paths_record import Recorder, host, record


@record.register
def _(block: ParabolicBlock, recorder: Recorder) -> None:
    h, kernels = block.total_time / block.steps, host(block.bounded_kernel())
    for step in range(block.steps):
        index = step * len(kernels) // block.steps
        own = kernels[index]
        _push(recorder, "descent", own, host(block.bias[index]), -h * _adjoint(own))


@record.register
def _(block: HamiltonianBlock, recorder: Recorder) -> None:
    h, sets = block.total_time / block.steps, len(block.force_kernel)
    for step in range(block.steps):
        index = step * sets // block.steps
        force, drift = host(block.force_kernel[index]), host(block.drift_kernel[index])
        none, idle = np.zeros_like(force), np.zeros_like(_adjoint(force))
        # The momenta are the second half of the channels: pushed by the first, then pushing it.
        reads, writes = np.concatenate([force, none], 1), np.concatenate([idle, _adjoint(force)])
        _push(recorder, "force", reads, host(block.force_bias[index]), -h * writes)
        reads, writes = np.concatenate([none, drift], 1), np.concatenate([_adjoint(drift), idle])
        _push(recorder, "drift", reads, host(block.drift_bias[index]), h * writes)


def _push(
    recorder: Recorder, name: str, inward: np.ndarray, bias: np.ndarray, outward: np.ndarray
) -> None:
    """Open a step that adds one gated pair of convolutions to the state."""
    reach = (inward.shape[-1] // 2, inward.shape[-1] // 2)

    def branch(inner: Recorder) -> None:
        inner.conv(inward, bias, padding=reach)
        inner.activate("relu")
        inner.conv(outward, padding=reach)

    recorder.parallel(name, lambda inner: None, branch)


def _adjoint(kernel: np.ndarray) -> np.ndarray:
    """Kernel of the transpose of a zero-padded correlation."""
    return np.swapaxes(kernel[:, :, ::-1, ::-1], 0, 1)

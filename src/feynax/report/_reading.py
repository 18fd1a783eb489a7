"""The record of one reading; the page and `result.json` are two views of it."""

import dataclasses
import functools
import math
from typing import Any

import numpy as np
from jaxtyping import Float

from .._certificate import Certificate
from .._estimate import Estimate
from ..maps import NetworkEquation, PathSample, PathSum
from ._abstract import AbstractReading


@dataclasses.dataclass(frozen=True)
class Depth:
    """The fields at one depth of a network.

    **Fields:**

    - `name`: of the layer that made them.
    - `field`: shape (C, H, W), in float64.
    - `contribution`: how much of the answer passes through each channel; at any depth they and
      the sources behind it add up to the answer.
    """

    name: str
    field: Float[np.ndarray, "channels height width"]
    contribution: Float[np.ndarray, " channels"]


@dataclasses.dataclass(frozen=True)
class Reading(AbstractReading):
    """Everything that one network says about one image.

    **Fields:**

    - `network`: name of its class; `parameters`: how many numbers were trained.
    - `image`: as the network saw it. `image_name`, `label`: whence, and its true class if known.
    - `scores`: the outputs. `output`: the one that was read.
    - `depths`: fields at all depths, the input first and the scores last.
    - `paths`: the exact sum; `sample`: paths drawn from it, or `None`.
    - `equation`, `certificate`: or `None`.
    - `missing`: what could not be computed, with the reason.
    """

    network: str
    parameters: int
    image: Float[np.ndarray, "channels height width"]
    image_name: str
    label: int | None
    scores: Float[np.ndarray, " classes"]
    output: int
    depths: tuple[Depth, ...]
    paths: PathSum
    sample: PathSample | None
    equation: NetworkEquation | None
    certificate: Certificate | None
    missing: dict[str, str]

    @property
    def answers_field(self) -> bool:
        """Whether the network ends in fields rather than scores, as a block on its own does."""
        return math.prod(self.depths[-1].field.shape[1:]) > 1

    def called(self, output: int) -> str:
        """What an output is called: its class, or its place in a field."""
        if not self.answers_field:
            return f"class {output}"
        channel, row, column = np.unravel_index(output, self.depths[-1].field.shape)
        return f"channel {channel} at row {row}, column {column}"

    @property
    def prediction(self) -> int:
        """The class of the largest score."""
        return int(self.scores.argmax())

    @property
    def runner_up(self) -> int | None:
        """The class of the second largest score."""
        return int(np.argsort(-self.scores, kind="stable")[1]) if len(self.scores) > 1 else None

    @property
    def lead(self) -> float:
        """How far the largest score is ahead of the next."""
        ahead = np.sort(self.scores)[::-1]
        return float(ahead[0] - ahead[1]) if len(ahead) > 1 else math.inf

    @functools.cached_property
    def probabilities(self) -> Float[np.ndarray, " classes"]:
        """Softmax of the scores."""
        weights = np.exp(self.scores - self.scores.max())
        return weights / weights.sum()

    @property
    def estimate(self) -> Estimate | None:
        """The read score from sampled paths alone."""
        return self.sample.estimate if self.sample is not None else None

    @property
    def z(self) -> float | None:
        """How many standard errors the sampled score lies from the exact one."""
        found = self.estimate
        if found is None or found.error == 0:
            return None
        return (found.value - self.paths.total) / found.error

    @property
    def safe_radius(self) -> float | None:
        """No change of the input shorter than this (2-norm) can change the prediction."""
        proven = self.certificate.bounds if self.certificate is not None else None
        is_class = not self.answers_field and math.isfinite(self.lead)
        if proven is None or not is_class or proven[1] <= 0:
            return None
        return self.lead / (math.sqrt(2) * proven[1])

    def to_dict(self) -> dict[str, Any]:
        """Plain values for `result.json`: all numbers that the page shows."""
        return {
            "network": self.network,
            "parameters": self.parameters,
            "image": {
                "name": self.image_name,
                "shape": list(self.image.shape),
                "label": self.label,
            },
            "prediction": self.prediction,
            "probability": float(self.probabilities[self.prediction]),
            "runner_up": self.runner_up,
            "lead": self.lead if math.isfinite(self.lead) else None,
            "scores": [float(score) for score in self.scores],
            "paths": self._paths(),
            "equation": self._equation(),
            "certificate": self._certificate(),
            "missing": dict(self.missing),
        }

    def _paths(self) -> dict[str, Any]:
        brought = float(self.paths.attribution.sum())
        found = {
            "output": self.output,
            "network_output": self.paths.value,
            "total": self.paths.total,
            "completeness": self.paths.completeness,
            "from_input": brought,
            "from_sources": self.paths.total - brought,
            "level": self.paths.level,
        }
        if self.estimate is not None and self.sample is not None:
            found |= {
                "absolute": self.paths.absolute,
                "positive": self.paths.positive,
                "negative": self.paths.negative,
                "average_sign": self.paths.average_sign,
                "live_paths": self.paths.live_paths,
                "sampled": {
                    "paths": len(self.sample.signs),
                    "value": self.estimate.value,
                    "error": self.estimate.error,
                    "z": self.z,
                },
            }
        return found

    def _equation(self) -> list[dict[str, Any]] | None:
        if self.equation is None:
            return None
        rows = []
        for layer in self.equation.layers:
            drift, spread = layer.drift(), layer.diffusion()
            rows.append(
                {
                    "name": layer.name,
                    "steps": layer.count,
                    "step": layer.pde.step,
                    "order": layer.pde.order(),
                    "drift": _plain(np.hypot(drift[:, 0], drift[:, 1]).mean()),
                    "spread": _plain(np.trace(spread, axis1=1, axis2=2).mean() / 2),
                    "text": str(layer.pde),
                    "note": layer.note,
                }
            )
        return rows

    def _certificate(self) -> dict[str, Any] | None:
        cert = self.certificate
        if cert is None:
            return None
        return {
            "claim": cert.claim,
            "verdict": cert.verdict.value,
            "because": cert.because,
            "domain": cert.domain,
            "margin": cert.margin,
            "rate": cert.rate,
            "attained": cert.bounds[0] if cert.bounds else None,
            "proven": cert.bounds[1] if cert.bounds else None,
            "safe_radius": self.safe_radius,
            "layers": [{"claim": part.claim, "gain": part.rate} for part in cert.parts],
        }


def _plain(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None

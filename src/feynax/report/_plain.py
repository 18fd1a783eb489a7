"""Numbers and certificates as plain values for `result.json`."""

from typing import Any

import numpy as np

from .._certificate import Certificate


def finite(value: Any) -> float | None:
    """Return a number as JSON can hold it: `None` for what is missing or not finite."""
    return float(value) if value is not None and np.isfinite(value) else None


def certificate_values(found: Certificate | None) -> dict[str, Any] | None:
    """Return what a certificate says."""
    if found is None:
        return None
    return {
        "claim": found.claim,
        "verdict": found.verdict.value,
        "because": found.because,
        "domain": found.domain,
        "margin": finite(found.margin),
        "rate": finite(found.rate),
        "attained": finite(found.bounds[0]) if found.bounds else None,
        "proven": finite(found.bounds[1]) if found.bounds else None,
        "parts": [certificate_values(part) for part in found.parts],
    }

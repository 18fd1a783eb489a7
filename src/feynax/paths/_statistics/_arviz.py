"""A run as the rest of the statistics world stores one."""

from typing import Any

import numpy as np


def to_arviz(run: Any) -> Any:
    """Return the series of a run as ArviZ `InferenceData`, chains first, then draws.

    **Arguments:**

    - `run`: of [`feynax.paths.sample`][]: its `series` become the posterior, its `acceptance` and
      `energy_change` the sample statistics.

    **Raises:**

    - `ImportError` where ArviZ is not installed (`pip install arviz`).

    Source: https://python.arviz.org
    """
    try:
        import arviz  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise ImportError("ArviZ is not installed: `pip install arviz`.") from None
    draws = {
        "posterior": {name: np.atleast_2d(series) for name, series in run.series.items()},
        "sample_stats": {
            "acceptance_rate": np.asarray(run.acceptance),
            "energy_error": np.asarray(run.energy_change),
        },
    }
    return arviz.from_dict(**draws)

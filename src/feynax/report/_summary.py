"""A reading as lines for a terminal."""

from ._ensemble_reading import EnsembleReading
from ._ensemble_words import ensemble_summary
from ._reading import Reading
from ._recurrent_reading import RecurrentReading
from ._recurrent_words import recurrent_summary
from ._spectrum_reading import SpectrumReading
from ._spectrum_words import spectrum_summary
from ._words import findings, headline

_NAMED = {"quantum": "quantum reading"}


def summary(reading: Reading | RecurrentReading | SpectrumReading | EnsembleReading) -> str:
    """Return what was found as lines for a terminal.

    **Arguments:**

    - `reading`: of an image, a recurrent network, a network as a quantum system, or paths.

    ```python
    import jax, numpy as np, feynax as fx
    net = fx.networks.PDENet((1, 8, 8), channels=(2,), steps=1, key=jax.random.key(0))
    print(fx.report.summary(fx.report.read(net, np.ones((1, 8, 8)), paths=100)))
    ```
    """
    if isinstance(reading, RecurrentReading):
        return recurrent_summary(reading)
    if isinstance(reading, SpectrumReading):
        return spectrum_summary(reading)
    if isinstance(reading, EnsembleReading):
        return ensemble_summary(reading)
    sums, found = reading.paths, reading.estimate
    lines = [headline(reading), *findings(reading)[:1]]
    lines.append(f"path sum: {sums.total:.12g}, the network's output to {sums.completeness:.1e}")
    if found is not None and reading.sample is not None:
        z = f", z = {reading.z:+.2f}" if reading.z is not None else ""
        count = len(reading.sample.signs)
        lines.append(f"sampled:  {found.value:.4g} +- {found.error:.2g} from {count} paths{z}")
    cert = reading.certificate
    if cert is not None:
        lines.append(f"{cert.verdict.value}: {cert.claim}")
    lines += [f"no {_NAMED.get(name, name)}: {reason}" for name, reason in reading.missing.items()]
    return "\n".join(lines)

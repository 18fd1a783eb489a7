"""What is said about an ensemble of paths, in words."""

import math
import re

from .._words import counted, number, percent, with_error
from ._abstract import summary
from ._ensemble_reading import EnsembleReading
from ._evidence import Row

_COLD = 10.0  # gap times beta beyond which excited states weigh less than exp(-10)
_SUPER = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_NAMES = {
    "energy": ("energy", "Mean energy, from potential and its slope alone (centroid virial)."),
    "energy_thermo": (
        "energy, other estimator",
        "The same mean from the velocities of the paths: it must agree, with more noise.",
    ),
    "x": ("mean place", "Zero where nothing tells left from right."),
    "x2": ("mean square of the place", "How far the particle spreads."),
    "x4": ("mean fourth power", "With the square, it tells how far from Gaussian the spread is."),
    "potential": ("potential energy", "Mean of V over all sites of all paths."),
    "kinetic": ("kinetic energy", "What is left of the energy beside the potential's share."),
    "action": ("action over ħ", "Of whole paths; about half of it for each free site."),
    "parity_ratio": (
        "odd part of the trace",
        "Share that paths with an odd number of crossings have: it gives the splitting.",
    ),
}


def headline(reading: EnsembleReading) -> str:
    """Say what the energy is."""
    found = reading.estimates.get("energy")
    if found is None:
        return "The chains do not agree: no energy is reported."
    value = with_error(found.value, found.error)
    if _is_cold(reading):
        return f"The lowest energy is {value}."
    return f"The mean energy at β = {reading.beta:g} is {value}."


def findings(reading: EnsembleReading) -> list[str]:
    """Say what was found, one sentence each."""
    said = [_what(reading)]
    said += [f"Refused: {reason}" for reason in sorted(set(reading.refused.values()))]
    if reading.gap is not None:
        found = reading.gap.estimate
        said.append(
            f"The first excitation costs {with_error(found.value, found.error)} more, read from "
            "how fast a path forgets where it was."
        )
    if reading.splitting is not None:
        found = reading.splitting
        said.append(
            f"The two lowest levels are {with_error(found.value, found.error)} apart, read from "
            "the share of paths that cross an odd number of times."
        )
    if reading.z_scores:
        worst = max(abs(z) for z in reading.z_scores.values())
        said.append(
            f"At {reading.slices} slices the exact values are known without statistics: the "
            f"{len(reading.z_scores)} that were measured lie within {number(worst, 2)} standard "
            "errors of them."
        )
    said += [text for name, text in reading.missing.items() if name.startswith("warning")]
    return said


def _what(reading: EnsembleReading) -> str:
    many = counted(reading.chains * reading.draws)
    return (
        f"A particle in V(x) = {_formula(reading.potential)} was read as an ensemble of networks: "
        f"each of {many} paths that were drawn is a network of {reading.slices} ReLUs, and every "
        "number here is a mean over them."
    )


def _formula(text: str) -> str:
    """Write a formula as one writes it by hand: powers raised, products with a thin space."""
    raised = re.sub(r"\s*\*\*\s*(\d+)", lambda m: m[1].translate(_SUPER), text)
    return raised.replace("*", "\u2009").replace("-", "−")


def _is_cold(reading: EnsembleReading) -> bool:
    gap = reading.exact.get("gap")
    if gap is None and reading.gap is not None:
        gap = reading.gap.estimate.value
    return gap is not None and gap * reading.beta > _COLD


def evidence(reading: EnsembleReading) -> list[Row]:
    """Collect what was measured, with errors and exact values."""
    rows = []
    known = [name for name in _NAMES if name in reading.estimates]
    for name in [*known, *(reading.estimates.keys() - _NAMES.keys())]:
        found = reading.estimates[name]
        what, meaning = _NAMES.get(name, (name, "Measured on every path."))
        if name in reading.exact:
            meaning += f" Exact at this number of slices: {number(reading.exact[name], 7)}."
        margin = f"{number(found.ess, 2)} effective draws"
        rows.append(Row(what, with_error(found.value, found.error), margin, meaning))
    rows += [
        Row(_NAMES.get(name, (name, ""))[0], "refused", "", reason)
        for name, reason in reading.refused.items()
    ]
    return rows + _gap_rows(reading)


def _gap_rows(reading: EnsembleReading) -> list[Row]:
    rows = []
    if reading.gap is not None:
        found = reading.gap
        first, last = found.window
        meaning = "Energy from the lowest level to the next that an odd function sees."
        if "gap" in reading.exact:
            meaning += f" Exact at this number of slices: {number(reading.exact['gap'], 7)}."
        value = with_error(found.estimate.value, found.estimate.error)
        rows.append(Row("gap", value, f"fit of lags {first} to {last}", meaning))
    if reading.splitting is not None:
        found = reading.splitting
        meaning = "Distance of the two lowest levels, the rate of tunnelling between wells."
        rows.append(Row("splitting", with_error(found.value, found.error), "", meaning))
    return rows


def chains(reading: EnsembleReading) -> list[Row]:
    """Say whether the chains can be believed."""
    health = reading.health
    conserved = with_error(health.conserved, health.conserved_error)
    return [
        Row(
            "agreement of chains",
            f"R-hat {number(health.r_hat, 5)}",
            "refused above 1.05",
            f"Chains start far apart; 1 means that they have forgotten it. Worst: {health.worst}.",
        ),
        Row(
            "effective draws",
            number(health.ess, 3),
            "refused below 50",
            f"Of the slowest observable, {health.least}.",
        ),
        Row(
            "acceptance",
            percent(health.acceptance),
            "wanted 50 to 98 %",
            "Share of proposals that are taken.",
        ),
        Row(
            "conservation",
            conserved,
            "must be 1",
            "Mean of exp(−ΔH/ħ): 1 for every sampler without a fault.",
        ),
    ]


def cost(reading: EnsembleReading) -> str:
    """Say what it took."""
    seconds = reading.seconds
    found = reading.estimates.get("energy")
    per = reading.gradients / max(reading.chains * reading.draws, 1)
    text = (
        f"{reading.chains} chains of {counted(reading.draws)} draws, {number(per, 2)} gradients of "
        f"the action for each; {number(seconds.compiling, 2)} s to compile, "
        f"{number(seconds.warm_up, 2)} s of warm-up, {number(seconds.drawing, 2)} s of draws."
    )
    if found is not None and math.isfinite(found.ess) and seconds.drawing > 0:
        rate = found.ess / seconds.drawing
        text += f" That is {counted(rate)} effective draws of the energy a second."
    return text


@summary.register
def _(reading: EnsembleReading) -> str:
    lines = [headline(reading), *findings(reading)]
    for name, found in reading.estimates.items():
        line = f"{name:>14}  {found.value:.7g} +- {found.error:.2g}"
        if name in reading.exact:
            line += f"   exact at {reading.slices} slices: {reading.exact[name]:.9g}"
        lines.append(line)
    if reading.levels is not None:
        shown = "  ".join(f"{level:.9g}" for level in reading.levels)
        lines.append(f"levels of the continuum: {shown}")
    lines += [cost(reading)]
    lines += [
        f"no {name}: {reason}"
        for name, reason in reading.missing.items()
        if not name.startswith("warning")
    ]
    return "\n".join(line.replace("\u202f", " ") for line in lines)

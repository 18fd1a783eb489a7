"""What the explorer says, against closed forms; the pages are driven in test_explorer_pages.py."""

import inspect
import math
import re

import jax
import numpy as np
import pytest

import feynax as fx
from feynax import app

BLOCK = re.compile(r"^( *)```python\n(.*?)^\1```", re.DOTALL | re.MULTILINE)


def value(text):
    """A number as the page writes it."""
    return float(text.split("±")[0].replace("−", "-"))


@pytest.fixture(scope="module")
def centre():
    return app.read_plane((1.5, -1.0, 1.2, 0.5), (0.7, -0.5), hbar=0.02)


def test_a_centre_tells_its_spacing_and_where_it_rests(centre):
    told = app.plane_answer(centre)
    assert value(told.numbers["spacing of levels"]) == pytest.approx(
        0.02 * math.sqrt(1.2 - 0.25), rel=1e-3
    )
    rest = np.linalg.solve([[-0.5, 1.0], [-1.2, 0.5]], [0.7, -0.5])
    written = told.numbers["fixed point of 11"]
    assert [float(n) for n in re.findall(r"\d+\.\d+", written)] == pytest.approx(rest, rel=5e-3)
    assert "rests there" in written
    assert [one.svg.startswith("<svg") for one in told.figures] == [True, True]


@pytest.mark.parametrize(
    ("weights", "said"),
    [((1.5, 1.0, 1.2, 0.5), "inverted"), ((0.6, -1.0, 1.0, 0.5), "open system")],
    ids=["saddle", "lossy"],
)
def test_what_has_no_levels_is_said_and_still_drawn(weights, said):
    reading = app.read_plane(weights, (0.5, 0.1))
    told = app.plane_answer(reading)
    assert said in told.headline
    assert "spacing of levels" not in told.numbers
    assert len(told.figures) == 2
    assert len(app.packet_answer(reading, 1.0).figures) == 2


def test_a_packet_keeps_its_area_and_turns_with_the_network(centre):
    packet = centre.packet
    told = [app.packet_answer(centre, share) for share in (0.0, 0.5, 1.0)]
    assert [one.numbers["area, units of ħ/2"] for one in told] == ["1.000"] * 3
    assert told[0].numbers["mean"] == told[1].numbers["mean"]  # one of the two periods followed
    assert value(told[2].numbers["time"]) == pytest.approx(packet.times[-1], rel=1e-3)


def test_the_drawn_wave_function_is_normalised_and_has_the_packets_width(centre):
    from feynax.app._plane_answers import _wave

    mean, spread = centre.packet.means[40], centre.packet.covariances[40]
    y = np.linspace(mean[0] - 2, mean[0] + 2, 4001)
    density = np.abs(_wave(centre, mean, spread, y)) ** 2
    step = y[1] - y[0]
    assert np.sum(density) * step == pytest.approx(1, abs=1e-9)
    assert np.sum(density * (y - mean[0]) ** 2) * step == pytest.approx(spread[0, 0], rel=1e-9)


def test_a_step_is_certified_up_to_the_circle_and_no_further():
    ask = lambda step: app.stability_answer("rk4", step=step, contraction=1.0, turning=1.0)
    assert value(ask(0.5).numbers["longest step of the circle"]) == 1.0  # 2r/mu = 2/2
    assert [ask(h).numbers["at this step"] for h in (0.99, 1.01)] == ["certified", "undecided"]
    grows = app.stability_answer("euler", step=1.0, contraction=0.2, turning=1.0)
    assert "apart: the marked equation" in grows.headline
    assert value(grows.numbers["factor of the marked equation"]) == pytest.approx(
        abs(0.8 + 1j), rel=1e-3
    )


@pytest.fixture(scope="module")
def sampled():
    return app.ensemble_answer("x**2/2", beta=4.0, slices=16)


def test_paths_give_the_oscillators_energy_and_say_what_is_exact(sampled):
    energy = value(sampled.numbers["energy"])
    # The virial theorem of an oscillator: its energy is the mean of x^2.
    exact = fx.paths.LatticeOscillator(1.0, beta=4.0, slices=16).correlation(0)
    assert value(sampled.numbers["exact, same slices"]) == pytest.approx(float(exact), rel=1e-5)
    error = float(sampled.numbers["energy"].split("±")[1])
    assert abs(energy - float(exact)) < 4 * error  # four standard errors, fixed seed
    assert len(sampled.figures) == 2


def test_moving_a_slider_compiles_nothing(sampled):
    told = []
    watch = lambda name, seconds, **_: told.append(name) if "backend_compile" in name else None
    app.ensemble_answer("x**2/2", beta=5.0, slices=16)  # what only the second call makes
    jax.monitoring.register_event_duration_secs_listener(watch)
    try:
        moved = app.ensemble_answer("x**2/2", beta=6.0, slices=16, hbar=0.9, mass=1.1, seed=3)
    finally:
        jax.monitoring.unregister_event_duration_listener(watch)
    assert told == []
    assert moved.numbers["energy"] != sampled.numbers["energy"]


@pytest.mark.parametrize("text", ["exit()", "x +", "-x**2", "__import__('os')"])
def test_a_formula_that_cannot_be_is_refused_with_its_reason(text):
    told = app.ensemble_answer(text, beta=4.0, slices=16)
    assert "cannot" in told.headline
    assert len(told.notes[0]) > 20
    assert not told.figures


def test_digits_are_read_and_their_paths_add_up():
    image, label = app.bundled_digit(1)
    told = app.digit_answer(image, label=label)
    assert told.headline == "The network reads a 2; it is a 2."
    kept = value(told.numbers["raise it by"]) + value(told.numbers["lower it by"])
    assert kept == pytest.approx(value(told.numbers["score of 2"]), abs=1.0)  # as written out
    assert told.figures[0].large


def test_what_is_drawn_is_centred_as_large_as_a_digit_and_read():
    angle = np.linspace(0, 2 * np.pi, 40)
    image = app.inked(np.stack([5 + 0.6 * np.cos(angle), 3 + np.sin(angle)], -1))
    rows, columns = np.nonzero(image > 0.5)
    assert rows.mean() == pytest.approx(13.5, abs=0.6)
    assert columns.mean() == pytest.approx(13.5, abs=0.6)
    assert 19 <= np.ptp(rows) <= 23
    assert app.digit_answer(image).headline == "The network reads a 0."
    seven = app.inked([(0, 1), (0.8, 1), (0.3, -0.5)])
    assert app.digit_answer(seven).headline == "The network reads a 7."


@pytest.mark.parametrize("name", [n for n in dir(app) if not n.startswith("_")])
def test_examples_run(name):
    for found in BLOCK.finditer((inspect.getdoc(getattr(app, name)) or "") + "\n"):
        exec(found[2], {})

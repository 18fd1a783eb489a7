"""Fields and accuracies side by side: what is drawn is what was given."""

from typing import Any

import numpy as np
import pytest

import feynax as fx


def test_every_field_stands_in_its_row_and_column():
    one, two = np.full((3, 3), 2.0), np.full((3, 3), -1.0)
    ax: Any = fx.plot.fields(["input", "after"], {"a": [one, two], "b": [two, one]}).axes[0]
    drawn = [float(image.get_array()[0, 0]) for image in ax.images]
    assert drawn == [2.0, -1.0, -1.0, 2.0]
    left = [image.get_extent()[0] for image in ax.images]
    assert left[0] == left[2] < left[1] == left[3]


def test_curves_end_at_their_names():
    curves = {"(39)": [(60, 0.7), (120, 0.8)], "control": [(60, 0.8), (120, 0.81)]}
    ax: Any = fx.plot.accuracies(curves).axes[0]
    assert [line.get_ydata()[-1] for line in ax.lines] == [80.0, 81.0]
    names = [text for text in ax.texts if "%" in text.get_text()]
    heights = [text.xy[1] for text in names]
    assert [text.get_text() for text in names] == ["(39)  80.0 %", "control  81.0 %"]
    assert heights[1] - heights[0] >= 0.0749


def test_empty_pictures_are_refused():
    with pytest.raises(ValueError, match="`rows` must hold at least one field"):
        fx.plot.fields([], {})
    with pytest.raises(ValueError, match=r"must have length 2"):
        fx.plot.fields(["a", "b"], {"row": [np.ones((2, 2))]})
    with pytest.raises(ValueError, match="`curves` must hold one to ten"):
        fx.plot.accuracies({})

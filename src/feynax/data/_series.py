"""Series with what is known of them: values, targets, which steps exist, and when they are."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int, Num

from .._checks import check, check_count, check_shape

_STEPWISE = ("inputs", "mask", "dts", "weights")  # fields that have an axis of steps


@dataclasses.dataclass(frozen=True)
class SeriesData:
    """Series of equal or unequal length with their targets.

    **Fields:**

    - `inputs`: values of shape (N, T, C), or whole numbers (N, T) where each step is a token.
      Shorter series are padded; what stands there is never seen.
    - `targets`: class numbers (N,), one class a step (N, T), or values (N, K) or (N, T, K).
    - `name`: what it is, for reports.
    - `source`: where it was read from and whose it is.
    - `classes`: how many classes there are; 0 where the targets are values.
    - `mask`: steps that exist, (N, T); `None` where all do.
    - `dts`: time since the last step, (N, T), in sampling steps; `None` where all are one.
    - `weights`: of each step's part in the loss, (N, T), for one target a step.
    - `mean`, `std`: of each channel; networks see (inputs - mean) / std.

    ```python
    import numpy as np
    from feynax.data import SeriesData
    data = SeriesData(np.zeros((4, 10, 2), np.float32), np.arange(4), "zeros", "made", 4)
    assert len(data) == 4 and data.channels == 2 and data.lengths.tolist() == [10] * 4
    ```
    """

    inputs: Num[np.ndarray, "n time *channels"]
    targets: Num[np.ndarray, "n *target"]
    name: str = "series"
    source: str = "given as arrays"
    classes: int = 0
    mask: Bool[np.ndarray, "n time"] | None = None
    dts: Float[np.ndarray, "n time"] | None = None
    weights: Float[np.ndarray, "n time"] | None = None
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)

    @classmethod
    def from_list(
        cls,
        series: Sequence[Float[np.ndarray, "_ channels"]],
        targets: Num[np.ndarray, "n *target"],
        **more: Any,
    ) -> "SeriesData":
        """Pad series of unequal length with zeros, and mask what was added.

        **Arguments:**

        - `series`: one array (steps, channels) each.
        - `targets`, `more`: as the fields of that name.

        **Raises:**

        - `ValueError` where a series is empty or has other channels than the first.

        ```python
        import numpy as np
        from feynax.data import SeriesData
        ragged = [np.ones((3, 2), np.float32), np.ones((5, 2), np.float32)]
        data = SeriesData.from_list(ragged, np.array([0, 1]), classes=2)
        assert data.lengths.tolist() == [3, 5] and data.series(0).shape == (3, 2)
        ```
        """
        check(len(series) > 0, "series", "hold at least one", "none")
        parts = [np.asarray(part) for part in series]
        for number, part in enumerate(parts):
            fits = part.ndim == 2 and len(part) > 0 and part.shape[1:] == parts[0].shape[1:]
            must = "hold arrays (steps, channels) of the same channels, none of them empty"
            check(fits, "series", must, f"shape {part.shape} at index {number}")
        lengths = np.array([len(part) for part in parts])
        mask = np.arange(lengths.max())[None] < lengths[:, None]
        inputs = np.zeros((*mask.shape, parts[0].shape[1]), parts[0].dtype)
        inputs[mask] = np.concatenate(parts)
        return cls(inputs, targets, mask=mask, **more)

    def __post_init__(self) -> None:
        for name in ("inputs", "targets"):
            must = "be an array; `SeriesData.from_list` takes series of unequal length"
            kind = type(getattr(self, name)).__name__
            check(isinstance(getattr(self, name), np.ndarray), name, must, kind)
        counted = self.classes > 0 or np.issubdtype(self.targets.dtype, np.floating)
        check(counted, "classes", "say how many there are of whole-numbered targets", self.classes)
        shape = self.inputs.shape
        tokens = np.issubdtype(self.inputs.dtype, np.integer) and self.inputs.ndim == 2
        check(
            self.inputs.ndim == 3 or tokens,
            "inputs",
            "have shape (n, time, channels), or (n, time) of whole numbers",
            f"shape {shape} of {self.inputs.dtype}",
        )
        check(min(shape) > 0, "inputs", "hold at least one step of one series", f"shape {shape}")
        check(len(self.targets) == shape[0], "targets", f"be {shape[0]}", len(self.targets))
        for name in ("mask", "dts", "weights"):
            if getattr(self, name) is not None:
                check_shape(name, getattr(self, name), shape[:2])
        self._check_values()

    def _check_values(self) -> None:
        lengths = self.lengths
        empty = np.flatnonzero(lengths == 0)
        check(not empty.size, "mask", "leave a step of every series", f"none of series {empty[:1]}")
        for name in ("inputs", "targets", "dts", "weights"):
            values = getattr(self, name)
            if values is None or not np.issubdtype(values.dtype, np.floating):
                continue
            bad = ~np.isfinite(values)
            if self.mask is not None and values.shape[:2] == self.mask.shape:
                bad &= self.mask.reshape(self.mask.shape + (1,) * (values.ndim - 2))
            if bad.any():
                place = tuple(int(i) for i in np.argwhere(bad)[0])
                check(False, name, "be finite", f"{values[place]} at index {place}")
        if self.classes:
            check_count("classes", self.classes)
            low, high = int(self.targets.min()), int(self.targets.max())
            must = f"lie between 0 and {self.classes - 1}"
            check(low >= 0 and high < self.classes, "targets", must, f"{low} to {high}")

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def channels(self) -> int:
        """Values a step; for tokens, how many different ones there can be."""
        tokens = self.inputs.ndim == 2
        return max(int(self.inputs.max()) + 1, self.classes) if tokens else self.inputs.shape[2]

    @property
    def outputs(self) -> int:
        """Numbers that a network must give, at each step or in all."""
        return self.classes or self.targets.shape[-1]

    @property
    def each(self) -> bool:
        """Whether every step has a target of its own."""
        return self.targets.ndim == (2 if self.classes else 3)

    @property
    def lengths(self) -> Int[np.ndarray, "n"]:
        """Steps that exist of each series."""
        count, time = self.inputs.shape[:2]
        return np.full(count, time) if self.mask is None else self.mask.sum(1)

    def series(self, index: int) -> Num[np.ndarray, "time *channels"]:
        """Return one series as networks see it: standardised, without its padding."""
        values = self.inputs[index]
        values = values if self.mask is None else values[self.mask[index]]
        if values.ndim == 1:
            return values
        mean, std = np.asarray(self.mean, np.float32), np.asarray(self.std, np.float32)
        return (values.astype(np.float32) - mean) / std

    def take(self, rows: Int[np.ndarray, "m"] | range | slice) -> "SeriesData":
        """Return the series at `rows`, in that order."""
        chosen = {
            name: getattr(self, name)[rows]
            for name in ("inputs", "targets", "mask", "dts", "weights")
            if getattr(self, name) is not None
        }
        return dataclasses.replace(self, **chosen)

    def split(self, holdout: int, seed: int = 0) -> tuple["SeriesData", "SeriesData"]:
        """Hold series out for validation, drawn without replacement.

        **Arguments:**

        - `holdout`: how many to hold out.
        - `seed`: the draw; the same seed always holds out the same series.

        **Returns:**

        The remaining series and the held-out ones; together they are all of `self`.

        **Raises:**

        - `ValueError` where nothing would remain.

        ```python
        from feynax import data
        rest, held = data.japanese_vowels().split(70, seed=1)
        assert (len(rest), len(held)) == (200, 70)
        ```
        """
        check(0 < holdout < len(self), "holdout", f"lie between 1 and {len(self) - 1}", holdout)
        order = np.random.default_rng(seed).permutation(len(self))
        return self.take(np.sort(order[holdout:])), self.take(np.sort(order[:holdout]))

    def standardised(self, like: "SeriesData | None" = None) -> "SeriesData":
        """Set mean and deviation of each channel, over the steps that exist.

        **Arguments:**

        - `like`: take those of this set, such as the training set of a test set.

        ```python
        import numpy as np
        from feynax import data
        train = data.japanese_vowels().standardised()
        seen = np.concatenate([train.series(i) for i in range(len(train))])
        assert np.allclose(seen.mean(0), 0, atol=1e-5) and np.allclose(seen.std(0), 1, atol=1e-5)
        ```
        """
        if like is not None:
            return dataclasses.replace(self, mean=like.mean, std=like.std)
        check(self.inputs.ndim == 3, "inputs", "be values, to be standardised", "tokens")
        there = self.inputs[self.mask] if self.mask is not None else self.inputs
        flat = there.reshape(-1, self.inputs.shape[2]).astype(np.float64)
        std = np.where(flat.std(0) > 0, flat.std(0), 1.0)  # a channel that never moves says nothing
        mean = tuple(float(m) for m in flat.mean(0))
        return dataclasses.replace(self, mean=mean, std=tuple(float(s) for s in std))

    def slower(self, factor: int) -> "SeriesData":
        """Sample the same series `factor` times as often, each value held; `dts` shrink alike.

        A network with a declared ODE gives nearly the same outputs on both.

        **Arguments:**

        - `factor`: how many steps each step becomes.

        ```python
        from feynax import data
        twice = data.japanese_vowels().slower(2)
        assert twice.inputs.shape[1] == 58 and float(twice.dts[0, 0]) == 0.5
        ```
        """
        check_count("factor", factor)
        dts = np.ones(self.inputs.shape[:2], np.float32) if self.dts is None else self.dts
        held = {"inputs": self.inputs, "dts": dts / factor}
        held |= {} if self.mask is None else {"mask": self.mask}
        held |= {} if self.weights is None else {"weights": self.weights / factor}
        held |= {"targets": self.targets} if self.each else {}
        more = {name: np.repeat(array, factor, axis=1) for name, array in held.items()}
        return dataclasses.replace(self, **more)

    def at_rates(self, factors: Sequence[int], seed: int = 0) -> "SeriesData":
        """Sample each series at one of several rates, drawn at random; all have `dts` and a mask.

        A network trained on one rate may lean on its steps: MNIST row by row, twice as often, cost
        a leaky network 14 points and a GRU 1. Trained on both rates they lost less than one.

        **Arguments:**

        - `factors`: how many steps each step may become, as for `slower`.
        - `seed`: of the draw.

        ```python
        from feynax import data
        mixed = data.japanese_vowels().at_rates((1, 2))
        assert mixed.inputs.shape[1] == 58 and set(mixed.dts[:, 0].tolist()) == {0.5, 1.0}
        ```
        """
        check(len(factors) > 0, "factors", "hold a number of steps", "none")
        drawn = np.random.default_rng(seed).integers(len(factors), size=len(self))
        longest = max(factors) * self.inputs.shape[1]
        mask = np.ones(self.inputs.shape[:2], bool) if self.mask is None else self.mask
        rows = [np.flatnonzero(drawn == place) for place in range(len(factors))]
        parts = [
            dataclasses.replace(self, mask=mask).take(some).slower(factor)._padded(longest)
            for some, factor in zip(rows, factors, strict=True)
        ]
        back = np.argsort(np.concatenate(rows))
        together = {
            name: np.concatenate([getattr(part, name) for part in parts])[back]
            for name in (*_STEPWISE, "targets")
            if getattr(parts[0], name) is not None
        }
        return dataclasses.replace(self, **together)

    def _padded(self, steps: int) -> "SeriesData":
        """Add steps that do not exist, up to so many."""
        more = {}
        for name in (*_STEPWISE, "targets") if self.each else _STEPWISE:
            array = getattr(self, name)
            if array is not None:
                added = [(0, 0), (0, steps - array.shape[1])] + [(0, 0)] * (array.ndim - 2)
                more[name] = np.pad(array, added)
        return dataclasses.replace(self, **more)

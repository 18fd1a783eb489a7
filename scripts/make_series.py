"""Make the bundled series: `make_series.py AEON STATSMODELS`, folders of the unpacked wheels."""

import csv
import pathlib
import sys

import numpy as np

from feynax.data import read_ts

TARGET = pathlib.Path(__file__).parents[1] / "src" / "feynax" / "data" / "series"


def vowels(aeon: pathlib.Path) -> None:
    """Write JapaneseVowels: its six decimals as whole millionths, their bytes apart."""
    home = aeon / "datasets" / "data" / "JapaneseVowels"
    arrays = {}
    for part in ("train", "test"):
        read = read_ts(home / f"JapaneseVowels_{part.upper()}.ts")
        millionths = np.round(read.inputs[read.mask].astype(np.float64) * 1e6).astype("<i4")
        arrays[f"{part}_bytes"] = millionths.view(np.uint8).reshape(-1, 4).T
        arrays[f"{part}_lengths"] = read.lengths.astype(np.uint8)
        arrays[f"{part}_labels"] = read.targets.astype(np.uint8)
    np.savez_compressed(TARGET / "japanese_vowels.npz", **arrays)


def records(statsmodels: pathlib.Path) -> None:
    """Write the yearly sunspot numbers and the weekly CO2 of Mauna Loa."""
    home, arrays = statsmodels / "datasets", {}
    for name in ("sunspots", "co2"):
        with open(home / name / f"{name}.csv", encoding="utf-8") as file:
            rows = list(csv.reader(file))[1:]
        arrays[name] = np.array([float(row[1] or "nan") for row in rows], np.float32)
    np.savez_compressed(TARGET / "records.npz", **arrays)


def main(aeon: str, statsmodels: str) -> None:
    """Write both files."""
    TARGET.mkdir(exist_ok=True)
    vowels(pathlib.Path(aeon))
    records(pathlib.Path(statsmodels))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Make the bundled digits from the four files of MNIST: `make_digits.py FOLDER`."""

import pathlib
import sys

from feynax.data import from_folder, write_idx

SIZES = {"train": 6000, "test": 2000}
STEMS = {"train": "train", "test": "t10k"}
TARGET = pathlib.Path(__file__).parents[1] / "src" / "feynax" / "data" / "digits"


def main(folder: str) -> None:
    """Write the first images of both parts, in their order."""
    TARGET.mkdir(exist_ok=True)
    for part, size in SIZES.items():
        whole = from_folder(folder, part)
        stem = TARGET / STEMS[part]
        write_idx(f"{stem}-images-idx3-ubyte.gz", whole.images[:size])
        write_idx(f"{stem}-labels-idx1-ubyte.gz", whole.labels[:size].astype("uint8"))


if __name__ == "__main__":
    main(sys.argv[1])

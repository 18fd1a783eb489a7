"""IDX files: what is written is read, and nothing else is believed."""

import contextlib
import gzip
import struct

import hypothesis as hyp
import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest

from feynax import data
from feynax.data import FileFormatError

KINDS = [np.uint8, np.int8, np.int16, np.int32, np.float32, np.float64]


@hyp.given(
    array=st.sampled_from(KINDS).flatmap(lambda k: hnp.arrays(k, hnp.array_shapes(max_dims=4))),
    name=st.sampled_from(["a", "a.gz"]),
)
@hyp.settings(deadline=None, max_examples=40)
def test_read_what_was_written(tmp_path_factory, array, name):
    path = tmp_path_factory.mktemp("idx") / name
    data.write_idx(path, array)
    again = data.read_idx(path)
    assert again.dtype == array.dtype
    np.testing.assert_array_equal(again, array)


def test_known_bytes(tmp_path):
    path = tmp_path / "labels"
    path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]))
    assert data.read_idx(path).tolist() == [7, 2, 1]
    path.write_bytes(bytes([0, 0, 0x0B, 1, 0, 0, 0, 1, 1, 2]))
    assert data.read_idx(path).tolist() == [258]


@pytest.fixture(params=["plain", "plain.gz"])
def whole(request, tmp_path):
    path = tmp_path / request.param
    data.write_idx(path, np.random.default_rng(0).integers(0, 256, (2, 5, 4), np.uint8))
    return path, path.read_bytes(), data.read_idx(path)


def test_truncated_anywhere(whole):
    path, content, _ = whole
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(FileFormatError, match=r"truncated|damaged") as error:
            data.read_idx(path)
        assert "\n" not in str(error.value)


def test_every_bit_flipped(whole):
    path, content, array = whole
    packed = path.suffix == ".gz"
    for bit in range(8 * len(content)):
        hurt = bytearray(content)
        hurt[bit // 8] ^= 1 << bit % 8
        path.write_bytes(hurt)
        try:
            found = data.read_idx(path)
        except FileFormatError:
            continue
        # A plain file has no check sum, and gzip's header holds a time that does not matter.
        assert bit >= 16 if not packed else np.array_equal(found, array)


def test_trailing_bytes(whole):
    path, content, _ = whole
    path.write_bytes(
        content + b"\0" if path.suffix != ".gz" else gzip.compress(b"\0\0\x08\x01" + bytes(9))
    )
    with pytest.raises(FileFormatError, match="goes on after"):
        data.read_idx(path)


@pytest.mark.parametrize("sizes", [(2**32 - 1,), (2**31, 2**31), (2**32 - 1,) * 8])
def test_claims_are_bounded(tmp_path, sizes):
    path = tmp_path / "bomb"
    path.write_bytes(struct.pack(f">HBB{len(sizes)}I", 0, 8, len(sizes), *sizes))
    with pytest.raises(FileFormatError, match="claims to hold"):
        data.read_idx(path)


@hyp.given(content=st.binary(max_size=80))
@hyp.settings(deadline=None)
def test_noise_raises_nothing_else(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("idx") / "noise"
    for head in (b"", b"\x1f\x8b", b"\0\0\x08\x02"):
        path.write_bytes(head + content)
        with contextlib.suppress(FileFormatError):
            assert isinstance(data.read_idx(path), np.ndarray)


def test_missing_and_unknown(tmp_path):
    with pytest.raises(FileNotFoundError):
        data.read_idx(tmp_path / "nothing")
    with pytest.raises(ValueError, match="element types"):
        data.write_idx(tmp_path / "a", np.zeros(3, complex))

"""Pickles from strangers, with dictionaries; tests/datasets/test_pickled.py tries arrays."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from nn.datasets import array_pickle
from nn.datasets.array_pickle import as_array, read_pickle
from nn.errors import DataError
from tests.forms_of_data import python_2_pickle


def saved(folder: Path, content: bytes) -> Path:
    (folder / "batch").write_bytes(content)
    return folder / "batch"


@pytest.mark.parametrize("dump", [python_2_pickle, pickle.dumps])
def test_dictionaries_of_arrays_lists_and_texts_come_back(tmp_path: Path, dump) -> None:
    array = np.arange(6, dtype=np.uint8).reshape(2, 3)
    labels = list(range(20_000))
    path = saved(tmp_path, dump({b"data": array, b"labels": labels, b"names": [b"a", b"b"]}))
    content = read_pickle(path)
    assert content[b"labels"] == labels
    assert content[b"names"] == [b"a", b"b"]
    np.testing.assert_array_equal(as_array(content[b"data"], path), array)


FUNCTIONS = (b"cnumpy.core.multiarray\n_frombuffer\n", b"c_codecs\nencode\n")
CLASSES = (b"cnumpy\nndarray\n", b"cnumpy\ndtype\n")


@pytest.mark.parametrize("named", [*FUNCTIONS, *CLASSES])
@pytest.mark.parametrize(
    "state", [b"}U\x08__name__U\x01xs", b"N}U\x0c__defaults__)s\x86", b"}", b"N", b"K\x01"]
)
def test_a_pickle_cannot_change_what_it_names(tmp_path: Path, named: bytes, state: bytes) -> None:
    before = {one: dict(vars(one)) for one in vars(array_pickle).values() if isinstance(one, type)}
    with pytest.raises(DataError, match="not a pickle of arrays"):
        read_pickle(saved(tmp_path, b"\x80\x02" + named + state + b"b."))
    assert {one: dict(vars(one)) for one in before} == before


def test_more_labels_than_any_set_has_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, pickle.dumps({b"labels": [7] * 600_000}, 2))
    with pytest.raises(DataError, match="or 500,000 plain ones"):
        read_pickle(path)


@pytest.mark.long
def test_large_numbers_which_could_collide_are_few(tmp_path: Path) -> None:
    colliding = {number * (2**61 - 1): 0 for number in range(1, 20_000)}
    with pytest.raises(DataError, match="more than 10,000 instructions"):
        read_pickle(saved(tmp_path, pickle.dumps(colliding, 2)))

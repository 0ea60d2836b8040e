"""A checkpoint's file: what is written comes back, and a stranger's is rejected before it costs."""

import io
import json
import os
import shutil
import tracemalloc
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn.errors import RunFolderError
from nn.resuming.resume import resume_run
from nn.runs import assembly
from nn.runs.checkpoint_file import read_checkpoint
from nn.runs.experiment import run_experiment
from nn.runs.preparation import prepare_data
from nn.runs.run_folder import RunFolder
from nn.settings.declaration import Settings
from nn.training.stopping import StopTraining
from tests.resuming.leaving import CHUNKS, EndAt, csv_files

pytestmark = pytest.mark.usefixtures("small_chunks")
Members = dict[str, bytes]


@pytest.fixture(scope="module")
def stopped(data, tmp_path_factory) -> Path:
    """The folder of a run of Adam that was stopped in its second epoch, for all tests to copy."""
    settings = Settings(
        layers=[{"dense": 5}, {"dropout": 0.2}], optimizer="adam", learning_rate=0.01, epochs=4,
        restore_best_weights=True,
        data_dir=str(data), save_dir=str(tmp_path_factory.mktemp("runs")),
    )  # fmt: skip
    stop = EndAt(CHUNKS + 3, StopTraining(save=True))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assembly, "Batches", partial(assembly.Batches, chunk_rows=64))
        return run_experiment(settings, observers=[stop]).folder.path


@pytest.fixture
def run(stopped, tmp_path, unforced_disk) -> RunFolder:
    """That run, in this test's own folder."""
    return RunFolder(Path(shutil.copytree(stopped, tmp_path / "run")))


def members(path: Path) -> Members:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path: Path, content: Members, compression: int = zipfile.ZIP_STORED) -> None:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in content.items():
            archive.writestr(name, data)


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def test_numpy_reads_it_and_finds_the_training(run):
    with np.load(run.checkpoint) as arrays:
        names = set(arrays)
        numbers = json.loads(arrays["numbers.json"])
        history = arrays["history"]
    folders = {name.split("/")[0] for name in names}
    assert folders == {
        *("network", "sound", "best", "optimizer", "history", "layers", "numbers.json")
    }
    assert {"optimizer/mean", "optimizer/square", "optimizer/steps"} <= names
    assert numbers["examples"] == 2 * 64
    assert set(numbers["streams"]) == {"shuffling", "dropout_1"}
    assert history.shape == (1, 7)


def test_a_checkpoint_of_an_epochs_end_has_no_network_twice(settings):
    run = run_experiment(settings(name="run")).folder
    with np.load(run.checkpoint) as arrays:
        assert {name.split("/")[0] for name in arrays} == {
            *("network", "optimizer", "history", "layers", "numbers.json")
        }


def refused(run: RunFolder) -> str:
    """Return why a run cannot be resumed, having made sure that nothing was changed."""
    before = csv_files(run.path)
    with pytest.raises(RunFolderError) as caught:
        resume_run(run, {})
    assert csv_files(run.path) == before
    text = str(caught.value)
    assert text.startswith(f"{run.checkpoint}: cannot resume from it: ")
    assert "--config" in text
    assert "\n" not in text
    return text


def changed_numbers(**changes: Any) -> Callable[[Members], None]:
    def change(content: Members) -> None:
        numbers = json.loads(content["numbers.json"])
        for name, value in changes.items():
            *outer, last = name.split("__")
            place = numbers
            for key in outer:
                place = place[key]
            place[last] = value
        content["numbers.json"] = json.dumps(numbers).encode()

    return change


def changed_array(name: str, change: Callable[[np.ndarray], object]) -> Callable[[Members], None]:
    def do(content: Members) -> None:
        array = np.load(io.BytesIO(content[f"{name}.npy"])).copy()
        changed = change(array)
        content[f"{name}.npy"] = npy(array if changed is None else changed)

    return do


def put(name: str, data: bytes) -> Callable[[Members], None]:
    return lambda content: content.update({name: data})


class _RunsCode:
    def __reduce__(self):
        return os.system, ("touch ran",)


DAMAGES: dict[str, tuple[Callable[[Members], object], str]] = {
    "no numbers": (lambda content: content.pop("numbers.json"), "lacks numbers.json"),
    "numbers that are no JSON": (put("numbers.json", b"{"), "not the JSON"),
    "numbers that are no mapping": (put("numbers.json", b"[1]"), "not the JSON"),
    "numbers of a million digits": (put("numbers.json", b'{"epochs": 1' + b"0" * 500_000 + b"}"),
                                    "not the JSON"),
    "nested numbers": (put("numbers.json", b"[" * 500_000), "not the JSON"),
    "not a number": (put("numbers.json", b'{"epochs": NaN}'), "not the JSON"),
    "numbers as long as a book": (put("numbers.json", b" " * 2**21 + b"{}"), "longer than"),
    "epochs in words": (changed_numbers(epochs="one"), "not the JSON"),
    "epochs below 0": (changed_numbers(epochs=-1), "not the JSON"),
    "more epochs than rows": (changed_numbers(epochs=2), "history.npy does not have the shape"),
    "epochs without end": (changed_numbers(epochs=2**52), "epochs"),
    "a million epochs": (changed_numbers(epochs=2**20), "history.npy does not have the shape"),
    "more examples than there are": (changed_numbers(examples=400), "examples is 400"),
    "examples within a step": (changed_numbers(examples=126), "end of a step"),
    "examples of True": (changed_numbers(examples=True), "not the JSON"),
    "an infinite loss": (changed_numbers(loss=1e999), "loss"),
    "a loss in words": (changed_numbers(loss="low"), "loss"),
    "no streams": (changed_numbers(streams=None), "streams"),
    "another stream": (changed_numbers(streams__more={}), "streams"),
    "a stream of another kind": (changed_numbers(streams__shuffling__bit_generator="MT19937"),
                                 "shuffling"),
    "a stream of another seed": (changed_numbers(streams__dropout_1__state__inc=1), "dropout_1"),
    "a stream out of range": (changed_numbers(streams__shuffling__state__state=2**128),
                              "shuffling"),
    "a stream below 0": (changed_numbers(streams__shuffling__uinteger=-1), "shuffling"),
    "a stream in fractions": (changed_numbers(streams__shuffling__has_uint32=0.5), "shuffling"),
    "a stream in words": (changed_numbers(streams__shuffling__state="x"), "shuffling"),
    "an array is missing": (lambda content: content.pop("sound/weights_1.npy"),
                            "lacks sound/weights_1.npy"),
    "an array more": (put("more.npy", npy(np.ones(3))), "more arrays"),
    "a file outside": (put("../../outside.npy", npy(np.ones(3))), "more arrays"),
    "an array of another shape": (changed_array("network/weights_1", lambda a: a.T), "weights_1"),
    "an array of another size": (changed_array("network/weights_1", lambda a: a[1:]), "weights_1"),
    "an array of another type": (changed_array("best/weights_1", lambda a: a.view(np.int32)),
                                 "weights_1"),
    "an array of objects": (
        changed_array("network/biases_1", lambda a: np.array([_RunsCode()] * a.size)), "biases_1"
    ),
    "a pickle": (put("network/biases_1.npy", b"cos\nsystem\n(S'touch ran'\ntR."), "biases_1"),
    "an infinite weight": (changed_array("best/weights_1", lambda a: a.fill(np.inf)), "finite"),
    "weights that are none": (changed_array("sound/weights_1", lambda a: a.fill(np.nan)), "finite"),
    "other steps": (changed_array("optimizer/steps", lambda a: a.fill(-1)), "optimizer/steps"),
    "steps that are none": (changed_array("optimizer/steps", lambda a: a.fill(np.nan)), "steps"),
    "another epoch": (changed_array("history", lambda a: a[:, :1].fill(2)), "history"),
    "an accuracy above 1": (changed_array("history", lambda a: a[:, 5:6].fill(1.5)), "history"),
    "a loss below 0": (changed_array("history", lambda a: a[:, 2:3].fill(-1)), "history"),
    "a history without numbers": (changed_array("history", lambda a: a.fill(np.nan)), "history"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_strangers_checkpoint_is_refused(run, tmp_path, monkeypatch, damage):
    monkeypatch.chdir(tmp_path)
    change, word = DAMAGES[damage]
    content = members(run.checkpoint)
    change(content)
    write(run.checkpoint, content)
    assert word in refused(run)
    assert not (tmp_path / "ran").exists()


def test_the_same_members_put_together_anew_are_taken(run):
    """What is refused above is not refused for being packed by somebody else."""
    write(run.checkpoint, members(run.checkpoint))
    assert resume_run(run, {}).result.epochs == 4


def test_negative_zero_and_foreign_state_of_an_optimizer_do_no_harm(run):
    content = members(run.checkpoint)
    changed_array("optimizer/square", lambda a: a.fill(-np.inf))(content)
    write(run.checkpoint, content)
    assert "diverged" in str(resume_run(run, {}).cut_short)


def test_a_compressed_member_is_not_read(run):
    content = members(run.checkpoint)
    write(run.checkpoint, content, zipfile.ZIP_DEFLATED)
    assert "compressed" in refused(run)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.9])
def test_a_checkpoint_cut_short_is_refused(run, share):
    content = run.checkpoint.read_bytes()
    run.checkpoint.write_bytes(content[: int(share * len(content))])
    assert "cut short" in refused(run)


def test_a_flipped_bit_in_any_array_is_found(run):
    content = run.checkpoint.read_bytes()
    for name, data in members(run.checkpoint).items():
        place = content.index(data) + len(data) - 1
        run.checkpoint.write_bytes(
            content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        )
        assert f"{name} is damaged" in refused(run)


def test_a_refusal_does_not_quote_the_file(run):
    content = bytearray(run.checkpoint.read_bytes())
    content[26:28] = (4000).to_bytes(2, "little")  # letters in the first member's name
    run.checkpoint.write_bytes(content)
    assert len(refused(run)) < 300 + 2 * len(str(run.checkpoint))


def test_random_bytes_end_in_the_same_training_or_in_a_refusal(run):
    settings = run.read_settings()
    state = assembly.assemble(settings, prepare_data(settings))
    content = run.checkpoint.read_bytes()
    whole = read_checkpoint(run.checkpoint, state.layout)
    arrays_end = content.index(b"PK\x01\x02")
    rng = np.random.default_rng(0)
    accepted = 0
    date = np.array([12])  # of the first member
    for number in range(600):
        damaged = bytearray(content)
        places = rng.integers(0, arrays_end, rng.integers(1, 4))
        for place in places if number else date:
            damaged[place] = rng.integers(256)
        run.checkpoint.write_bytes(damaged)
        try:
            read = read_checkpoint(run.checkpoint, state.layout)
        except (OSError, ValueError):
            continue
        accepted += 1
        assert read.numbers == whole.numbers
        for name, array in whole.arrays.items():
            np.testing.assert_array_equal(read.arrays[name], array)
    assert 0 < accepted < 60  # some bytes, such as dates, mean nothing


@pytest.mark.parametrize("member", ["numbers.json", "network/weights_1.npy", "history.npy"])
def test_a_claim_of_gigabytes_takes_no_memory(run, member):
    content = bytearray(run.checkpoint.read_bytes())
    sizes = content.index(member.encode()) - 12
    content[sizes : sizes + 8] = (2**32 - 2).to_bytes(4, "little") * 2
    run.checkpoint.write_bytes(content)
    tracemalloc.start()
    try:
        assert f"{member} is compressed, or longer than expected" in refused(run)
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()


def test_the_archives_directory_is_not_read(run):
    """Whatever it claims: it may have a hundred thousand members, or be all zeros."""
    content = run.checkpoint.read_bytes()
    content = content[: content.index(b"PK\x01\x02") + 4]
    run.checkpoint.write_bytes(content + bytes(10_000_000))
    tracemalloc.start()
    try:
        assert resume_run(run, {}).result.epochs == 4
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()


def test_a_checkpoint_that_is_no_file_is_refused(run):
    run.checkpoint.unlink()
    run.checkpoint.mkdir()
    assert "Is a directory" in refused(run)


def test_of_an_unfinished_run_it_says_that_the_file_may_be_removed(run):
    (run.path / "result.csv").unlink()
    run.checkpoint.write_bytes(b"")
    with pytest.raises(RunFolderError, match="Remove the file to start the run from the beginning"):
        resume_run(run, {})

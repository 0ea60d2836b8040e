"""One training at a time in a folder, and any number of programs that look."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nn.errors import RunFolderError
from nn.files.lock import take_lock
from nn.files.training_lock import is_being_trained, training_lock

ROOT = Path(__file__).parents[2]


def test_a_second_trainer_is_refused_and_a_looker_sees_the_first(tmp_path: Path) -> None:
    assert not is_being_trained(tmp_path)
    with training_lock(tmp_path):
        assert is_being_trained(tmp_path)
        with (
            pytest.raises(RunFolderError, match="another program"),
            training_lock(tmp_path),
        ):
            pass
    assert not is_being_trained(tmp_path)


def test_two_who_look_at_the_same_time_do_not_take_each_other_for_a_trainer(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    take_lock(descriptor, shared=True)  # as another program that only looks
    assert not is_being_trained(tmp_path)
    os.close(descriptor)


def test_a_trainer_waits_for_one_who_looks_for_a_moment(tmp_path: Path, monkeypatch) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    take_lock(descriptor, shared=True)
    monkeypatch.setattr("nn.files.lock.time.sleep", lambda _: os.close(descriptor))
    with training_lock(tmp_path):
        assert is_being_trained(tmp_path)


def test_the_lock_of_a_killed_trainer_is_gone(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; import nn.files.training_lock as lock\n"
        "with lock.training_lock(Path(sys.argv[1])): os.kill(os.getpid(), 9)"
    )
    ended = subprocess.run([sys.executable, "-c", code, tmp_path], cwd=ROOT, check=False)
    assert ended.returncode == -9
    assert not is_being_trained(tmp_path)

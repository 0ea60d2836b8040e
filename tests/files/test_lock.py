"""Locks on open files and folders, between descriptors of their own as between programs."""

import errno
import os
import threading
import time

import pytest

from nn.files import lock
from nn.files.lock import take_lock

pytestmark = pytest.mark.timeout(20)


@pytest.fixture
def opened(tmp_path):
    """Return three descriptors of one folder."""
    descriptors = [os.open(tmp_path, os.O_RDONLY) for _ in range(3)]
    yield descriptors
    for descriptor in descriptors:
        os.close(descriptor)


def test_a_lock_is_refused_to_others_until_its_file_is_closed(opened, tmp_path):
    first = os.open(tmp_path, os.O_RDONLY)
    take_lock(first)
    with pytest.raises(BlockingIOError):
        take_lock(opened[0], patience=0)
    os.close(first)
    take_lock(opened[0], patience=0)


def test_shared_locks_exclude_only_the_others(opened):
    take_lock(opened[0], shared=True)
    take_lock(opened[1], shared=True, patience=0)
    with pytest.raises(BlockingIOError):
        take_lock(opened[2], patience=0)


@pytest.mark.parametrize("patience", [None, 15])
def test_a_lock_that_is_released_in_time_is_waited_for(opened, tmp_path, patience):
    first = os.open(tmp_path, os.O_RDONLY)
    take_lock(first)
    release = threading.Timer(0.1, os.close, [first])
    release.start()
    take_lock(opened[0], patience=patience)
    release.join()


def test_patience_ends(opened):
    take_lock(opened[0])
    start = time.monotonic()
    with pytest.raises(BlockingIOError):
        take_lock(opened[1], patience=0.1)
    assert time.monotonic() - start >= 0.1


def test_a_system_without_locks_says_so(opened, monkeypatch):
    monkeypatch.setattr(lock, "fcntl", None)
    with pytest.raises(OSError, match="no locks") as caught:
        take_lock(opened[0])
    assert caught.value.errno == errno.ENOTSUP

"""Kills and signals while MNIST is fetched, from a server on this machine that takes its time."""

import hashlib
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any

from tests.faults.bench import RUN, Bench, MissedError
from tests.faults.fault import Fault
from tests.programs import Program

PIECES = 8  # that a file is sent in
PAUSE = 0.02  # seconds between two of them


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    folder: Path

    def handle_error(self, request, client_address) -> None:
        """Say nothing: clients that are killed are what this is about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def log_message(self, *arguments) -> None:
        pass

    def do_GET(self) -> None:
        content = (self.server.folder / self.path.strip("/")).read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        size = len(content) // PIECES + 1
        for start in range(0, len(content), size):
            self.wfile.write(content[start : start + size])
            self.wfile.flush()
            time.sleep(PAUSE)


@contextmanager
def trickling(folder: Path) -> Iterator[str]:
    """Serve the files of a folder slowly, and give the address."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.folder = folder
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def ask_here(argument: Any) -> None:
    """Make the program believe that this server is where MNIST is, and that these are its files.

    The repository's own data folder, where MNIST may already be, is not looked in.
    """
    from nn.datasets import download
    from nn.runs import preparation

    preparation.REPOSITORY = None

    mirror, files = argument
    known = tuple(download.KnownFile(*words) for words in files)
    download.MNIST_FILES = known
    download.download_mnist.__kwdefaults__.update(mirrors=(mirror,), files=known)


def known_files(folder: Path) -> list[tuple[str, int, str]]:
    """Return what the program knows beforehand of each file: name, bytes, checksum."""
    found = []
    for path in sorted(folder.iterdir()):
        content = path.read_bytes()
        found.append((path.name, len(content), hashlib.sha256(content).hexdigest()))
    return found


def interrupt_download(bench: Bench, how: str, rng: Random) -> str:
    """End a download somehow; then what is there is whole, and the next start fetches the rest."""
    place = bench.new_place()
    data = place.folder / "data"
    with trickling(bench.data) as mirror:
        argument = (mirror, known_files(bench.data))

        def train() -> Program:
            flags = ("--data-dir", data, *RUN)
            return place.start("train.py", *flags, before=ask_here, argument=argument)

        program = train()
        program.wait_for(data.exists)
        time.sleep(rng.uniform(0, 4 * PIECES * PAUSE))
        whole = is_complete(bench, data)
        for number in [signal.SIGKILL] if how == "kill -9" else [signal.SIGINT, signal.SIGINT]:
            program.send(number)
            time.sleep(rng.uniform(0, 0.01))
        code = program.wait()
        check_data(bench, data)
        if whole or is_complete(bench, data):
            raise MissedError(f"the download ended before {how}")
        place.check(program)
        assert code == (-signal.SIGKILL if how == "kill -9" else 130), program.errors
        if how == "Ctrl-C":
            assert not list(data.glob(".*")), "a part file was left"
        program = train()
        code = program.wait()
    place.check(program)
    assert code == 0, program.errors
    place.check_same(place.run)
    assert is_complete(bench, data)
    assert not list(data.glob(".*")), "a part was left for ever"
    place.remove()
    return "downloading"


def is_complete(bench: Bench, data: Path) -> bool:
    """Return whether all files are there."""
    return all((data / path.name).exists() for path in bench.data.iterdir())


def check_data(bench: Bench, data: Path) -> None:
    """Make sure that every file with a name is a whole one."""
    for path in data.iterdir():
        if not path.name.startswith("."):
            assert path.read_bytes() == (bench.data / path.name).read_bytes(), path


def kill(bench: Bench, _moment: str, rng: Random) -> str:
    return interrupt_download(bench, "kill -9", rng)


def press(bench: Bench, _moment: str, rng: Random) -> str:
    return interrupt_download(bench, "Ctrl-C", rng)


def both_download(bench: Bench, _moment: str, rng: Random) -> str:
    """Start two programs that fetch into one folder and train under one name."""
    place = bench.new_place()
    data = place.folder / "data"
    with trickling(bench.data) as mirror:
        words = {"before": ask_here, "argument": (mirror, known_files(bench.data))}
        both = [place.start("train.py", "--data-dir", data, *RUN, **words) for _ in "12"]
        codes = [program.wait() for program in both]
    place.check(*both)
    assert codes == [0, 0], [program.errors for program in both]
    check_data(bench, data)
    for name in ("run", "run-2"):
        place.check_same(place.runs / name)
    assert not list(data.glob(".*"))
    place.remove()
    return "downloading"


FAULTS = [
    Fault("kill -9", ("downloading",), kill),
    Fault("Ctrl-C twice", ("downloading",), press),
    Fault("two at the same time", ("downloading",), both_download),
]

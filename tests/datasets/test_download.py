"""The download against a server on this machine that behaves in every way a server can."""

import hashlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from nn.datasets.download import MIRRORS, MNIST_FILES, KnownFile, Patience, download_mnist
from nn.errors import DataError

CONTENT = {
    "images.gz": bytes(range(256)) * 1000,
    "labels.gz": b"the labels of the images",
}
FILES = [
    KnownFile(name, len(content), hashlib.sha256(content).hexdigest())
    for name, content in CONTENT.items()
]
SHORT = Patience(silence=0.3, bytes_per_second=10_000)


class Server(ThreadingHTTPServer):
    """Serves CONTENT under /good/, and under every other folder misbehaves as its name says."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []
        self.other_port = 1
        self.closing = threading.Event()

    def handle_error(self, request, client_address) -> None:
        """Say nothing: clients that hang up are what these tests are about."""

    def mirror(self, manner: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{manner}/"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *arguments) -> None:
        pass

    def do_GET(self) -> None:  # noqa: PLR0912 (as many as there are manners)
        self.server.asked.append(self.path)
        manner, name = self.path.strip("/").split("/")
        content = CONTENT[name]
        if manner.isdigit():
            self.send_error(int(manner))
        elif manner.startswith("redirect"):
            self.send_response(302)
            host, port = self.server.server_address[:2]
            target = {
                "redirect": f"/good/{name}",
                "redirect-whole": f"http://{host}:{port}/good/{name}",
                "redirect-host": f"http://localhost:{port}/good/{name}",
                "redirect-port": f"http://{host}:{self.server.other_port}/good/{name}",
                "redirect-encrypted": f"https://{host}:{port}/good/{name}",
                "redirect-ftp": f"ftp://127.0.0.1/{name}",
                "redirect-file": f"file:///etc/{name}",
                "redirect-round": self.path,
            }[manner]
            self.send_header("Location", target)
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif manner == "continue":  # "wait a moment", without end
            while not self.server.closing.is_set():
                self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        elif manner in ("huge-header", "many-headers"):
            header = b"X: " + b"x" * 70_000 if manner == "huge-header" else b"X: y\r\n" * 101
            self.wfile.write(b"HTTP/1.1 200 OK\r\n" + header + b"\r\n\r\n" + content)
        elif manner == "silent":
            self.server.closing.wait()
        elif manner == "dripping-headers":
            self.drip(b"HTTP/1.0 200 OK\r\nX-Slow: " + b"x" * 100)
        else:
            self.send_response(200)
            if manner != "long":
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if manner == "wrong":
                content = b"?" + content[1:]
            if manner == "half":
                content = content[: len(content) // 2]
            if manner == "long":
                self.endless()
            elif manner == "dripping":
                self.drip(content)
            else:
                self.wfile.write(content)

    def endless(self) -> None:
        while not self.server.closing.is_set():
            self.wfile.write(bytes(1 << 16))

    def drip(self, content: bytes) -> None:
        for byte in content:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            if self.server.closing.wait(0.05):
                return


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.closing.set()
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


def fetch(folder: Path, *mirrors: str, progress=None, patience=None) -> None:
    download_mnist(folder, progress, files=FILES, mirrors=mirrors, patience=patience)


def in_folder(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("manner", ["good", "redirect", "redirect-whole"])
def test_a_good_server_fills_a_folder_that_was_not_there(tmp_path: Path, server, manner) -> None:
    fetch(tmp_path / "new" / "data", server.mirror(manner))
    assert in_folder(tmp_path / "new" / "data") == CONTENT


def test_progress_is_told_by_file(tmp_path: Path, server) -> None:
    told: list[tuple[str, int, int]] = []
    fetch(tmp_path, server.mirror("good"), progress=lambda *words: told.append(words))
    for name, content in CONTENT.items():
        steps = [done for file, done, total in told if file == name and total == len(content)]
        assert steps == sorted(steps)
        assert steps[-1] == len(content)


@pytest.mark.parametrize(
    ("manner", "words"),
    [
        ("404", "answers 404"),
        ("403", "answers 403"),
        ("500", "answers 500"),
        ("wrong", "sent a different file"),
        ("half", "sent only 128,000 of 256,000 bytes"),
        ("long", "sent more than the 256,000 bytes"),
        ("silent", "no answer within 0.3 seconds|timed out"),
        ("dripping", "sends too slowly"),
        ("dripping-headers", "no answer within 0.3 seconds"),
        ("redirect-host", "redirects to http://localhost"),
        ("redirect-encrypted", "redirects to https://127.0.0.1"),
        ("redirect-ftp", "redirects to ftp://127.0.0.1"),
        ("redirect-file", "answers 302.*file:///etc"),
        ("redirect-round", "answers 302"),
        ("continue", "no answer within 0.3 seconds|sends too slowly"),
        ("huge-header", "got more than 65536 bytes"),
        ("many-headers", "got more than 100 headers"),
    ],
)
def test_a_bad_server_leaves_nothing_and_is_named(tmp_path: Path, server, manner, words) -> None:
    patience = SHORT if manner.startswith(("silent", "dripping", "continue")) else None
    with pytest.raises(DataError, match=words) as caught:
        fetch(tmp_path, server.mirror(manner), patience=patience)
    assert "127.0.0.1" in str(caught.value)
    assert in_folder(tmp_path) == {}


def test_a_redirect_to_another_server_is_not_even_asked(tmp_path: Path, server) -> None:
    """What a mirror names may be a server inside the network of the person who asks."""
    with Server() as inside:
        server.other_port = inside.server_address[1]
        thread = threading.Thread(target=inside.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            with pytest.raises(DataError, match="redirects to http://127"):
                fetch(tmp_path, server.mirror("redirect-port"))
        finally:
            inside.shutdown()
            thread.join()
        assert inside.asked == []
    assert in_folder(tmp_path) == {}


def test_what_a_server_says_is_cut_short(tmp_path: Path, server, monkeypatch) -> None:
    monkeypatch.setitem(Handler.responses, 418, ("\x1b[2J" + "teapot " * 5000, ""))
    with pytest.raises(DataError, match="answers 418 ") as caught:
        fetch(tmp_path, server.mirror("418"))
    assert len(str(caught.value)) < 700 + len(str(tmp_path))


def test_a_bad_mirror_is_replaced_by_a_good_one_which_is_asked_first_from_then(
    tmp_path: Path, server
) -> None:
    fetch(tmp_path, server.mirror("wrong"), server.mirror("good"))
    assert in_folder(tmp_path) == CONTENT
    assert server.asked == ["/wrong/images.gz", "/good/images.gz", "/good/labels.gz"]


def test_the_first_file_nobody_serves_ends_the_attempt(tmp_path: Path, server) -> None:
    with pytest.raises(DataError) as caught:
        fetch(tmp_path, server.mirror("404"), server.mirror("403"))
    assert server.asked == ["/404/images.gz", "/403/images.gz"]
    message = str(caught.value)
    assert "answers 404" in message
    assert "answers 403" in message
    assert str(tmp_path) in message
    assert all(file.name in message for file in MNIST_FILES)


def test_only_missing_files_are_fetched(tmp_path: Path, server) -> None:
    (tmp_path / "images.gz").write_bytes(CONTENT["images.gz"])
    fetch(tmp_path, server.mirror("good"))
    assert server.asked == ["/good/labels.gz"]


def test_somebody_elses_file_is_not_overwritten(tmp_path: Path, server) -> None:
    (tmp_path / "labels.gz").write_bytes(b"my own labels")
    with pytest.raises(DataError, match=r"labels\.gz: a file of this name exists"):
        fetch(tmp_path, server.mirror("good"))
    assert (tmp_path / "labels.gz").read_bytes() == b"my own labels"


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, server) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DataError, match=r"cannot be (written|read)"):
        fetch(tmp_path / "file" / "data", server.mirror("good"), server.mirror("good"))
    assert len(server.asked) == 0


def test_a_port_nobody_listens_on_fails_at_once(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        mirror = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        with pytest.raises(DataError, match="refused"):
            fetch(tmp_path, mirror)


def test_a_name_nobody_knows_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"mirror\.invalid: "):
        fetch(tmp_path, "http://mirror.invalid/", "http://other.invalid/")


def test_a_name_server_that_hangs_is_waited_for_no_longer_than_the_patience(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs = threading.Event()

    def hang(*_arguments, **_words) -> None:
        hangs.wait()
        raise socket.gaierror(socket.EAI_AGAIN, "at last")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    with pytest.raises(DataError, match=r"no answer within 0\.3 seconds"):
        fetch(tmp_path, "http://mirror.test/", patience=SHORT)
    hangs.set()


def test_ctrl_c_leaves_nothing_behind(tmp_path: Path, server) -> None:
    def stop(*_words) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(tmp_path, server.mirror("good"), progress=stop)
    assert in_folder(tmp_path) == {}


def test_two_mirrors_are_known_and_both_are_encrypted() -> None:
    assert len({mirror.split("/")[2] for mirror in MIRRORS}) == 2
    assert all(mirror.startswith("https://") and mirror.endswith("/") for mirror in MIRRORS)


@pytest.mark.mnist
def test_the_known_sizes_and_checksums_are_those_of_the_official_files(mnist_dir: Path) -> None:
    """With no mirror to ask, this passes only if all four files are there already."""
    download_mnist(mnist_dir, mirrors=())

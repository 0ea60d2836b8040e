"""MNIST from the network, checked before it is used.

A download can hang in more ways than a socket's time-out covers: a name server that never answers,
ten addresses tried one after another, one byte every four seconds. So one thread downloads, and the
calling thread watches that enough data arrives; it can give up wherever the other one hangs.
"""

import hashlib
import queue
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from nn.errors import DataError
from nn.files.atomic_write import open_atomically
from nn.files.file_errors import reading, writing
from nn.files.regular_file import read_regular

DownloadObserver = Callable[[str, int, int], None]
"""Called with a file's name, the bytes that have arrived, and the total number of bytes."""

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

_PIECE = 1 << 16
_MAX_REASON = 200


@dataclass(frozen=True)
class KnownFile:
    """A file whose content is known beforehand: name, size and checksum."""

    name: str
    size: int
    sha256: str


MNIST_FILES = (
    KnownFile(
        "train-images-idx3-ubyte.gz",
        9_912_422,
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    ),
    KnownFile(
        "train-labels-idx1-ubyte.gz",
        28_881,
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    ),
    KnownFile(
        "t10k-images-idx3-ubyte.gz",
        1_648_877,
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    ),
    KnownFile(
        "t10k-labels-idx1-ubyte.gz",
        4_542,
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    ),
)


class _MirrorError(Exception):
    """Why one mirror did not serve a file; another one may."""


@dataclass(frozen=True)
class Patience:
    """How long to wait for a server.

    Attributes:
        silence: seconds without any byte, including name lookup and connecting.
        bytes_per_second: the minimum average speed after the first `silence` seconds.
    """

    silence: float = 5.0
    bytes_per_second: float = 10_000.0


def download_mnist(
    folder: Path,
    on_progress: DownloadObserver | None = None,
    *,
    files: Sequence[KnownFile] = MNIST_FILES,
    mirrors: Sequence[str] = MIRRORS,
    patience: Patience | None = None,
) -> None:
    """Download the files that are not yet in `folder`, each completely or not at all.

    Every mirror is tried for every file, starting with the one that served the last file. The
    first file that no mirror serves ends the attempt, so a machine without the internet fails soon.

    Raises:
        DataError: every mirror failed, or another file has the name of one of these files.
    """
    asked = list(mirrors)
    for file in files:
        if _is_there(folder / file.name, file):
            continue
        failures = []
        for mirror in asked:
            try:
                _fetch_file(mirror + file.name, folder / file.name, file, on_progress, patience)
            except _MirrorError as error:
                failures.append(f"{urllib.parse.urlsplit(mirror).hostname}: {error}")
            else:
                asked = [mirror, *(other for other in asked if other != mirror)]
                break
        else:
            raise DataError(
                f"MNIST could not be downloaded: no mirror served {file.name} "
                f"({'; '.join(failures)}). {where_to_put_the_files(folder)}"
            )


def where_to_put_the_files(folder: Path) -> str:
    """Return how to get MNIST without this download."""
    names = ", ".join(file.name for file in MNIST_FILES)
    return f"To use MNIST, copy its four files into {folder}: {names}."


def _is_there(path: Path, file: KnownFile) -> bool:
    """Return whether the file already exists.

    Raises:
        DataError: a different file has this name; it is not overwritten.
    """
    with reading(path, DataError):
        if not path.exists():
            return False
        if path.stat().st_size == file.size and _sha256(path, file.size) == file.sha256:
            return True
    raise DataError(
        f"{path}: a file of this name exists, but it is not MNIST's. It was not overwritten. Move "
        "it away, or choose another data folder."
    )


def _sha256(path: Path, size: int) -> str:
    return hashlib.sha256(read_regular(path, size + 1)).hexdigest()


def _fetch_file(
    url: str,
    path: Path,
    file: KnownFile,
    on_progress: DownloadObserver | None,
    patience: Patience | None,
) -> None:
    """Download one file, or raise and leave nothing behind."""
    with writing(path, DataError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with open_atomically(path) as stream:
            _receive(url, stream, file, on_progress, patience or Patience())


def _receive(
    url: str,
    stream: IO[bytes],
    file: KnownFile,
    on_progress: DownloadObserver | None,
    patience: Patience,
) -> None:
    checksum = hashlib.sha256()
    arrived = 0
    with closing(_pieces(url, patience)) as pieces:
        for piece in pieces:
            arrived += len(piece)
            if arrived > file.size:
                raise _MirrorError(f"sent more than the {file.size:,} bytes of this file")
            checksum.update(piece)
            stream.write(piece)
            if on_progress:
                on_progress(file.name, arrived, file.size)
    if arrived < file.size:
        raise _MirrorError(f"sent only {arrived:,} of {file.size:,} bytes")
    if checksum.hexdigest() != file.sha256:
        raise _MirrorError("sent a different file (its SHA-256 is not MNIST's)")


def _pieces(url: str, patience: Patience) -> Generator[bytes, None, None]:
    """Yield the data of `url` as it arrives, and give up if it arrives too slowly."""
    arriving: queue.Queue[bytes | _MirrorError] = queue.Queue(maxsize=16)
    given_up = threading.Event()
    # A daemon thread: if it hangs, the program can still end.
    threading.Thread(target=_fetch, args=(url, arriving, given_up, patience), daemon=True).start()
    start = time.monotonic()
    arrived = 0
    try:
        while True:
            try:
                piece = arriving.get(timeout=patience.silence)
            except queue.Empty:
                raise _MirrorError(f"no answer within {patience.silence:g} seconds") from None
            if isinstance(piece, _MirrorError):
                raise piece
            if not piece:
                return
            arrived += len(piece)
            overdue = time.monotonic() - start - patience.silence
            if arrived < overdue * patience.bytes_per_second:
                raise _MirrorError("sends too slowly")
            yield piece
    finally:
        given_up.set()


def _fetch(
    url: str,
    arriving: "queue.Queue[bytes | _MirrorError]",
    given_up: threading.Event,
    patience: Patience,
) -> None:
    """Put the data of `url` into the queue in pieces, then an empty one; or the error."""

    def hand_over(piece: bytes | _MirrorError) -> bool:
        while not given_up.is_set():
            try:
                arriving.put(piece, timeout=0.1)
                return True
            except queue.Full:
                continue
        return False

    try:
        with _opener().open(url, timeout=patience.silence) as response:
            while piece := response.read1(_PIECE):
                if not hand_over(piece):
                    return
        hand_over(b"")
    except Exception as error:  # passed to the thread that can handle it
        hand_over(_MirrorError(_reason(error)))


class _SameServerRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to the same server with the same scheme and port, and no others.

    Any other server is unverified, may be inside the user's own network, and would learn the
    user's address.
    """

    def redirect_request(  # noqa: PLR0917 (urllib's own signature)
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        """Return the request for the new address.

        Raises:
            _MirrorError: the address is on another server.
        """
        if _server(newurl) != _server(req.full_url):
            scheme, host, _ = _server(newurl)
            raise _MirrorError(f"redirects to {scheme}://{host}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _server(url: str) -> tuple[str, str | None, int | None]:
    parts = urllib.parse.urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _opener() -> urllib.request.OpenerDirector:
    """Make an opener that supports neither FTP nor files, and redirects on one server only."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        _SameServerRedirects(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _reason(error: Exception) -> str:
    """Return in a few words why a mirror failed."""
    if isinstance(error, urllib.error.HTTPError):
        with error:
            return f"answers {error.code} {str(error.reason)[:_MAX_REASON]}"
    if isinstance(error, urllib.error.URLError) and isinstance(error.reason, Exception):
        return _reason(error.reason)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error)[:_MAX_REASON] or type(error).__name__

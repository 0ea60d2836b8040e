"""MNIST fetched from the network, when there is one, and checked before it is believed.

A download can hang in more ways than time-outs of a socket know: a name server that never
answers, ten addresses tried one after the other, a byte every four seconds. So a thread fetches,
and this one watches that enough arrives; it can give up whatever the other hangs in.
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

Progress = Callable[[str, int, int], None]
"""Is told a file's name, the bytes that have arrived, and how many there will be."""

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

_PIECE = 1 << 16
_LONGEST_REASON = 200


@dataclass(frozen=True)
class KnownFile:
    """A file whose content is known beforehand: its name, bytes and checksum."""

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
    """Why one mirror did not serve one file; another may."""


@dataclass(frozen=True)
class Patience:
    """How long to wait for a server.

    Attributes:
        silence: seconds without a single byte, name lookup and connecting included.
        bytes_per_second: the least that must have arrived on average once `silence` is over.
    """

    silence: float = 5.0
    bytes_per_second: float = 10_000.0


def download_mnist(
    folder: Path,
    on_progress: Progress | None = None,
    *,
    files: Sequence[KnownFile] = MNIST_FILES,
    mirrors: Sequence[str] = MIRRORS,
    patience: Patience | None = None,
) -> None:
    """Fetch the files that are not in `folder` yet, each whole or not at all.

    Every mirror is tried for every file, the one that served the last file first. The first
    file that none serves ends the attempt, so that a machine without a network knows soon.

    Raises:
        DataError: which mirrors failed and why, or that another file has a name to be written.
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
                f"MNIST could not be downloaded: {file.name} did not come "
                f"({'; '.join(failures)}). {where_to_put_the_files(folder)}"
            )


def where_to_put_the_files(folder: Path) -> str:
    """Say how a person gets MNIST without this download."""
    names = ", ".join(file.name for file in MNIST_FILES)
    return f"To use MNIST put its four files into {folder} by hand: {names}."


def _is_there(path: Path, file: KnownFile) -> bool:
    """Tell whether the file is there already.

    Raises:
        DataError: something else has its name; it is somebody's and is not overwritten.
    """
    with reading(path, DataError):
        if not path.exists():
            return False
        if path.stat().st_size == file.size and _sha256(path, file.size) == file.sha256:
            return True
    raise DataError(
        f"{path}: there is a file of this name that is not MNIST's, so MNIST was not downloaded "
        "over it. Move it away, or name another data folder."
    )


def _sha256(path: Path, size: int) -> str:
    return hashlib.sha256(read_regular(path, size + 1)).hexdigest()


def _fetch_file(
    url: str,
    path: Path,
    file: KnownFile,
    on_progress: Progress | None,
    patience: Patience | None,
) -> None:
    """Fetch one file, or raise and leave nothing behind."""
    with writing(path, DataError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with open_atomically(path) as stream:
            _receive(url, stream, file, on_progress, patience or Patience())


def _receive(
    url: str,
    stream: IO[bytes],
    file: KnownFile,
    on_progress: Progress | None,
    patience: Patience,
) -> None:
    checksum = hashlib.sha256()
    arrived = 0
    with closing(_pieces(url, patience)) as pieces:
        for piece in pieces:
            arrived += len(piece)
            if arrived > file.size:
                raise _MirrorError(f"more than the {file.size:,} bytes of this file come")
            checksum.update(piece)
            stream.write(piece)
            if on_progress:
                on_progress(file.name, arrived, file.size)
    if arrived < file.size:
        raise _MirrorError(f"only {arrived:,} of {file.size:,} bytes came")
    if checksum.hexdigest() != file.sha256:
        raise _MirrorError("another file came (its SHA-256 is not MNIST's)")


def _pieces(url: str, patience: Patience) -> Generator[bytes, None, None]:
    """Yield what arrives from `url`, and stop waiting when it comes too slowly."""
    arriving: queue.Queue[bytes | _MirrorError] = queue.Queue(maxsize=16)
    given_up = threading.Event()
    # A daemon: nobody waits for one that hangs, not even the end of the program.
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
                raise _MirrorError("it sends too slowly")
            yield piece
    finally:
        given_up.set()


def _fetch(
    url: str,
    arriving: "queue.Queue[bytes | _MirrorError]",
    given_up: threading.Event,
    patience: Patience,
) -> None:
    """Put what `url` sends into the queue: pieces, then an empty one; or the exception."""

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
    except Exception as error:  # handed to the thread that can do something about it
        hand_over(_MirrorError(_reason(error)))


class _NearRedirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirect on the same server, as safely encrypted as before, and no other.

    Another server has been checked by nobody, may stand in the network of the person who asks,
    and is told who asks.
    """

    def redirect_request(  # noqa: PLR0917 (urllib's own signature)
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        """Return the request for the new address.

        Raises:
            _MirrorError: it is another server's.
        """
        if _server(newurl) != _server(req.full_url):
            scheme, host, _ = _server(newurl)
            raise _MirrorError(f"it sends elsewhere, to {scheme}://{host}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _server(url: str) -> tuple[str, str | None, int | None]:
    parts = urllib.parse.urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _opener() -> urllib.request.OpenerDirector:
    """Make an opener that knows no ftp and no files, and stays with the mirror it is sent to."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        _NearRedirects(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _reason(error: Exception) -> str:
    """Say in few words why a mirror failed."""
    if isinstance(error, urllib.error.HTTPError):
        with error:
            return f"it answers {error.code} {str(error.reason)[:_LONGEST_REASON]}"
    if isinstance(error, urllib.error.URLError) and isinstance(error.reason, Exception):
        return _reason(error.reason)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error)[:_LONGEST_REASON] or type(error).__name__

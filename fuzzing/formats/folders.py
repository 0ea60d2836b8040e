"""A folder of pictures for each class: each line of an input is the path of a picture."""

import io
import shutil
from pathlib import Path

from PIL import Image

from fuzzing.formats import Format, Reading
from nn.datasets.picture_folders import Preparation
from nn.datasets.sources import load_images

_MOST_PICTURES = 12
_ROOT = "pictures"


def _prepare(folder: Path) -> list[bytes]:
    Image.init()  # loads all decoders, some of which run code of their own
    stream = io.BytesIO()
    Image.new("RGB", (3, 2), (9, 99, 200)).save(stream, "PNG")
    (folder / "one.png").write_bytes(stream.getvalue())
    return [
        b"cat/1.png\ndog/2.png",
        b"train/cat/1.png\ntrain/dog/2.png\ntest/cat/3.png\nval/dog/4.png",
        b"2/a.png\n10/b.png\n1/c.jpg\n1/d.txt",
        b"a/1.png\nb/c/1.png\nb/settings.yaml\n.d/1.png",
    ]


def _read(content: bytes, folder: Path) -> Reading:
    root = folder / _ROOT
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    for line in content.split(b"\n")[:_MOST_PICTURES]:
        words = [word for word in line.split(b"/") if word.strip(b".")][:4]
        path = root.joinpath(*(word.decode("utf-8", "surrogateescape") for word in words))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / "one.png", path)
        except (OSError, ValueError):  # no name that a file can have, or one that is taken
            continue
    return lambda: _look_at(root)


def _look_at(root: Path) -> object:
    data = load_images("pictures", root, pictures=Preparation(size=4, colour=True))
    assert len(data.class_names) == data.classes
    assert all(name.isprintable() for name in data.class_names)
    return data.source


FORMAT = Format(
    "folders",
    _prepare,
    _read,
    tokens=(
        *(b"/", b"\n", b".png", b".JPG", b"train/", b"Testing/", b"valid/", b"settings.yaml"),
        *(b"\x1b[2J", b"\xff", b"\xe2\x80\xae", b"9" * 60, b"x" * 200, b"cat/", b"."),
    ),
)

"""Picture files made to do harm: too large, too slow, in strange formats, or no files at all."""

import io
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFile

from nn.datasets.picture import prepare_picture
from nn.datasets.picture_file import pictures_in, read_grey
from nn.errors import DataError


def drawing() -> Image.Image:
    """Return a 7, dark on light."""
    image = Image.new("L", (120, 140), 255)
    ImageDraw.Draw(image).line([(20, 27), (73, 27), (40, 107)], fill=0, width=10)
    return image


def saved(tmp_path: Path, name: str, **words: object) -> Path:
    drawing().save(tmp_path / name, **words)
    return tmp_path / name


@pytest.fixture
def plain(tmp_path: Path) -> np.ndarray:
    return prepare_picture(saved(tmp_path, "plain.png"))


def unpack(_image: Image.Image) -> None:
    raise AssertionError("the picture is unpacked")


@pytest.fixture
def unpacks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile.ImageFile, "load", unpack)


def assert_alike(prepared: np.ndarray, expected: np.ndarray) -> None:
    assert np.abs(prepared.astype(int) - expected.astype(int)).mean() < 6


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, rows: bytes = b"", colours: int = 0) -> bytes:
    """Write a PNG of 8 bits by hand, its header saying what it likes."""
    header = struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.mark.parametrize("side", [5_657, 12_000, 30_000, 60_000])
def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked(
    tmp_path: Path, unpacks_nothing: None, side: int
) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png(side, side))
    with pytest.raises(DataError, match=r"pixels.* the limit is 32,000,000"):
        prepare_picture(path)


def test_a_picture_narrow_and_endless_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "long.png"
    path.write_bytes(png(32_001, 1))
    with pytest.raises(DataError, match=r"32,001 x 1 pixels.*32,000 on a side"):
        prepare_picture(path)


def webp_canvas(side: int) -> bytes:
    """Write an animated WebP's header, whose decoder sets the canvas aside before it is asked."""
    canvas = (side - 1).to_bytes(3, "little") * 2
    extended = b"VP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + canvas
    body = b"WEBP" + extended + b"ANIM" + struct.pack("<I", 6) + bytes(6)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def run_length_bitmap(width: int, height: int, body: bytes) -> bytes:
    """Write a BMP whose runs may jump hundreds of rows ahead."""
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(body), 0, 0, 256, 0)
    start = 14 + len(info) + 1024
    return b"BM" + struct.pack("<IHHI", start + len(body), 0, 0, start) + info + bytes(1024) + body


def packed(kind: str, mode: str, **words: object) -> bytes:
    """Save a picture of nothing, nearly the largest that is read."""
    stream = io.BytesIO()
    Image.new(mode, (5_600, 5_600)).save(stream, kind, **words)
    return stream.getvalue()


SMALL_FILES: dict[str, Callable[[], bytes]] = {
    "png": lambda: packed("PNG", "RGBA"),
    "gif": lambda: packed("GIF", "L"),
    "tiff": lambda: packed("TIFF", "F", compression="tiff_deflate"),
    "webp": lambda: packed("WEBP", "RGBA", lossless=True, method=0),
    "webp canvas": lambda: webp_canvas(16_384),
    "bmp": lambda: run_length_bitmap(32_000, 1_000, b"\0\2\xff\xff" * 99),
    "bmp long": lambda: run_length_bitmap(31_000_000, 1, b"\0\2\xff\xff" * 99),
}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.long] if name != "bmp" else []) for name in SMALL_FILES],
)
def test_a_small_file_of_a_large_picture_takes_less_than_a_gigabyte(
    tmp_path: Path, name: str
) -> None:
    content = SMALL_FILES[name]()
    assert len(content) < 300_000
    (tmp_path / "picture").write_bytes(content)
    code = (
        "import resource, sys, time\n"
        "from pathlib import Path\n"
        "from nn.datasets.picture import prepare_picture\n"
        "from nn.errors import DataError\n"
        "try: prepare_picture(Path(sys.argv[1]))\n"
        "except DataError as error: print(error)\n"
        "peak = [line for line in open('/proc/self/status') if line.startswith('VmHWM')]\n"
        "print(int(peak[0].split()[1]) // 1024)\n"
    )
    if not Path("/proc/self/status").exists():
        pytest.skip("this system does not say how much memory a process had")
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "picture")],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    words, megabytes = done.stdout.splitlines()
    assert "picture" in words
    assert int(megabytes) < 1000


def test_a_jpeg_of_a_thousand_scans_is_refused(tmp_path: Path, monkeypatch) -> None:
    """Each adds 50 bytes to the file, and as much work as the whole picture."""
    stream = io.BytesIO()
    Image.new("L", (2_000, 2_000)).save(stream, "JPEG", progressive=True)
    whole = stream.getvalue()
    scan = whole[whole.rindex(b"\xff\xda") : -2]
    path = tmp_path / "scans.jpg"
    path.write_bytes(whole[:-2] + scan * 1000 + whole[-2:])
    tiff = tmp_path / "scans.tiff"
    Image.new("L", (2_000, 2_000)).save(tiff, compression="jpeg")
    tiff.write_bytes(tiff.read_bytes() + scan * 1000)
    monkeypatch.setattr(ImageFile.ImageFile, "load", unpack)
    with pytest.raises(DataError, match="this JPEG has more than 100 scans"):
        prepare_picture(path)
    with pytest.raises(DataError, match="this JPEG has more than 100 scans"):
        prepare_picture(tiff)


@pytest.mark.parametrize("comment", [b"#" + b"x" * 400_000, b"#x\n" * 150_000])
def test_a_ppm_of_little_but_comments_is_refused(tmp_path: Path, comment: bytes) -> None:
    """Pillow reads them byte by byte: 200 MB would take more than a minute."""
    path = tmp_path / "comment.ppm"
    path.write_bytes(b"P6\n" + comment + b"\n3 3 255\n" + bytes(27))
    with pytest.raises(DataError, match=r"cannot be read \(more than 200,000 pieces"):
        prepare_picture(path)


def test_a_program_for_ghostscript_is_not_run(tmp_path: Path) -> None:
    path = tmp_path / "picture.eps"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n")
    with pytest.raises(DataError, match="not a picture in a supported format"):
        prepare_picture(path)


@pytest.mark.parametrize("kind", ["TGA", "PCX", "SGI", "DDS", "ICO", "JPEG2000", "PDF", "EPS"])
def test_formats_of_which_nobody_sends_digits_are_not_decoded(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "picture.png"
    try:
        drawing().save(path, kind)
    except OSError:
        pytest.skip(f"this Pillow writes no {kind}")
    with pytest.raises(DataError, match=r"not a picture in a supported format \(PNG, JPEG, "):
        prepare_picture(path)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_of_an_animated_picture_the_first_frame_counts(tmp_path: Path, kind, plain) -> None:
    first = drawing()
    others = [first.transpose(Image.Transpose.ROTATE_180)] * 3
    words = {"lossless": True} if kind == "WEBP" else {}
    first.save(tmp_path / "moving", kind, save_all=True, append_images=others, **words)
    assert_alike(prepare_picture(tmp_path / "moving"), plain)


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0" + b"rubbish" * 9,
        b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x01\x12\0\x03\0\0\0\x01\0\x63\0\0" * 9,
        b"Exif\0\0II*\0\xff\xff\xff\x7f",
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x02\0\xff\xff\xff\xff\0\0\0\0",
    ],
    ids=["no exif", "turned 99 times", "an offset beyond", "a text of gigabytes"],
)
def test_rubbish_from_a_camera_is_an_error_or_passed_over(tmp_path: Path, exif, plain) -> None:
    path = saved(tmp_path, "photograph.jpg", exif=exif)
    try:
        assert_alike(prepare_picture(path), plain)
    except DataError as error:
        assert str(path) in str(error)  # noqa: PT017 (both ends are right)


@pytest.mark.parametrize(("pen", "veil", "ground"), [(0, 255, 1), (255, 0, 0)])
def test_only_what_is_more_than_half_opaque_decides_the_ground(
    tmp_path: Path, pen: int, veil: int, ground: int
) -> None:
    pixels = np.zeros((2, 3, 4), np.uint8)
    pixels[0, 0] = (pen, pen, pen, 128)
    pixels[1] = (veil, veil, veil, 127)
    Image.fromarray(pixels).save(tmp_path / "veil.png")
    assert read_grey(tmp_path / "veil.png", 3)[0, 1:].tolist() == [ground] * 2


@pytest.mark.timeout(10)
def test_a_pipe_and_a_device_are_no_pictures(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "zeros.png").symlink_to("/dev/zero")
    for name in ("pipe.png", "zeros.png"):
        with pytest.raises(DataError, match=f"{name}: cannot be read .a pipe or a device"):
            prepare_picture(tmp_path / name)


def test_a_file_larger_than_any_picture_is_not_taken_into_memory(tmp_path: Path) -> None:
    path = tmp_path / "huge.webp"
    path.write_bytes(b"RIFF\xff\xff\xff\xffWEBPVP8 ")
    with path.open("r+b") as stream:
        stream.truncate(1 << 40)
    with pytest.raises(DataError, match="larger than 268,435,456 bytes, the limit for a picture"):
        prepare_picture(path)


def test_a_decoder_that_prints_by_itself_is_not_heard(tmp_path: Path, capfd) -> None:
    """libtiff does, past Python; the error is to be one line, and what follows is to be heard."""
    path = saved(tmp_path, "damaged.tiff", compression="tiff_deflate")
    content = bytearray(path.read_bytes())
    content[8:40] = bytes(32)
    path.write_bytes(content)
    with pytest.raises(DataError, match="cannot be read"):
        prepare_picture(path)
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"


def test_a_closed_standard_error_is_no_trouble(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("nn.datasets.picture_file._STANDARD_ERROR", 10_000)
    assert prepare_picture(saved(tmp_path, "seven.png")).any()


def heic(tmp_path: Path) -> Path:
    """Save the picture of a seven as telephones do."""
    pillow_heif = pytest.importorskip("pillow_heif")
    path = tmp_path / "IMG_1.HEIC"
    pillow_heif.from_pillow(drawing().convert("RGB")).save(path, quality=90)
    return path


def test_the_pictures_of_telephones_are_read(tmp_path: Path, plain: np.ndarray) -> None:
    path = heic(tmp_path)
    assert pictures_in(tmp_path) == [path, tmp_path / "plain.png"]
    assert_alike(prepare_picture(path), plain)


def test_without_the_package_for_heic_it_is_said_what_to_install(tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    path = tmp_path / "a.heic"
    path.write_bytes(b"\0\0\0\x1cftypheic\0\0\0\0mif1heic" + bytes(500))
    with pytest.raises(DataError, match=r"HEIC picture.*pip install.*heic.*JPEG"):
        prepare_picture(path)


def test_a_damaged_heic_picture_is_refused(tmp_path: Path) -> None:
    path = heic(tmp_path)
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(DataError, match=r"IMG_1\.HEIC"):
        prepare_picture(path)

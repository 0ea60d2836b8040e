"""Pictures of one's own: however they were made, the digit comes out as MNIST has it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from nn.datasets.drawn_digits import draw_digits
from nn.datasets.picture import _without_specks, prepare_grey, prepare_picture
from nn.errors import DataError

Drawing = Callable[[Path], Path]

HEIGHT, WIDTH = 420, 360


def seven(pen: int = 30, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """Return the ink, 0 to 1, of a 7 left of the middle, 240 pixels high and 160 wide."""
    canvas = Image.new("L", (width, height))
    draw = ImageDraw.Draw(canvas)
    draw.line([(60, 80), (220, 80), (120, 320)], fill=255, width=pen, joint="curve")
    return np.asarray(canvas, dtype=float) / 255


def saved(tmp_path: Path, light: np.ndarray, name: str = "seven.png", **words) -> Path:
    pixels = np.rint(np.clip(light, 0, 1) * 255).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / name, **words)
    return tmp_path / name


@pytest.fixture
def plain(tmp_path: Path) -> np.ndarray:
    return prepare_picture(saved(tmp_path, seven(), "plain.png"))


def assert_alike(prepared: np.ndarray, expected: np.ndarray, mean_difference: float = 6) -> None:
    """Compare; a shift by one pixel makes a difference of 12.5, a mirrored digit one of 23."""
    assert prepared.shape == expected.shape
    assert prepared.dtype == np.uint8
    difference = np.abs(prepared.astype(int) - expected.astype(int)).mean()
    assert difference < mean_difference


def test_the_digit_is_fitted_into_twenty_pixels_and_centred_by_mass(plain: np.ndarray) -> None:
    rows, columns = np.flatnonzero(plain.max(axis=1)), np.flatnonzero(plain.max(axis=0))
    assert 19 <= rows[-1] - rows[0] + 1 <= 21
    # 160 + pen against 240 + pen: the sides keep their proportion.
    assert 12 <= columns[-1] - columns[0] + 1 <= 15
    ink = plain.astype(float)
    assert abs((ink.sum(axis=1) @ np.arange(28)) / ink.sum() - 14) <= 0.5
    assert abs((ink.sum(axis=0) @ np.arange(28)) / ink.sum() - 14) <= 0.5
    assert plain.max() == 255
    # A 7 has its ink at the top and nothing at the lower right.
    assert plain[rows[0] + 1, columns[2] : columns[-2]].min() > 200
    assert plain[18:, 18:].max() == 0


def test_a_pen_of_ordinary_width_keeps_it(plain: np.ndarray) -> None:
    ink = seven().sum() * (20 / (240 + 30)) ** 2 * 255
    assert 0.9 * ink < plain.sum() < 1.2 * ink


def test_without_a_margin_the_digit_is_the_same(tmp_path: Path, plain: np.ndarray) -> None:
    ink = seven()
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    cropped = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    for light in (cropped, 1 - cropped, 0.9 - 0.4 * cropped):
        assert_alike(prepare_picture(saved(tmp_path, light)), plain)


def test_a_bar_on_the_first_row_stays(tmp_path: Path, plain: np.ndarray) -> None:
    ink = seven()
    ink = ink[np.flatnonzero(ink.any(axis=1))[0] :]
    assert_alike(prepare_picture(saved(tmp_path, LIGHT_FROM_THE_LEFT * (1 - 0.7 * ink))), plain, 13)


@pytest.mark.long
@pytest.mark.parametrize("dark", [False, True])
def test_drawn_digits_need_no_margin(dark: bool) -> None:
    """Small pictures, with strokes of any width; some are moved by one pixel."""
    differences = []
    for digit in draw_digits(100, np.random.default_rng(5)).images:
        rows, columns = np.flatnonzero(digit.any(axis=1)), np.flatnonzero(digit.any(axis=0))
        cropped = digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        without, with_margin = (
            prepare_grey(np.abs(dark - np.pad(cropped, margin) / np.float32(255)), (28, 28))
            for margin in (0, 6)
        )
        assert without is not None
        assert with_margin is not None
        differences.append(np.abs(without.astype(int) - with_margin).mean())
    assert np.percentile(differences, 85) < 6
    assert max(differences) < 25


LIGHT_FROM_THE_LEFT = np.linspace(0.95, 0.45, WIDTH)[None, :]
NOISE = 0.03 * np.random.default_rng(0).standard_normal((HEIGHT, WIDTH))


@pytest.mark.parametrize(
    "light",
    [
        1 - seven(),
        0.9 - 0.25 * seven(),
        LIGHT_FROM_THE_LEFT * (1 - 0.7 * seven()),
        LIGHT_FROM_THE_LEFT * (1 - 0.6 * seven()) + NOISE,
        0.15 + 0.6 * seven() + NOISE,
        0.3 * LIGHT_FROM_THE_LEFT + 0.5 * seven(),
    ],
    ids=["dark on light", "pencil", "shadow", "photograph", "chalk", "blackboard"],
)
def test_light_and_paper_make_no_difference(tmp_path: Path, light, plain: np.ndarray) -> None:
    assert_alike(prepare_picture(saved(tmp_path, light)), plain)


@pytest.mark.parametrize(
    ("light", "damaged"),
    [(0.4 - 0.25 * seven(), 1), (0.6 + 0.3 * seven(), 0)],
    ids=["a dim photograph of ink", "a bright photograph of chalk"],
)
def test_the_border_is_judged_by_the_pictures_own_shades(
    tmp_path: Path, light: np.ndarray, damaged: int, plain: np.ndarray
) -> None:
    """Dim paper is darker than medium grey, and still paper; damaged pixels do not count."""
    assert_alike(prepare_picture(saved(tmp_path, light)), plain)
    light[400:404, 10:14] = damaged
    assert_alike(prepare_picture(saved(tmp_path, light)), plain)


@pytest.mark.parametrize("factor", [0.1, 0.3, 3.0])
def test_size_makes_no_difference(tmp_path: Path, factor: float, plain: np.ndarray) -> None:
    size = (round(WIDTH * factor), round(HEIGHT * factor))
    image = Image.fromarray((255 * (1 - seven())).astype(np.uint8)).resize(size)
    image.save(tmp_path / "scaled.png")
    assert_alike(prepare_picture(tmp_path / "scaled.png"), plain, 12)


def test_the_place_in_the_frame_makes_no_difference(tmp_path: Path, plain: np.ndarray) -> None:
    far = np.pad(1 - seven(), ((300, 0), (0, 500)), constant_values=1)
    assert_alike(prepare_picture(saved(tmp_path, far)), plain, 12)


@pytest.mark.parametrize("name", ["a.jpg", "a.gif", "a.bmp", "a.tiff", "a.webp", "a.ppm", "a"])
def test_formats_make_no_difference(tmp_path: Path, name: str, plain: np.ndarray) -> None:
    words = {} if "." in name else {"format": "PNG"}
    assert_alike(prepare_picture(saved(tmp_path, 1 - seven(), name, **words)), plain)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "I;16", "I", "F"])
def test_colour_modes_make_no_difference(tmp_path: Path, mode: str, plain: np.ndarray) -> None:
    image = Image.fromarray((255 * (1 - seven())).astype(np.uint8))
    if mode == "I;16":
        image = Image.fromarray((40_000 * (1 - seven()) + 9).astype(np.uint16))
    path = tmp_path / ("a.tiff" if mode in ("CMYK", "I;16", "I", "F") else "a.png")
    image.convert(mode).save(path) if mode != "I;16" else image.save(path)
    assert_alike(prepare_picture(path), plain)


def test_faint_contrast_of_sixteen_bits_is_stretched(tmp_path: Path, plain: np.ndarray) -> None:
    Image.fromarray((61_000 - 1_000 * seven()).astype(np.uint16)).save(tmp_path / "a.png")
    assert_alike(prepare_picture(tmp_path / "a.png"), plain)


@pytest.mark.parametrize("pen_is", ["black", "white"])
def test_a_transparent_ground_is_no_ink(tmp_path: Path, pen_is: str, plain: np.ndarray) -> None:
    pixels = np.zeros((HEIGHT, WIDTH, 4), dtype=np.uint8)
    pixels[:, :, :3] = 255 if pen_is == "white" else 0
    pixels[:, :, 3] = 255 * seven()
    Image.fromarray(pixels).save(tmp_path / "transparent.png")
    assert_alike(prepare_picture(tmp_path / "transparent.png"), plain)


def test_a_camera_held_sideways_makes_no_difference(tmp_path: Path, plain: np.ndarray) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter to the right before it is shown
    turned = np.rot90(1 - seven())
    assert_alike(prepare_picture(saved(tmp_path, turned, "turned.jpg", exif=exif)), plain)


def test_dust_does_not_shrink_the_digit(tmp_path: Path, plain: np.ndarray) -> None:
    dusty = 1 - seven()
    dusty[400:408, 340:348] = 0
    dusty[5:9, 5:11] = 0
    assert_alike(prepare_picture(saved(tmp_path, dusty)), plain)


def test_soft_edges_stay_and_dust_goes() -> None:
    ink = np.zeros((64, 64), dtype=np.float32)
    ink[20:40, 30:34] = 1
    ink[20:40, 34] = 0.2
    dusty = ink.copy()
    dusty[60, 60] = 1
    dusty[50, 10] = 0.2
    np.testing.assert_array_equal(_without_specks(dusty), ink)


def test_a_line_that_touches_the_digit_at_corners_only_stays() -> None:
    ink = np.zeros((64, 64), dtype=np.float32)
    ink[10:40, 10:40] = 1
    ink[range(40, 48), range(40, 48)] = 1
    np.testing.assert_array_equal(_without_specks(ink), ink)


def test_a_detached_bar_stays(tmp_path: Path) -> None:
    whole = 1 - seven()
    whole[180:200, 250:330] = 0
    bar = prepare_picture(saved(tmp_path, whole))
    assert not np.array_equal(bar, prepare_picture(saved(tmp_path, 1 - seven(), "without.png")))
    assert np.flatnonzero(bar.max(axis=0)).size >= 18


def test_a_hair_thin_line_is_drawn_so_that_it_can_be_read(tmp_path: Path) -> None:
    drawing = Image.new("L", (1080, 1260), 255)
    line = [(180, 240), (660, 240), (360, 960)]
    ImageDraw.Draw(drawing).line(line, fill=0, width=3)
    drawing.save(tmp_path / "thin.png")
    thin = prepare_picture(tmp_path / "thin.png")
    assert thin.mean() > 10
    assert (thin > 128).sum() > 25


@pytest.mark.parametrize("shape", [(28, 28), (14, 20), (56, 40)])
def test_the_data_sets_own_size_is_used(tmp_path: Path, shape: tuple[int, int]) -> None:
    prepared = prepare_picture(saved(tmp_path, 1 - seven()), shape)
    assert prepared.shape == shape
    rows = np.flatnonzero(prepared.max(axis=1) > 40)
    assert abs(rows[-1] - rows[0] + 1 - shape[0] * 20 / 28) <= 1


def test_a_link_to_a_picture_is_followed(tmp_path: Path, plain: np.ndarray) -> None:
    link = tmp_path / "link"
    link.symlink_to(saved(tmp_path, 1 - seven()))
    assert_alike(prepare_picture(link), plain)


def blank(tmp_path: Path, light: float, noise: float = 0) -> Path:
    return saved(
        tmp_path, light + noise * np.random.default_rng(1).standard_normal((HEIGHT, WIDTH))
    )


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: folder / "nowhere.png", "file not found"),
        (lambda folder: folder, "is a folder"),
        (lambda folder: blank(folder, 1), "nothing on this picture"),
        (lambda folder: blank(folder, 0), "nothing on this picture"),
        (lambda folder: blank(folder, 0.8, noise=0.05), "nothing on this picture"),
        (lambda folder: blank(folder, 0.5, noise=0.15), "nothing on this picture"),
        (
            lambda folder: saved(folder, np.repeat(LIGHT_FROM_THE_LEFT, HEIGHT, axis=0)),
            "nothing on this picture",
        ),
        (lambda folder: saved(folder, np.zeros((1, 1))), "nothing on this picture"),
    ],
    ids=["missing", "folder", "white", "black", "noise", "much noise", "shadow", "one pixel"],
)
def test_what_shows_no_digit_is_refused_by_name(tmp_path: Path, make: Drawing, words: str) -> None:
    path = make(tmp_path)
    with pytest.raises(DataError, match=words) as caught:
        prepare_picture(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"plain text",
        b"\x89PNG\r\n\x1a\n",
    ],
    ids=["empty", "text", "header only"],
)
def test_what_is_no_picture_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"not a picture in a supported format|cannot be read"):
        prepare_picture(path)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.gif"])
def test_a_picture_cut_short_is_refused(tmp_path: Path, name: str) -> None:
    noisy = 1 - seven() + NOISE
    path = saved(tmp_path, noisy, name)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DataError, match="cannot be read"):
        prepare_picture(path)

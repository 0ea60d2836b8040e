"""A sheet is found where it lies on something darker, and nothing else is taken for one."""

import numpy as np
from PIL import Image, ImageDraw

from nn.datasets.drawn_digits import draw_digits
from nn.datasets.sheet import cut_out_sheet


def scene(corners, desk: float = 0.2, ink: bool = True) -> np.ndarray:
    """Draw a light sheet with these corners and a dark bar at its middle."""
    picture = Image.new("F", (320, 240), desk)
    pen = ImageDraw.Draw(picture)
    pen.polygon(corners, fill=0.9)
    if ink:
        x, y = np.mean(corners, axis=0)
        pen.line([x - 20, y, x + 20, y], fill=0.1, width=8)
    return np.asarray(picture)


SHEET = [(60, 40), (50, 200), (250, 220), (270, 50)]


def test_the_sheet_fills_the_result_and_keeps_its_proportions() -> None:
    sheet = cut_out_sheet(scene(SHEET))
    assert sheet.dtype == np.float32
    assert np.allclose([*sheet[0], *sheet[-1], *sheet[:, 0], *sheet[:, -1]], 0.9)
    assert 1.15 < sheet.shape[1] / sheet.shape[0] < 1.35  # 205 by 165
    rows = np.flatnonzero((sheet < 0.5).any(axis=1))
    assert abs(rows.mean() / sheet.shape[0] - 0.5) < 0.05


def test_a_sheet_turned_by_thirty_degrees_is_straightened() -> None:
    angle = np.radians(30)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    corners = np.array([[-80, -50], [-80, 50], [80, 50], [80, -50]]) @ turn + [160, 120]
    sheet = cut_out_sheet(scene([tuple(corner) for corner in corners]))
    assert np.allclose([*sheet[0], *sheet[-1], *sheet[:, 0], *sheet[:, -1]], 0.9, atol=0.02)


def test_without_a_desk_without_contrast_or_without_ink_the_picture_stays() -> None:
    full = [(-10, -10), (-10, 250), (330, 250), (330, -10)]
    round_ = [(160 + 100 * np.cos(t), 120 + 100 * np.sin(t)) for t in np.linspace(0, 6.28, 60)]
    for picture in (scene(full), scene(SHEET, desk=0.85), scene(SHEET, ink=False), scene(round_)):
        assert cut_out_sheet(picture) is picture


def test_light_digits_on_black_are_no_sheets() -> None:
    for digit in draw_digits(30, np.random.default_rng(1)).images / np.float32(255):
        assert cut_out_sheet(digit) is digit
        cropped = digit[4:24, 4:24]
        assert cut_out_sheet(cropped) is cropped

"""The page in a real browser: drawn on, clicked, stepped through by keys, in light and dark."""

import re
import shlex
import socket
import zipfile
from typing import Any

import numpy as np
import pytest

from nn.datasets.digit_shapes import WAYS
from nn.datasets.idx import read_idx
from nn.losses import softmax
from nn.reports.film_data import film_data
from nn.runs.experiment import run_experiment
from nn.runs.saved_run import load_run
from tests.reports.html.on_page import ONE, SEVEN, draw, names, pixels, wait_for_text, width_at

PAD = "document.querySelector('#pad').toDataURL()"


def pick_cell(reported, right: bool) -> tuple[int, int, int]:
    """Return a cell of the confusion matrix that is not empty: true, predicted, count."""
    predictions = reported.run.predictions
    places = np.flatnonzero((predictions.true == predictions.predicted) == right)
    true, predicted = predictions.true[places[0]], predictions.predicted[places[0]]
    count = np.sum((predictions.true == true) & (predictions.predicted == predicted))
    return int(true), int(predicted), int(count)


# Drawing ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "digit"), [(SEVEN, "7"), pytest.param(ONE, "1", marks=pytest.mark.long)]
)
def test_the_network_reads_what_the_mouse_draws(points, digit, page):
    draw(page, points)
    wait_for_text(page, "#answer", digit)
    assert re.match(r"\d+\.\d% sure$", page.inner_text("#sure"))
    shares = [float(text.rstrip("%")) for text in page.locator("#bars .percent").all_inner_texts()]
    assert len(shares) == 10
    assert sum(shares) == pytest.approx(100, abs=1)
    assert shares[int(digit)] == max(shares)
    # What the network gets has the size of its images, and is centred by mass.
    seen = pixels(page, "#prepared")
    assert seen.shape == (28, 28)
    middle = np.average(np.indices(seen.shape).reshape(2, -1), axis=1, weights=seen.ravel())
    assert np.abs(middle - 14).max() <= 0.5


@pytest.mark.long
def test_it_answers_while_the_line_is_still_being_drawn(page):
    box = page.locator("#pad").bounding_box()
    page.mouse.move(box["x"] + 100, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 110, box["y"] + 160, steps=5)
    wait_for_text(page, "#answer", r"\d")
    page.mouse.up()


@pytest.mark.long
def test_a_finger_draws_too_and_does_not_scroll_the_page(open_page):
    page = open_page(390, 844, has_touch=True, is_mobile=True)
    page.locator("#pad").scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    box = page.locator("#pad").bounding_box()
    send = page.context.new_cdp_session(page).send
    for step in range(12):
        point = {
            "x": box["x"] + box["width"] / 2,
            "y": box["y"] + box["height"] * (0.2 + step / 20),
        }
        kind = "touchMove" if step else "touchStart"
        send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    wait_for_text(page, "#answer", "1")
    assert page.evaluate("scrollY") == before


@pytest.mark.long
def test_undo_takes_the_last_line_back_and_clear_all_of_them(page):
    empty = page.evaluate(PAD)
    draw(page, SEVEN)
    wait_for_text(page, "#answer", "7")
    one_line = page.evaluate(PAD)
    draw(page, [(0.1, 0.9), (0.9, 0.9)])
    page.wait_for_timeout(60)
    assert page.evaluate(PAD) != one_line
    page.click("#undo")
    page.wait_for_timeout(60)
    assert page.evaluate(PAD) == one_line
    page.click("#clear")
    wait_for_text(page, "#answer", "^$")
    assert page.evaluate(PAD) == empty
    assert page.locator("#pad-hint").is_visible()


def test_what_is_no_digit_is_said_so(page):
    zigzag = [(0.1 + 0.08 * n, 0.15 + 0.7 * (n % 2)) for n in range(11)]
    draw(page, zigzag)
    wait_for_text(page, "#sure", "^Does not look like a digit; ")


@pytest.mark.long
def test_the_pad_can_be_drawn_on_with_keys_alone_and_says_its_answer(page):
    page.focus("#pad")
    page.keyboard.press("Space")
    for _ in range(16):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    wait_for_text(page, "#spoken", r"The network answers 1, \d+\.\d% sure")
    page.keyboard.press("Delete")
    wait_for_text(page, "#answer", "^$")
    wait_for_text(page, "#spoken", "^$")


def test_a_test_image_can_be_put_to_the_network(page):
    page.click("#random")
    wait_for_text(page, "#sure", r"\d% sure, (correct|wrong: it is \d)")
    assert page.locator("#bars .true").count() == 1
    assert pixels(page, "#prepared").any()


@pytest.mark.long
def test_a_number_on_the_pad_is_read_digit_by_digit(page, reported):
    page.click("#wide")
    box = page.locator("#pad").bounding_box()
    assert box["width"] == pytest.approx(2.5 * box["height"], rel=0.01)
    for start, points in ((0.1, SEVEN), (0.35, ONE), (0.55, SEVEN)):
        draw(page, [(start + 0.25 * x, y) for x, y in points])
    wait_for_text(page, "#answer", "^717$")
    assert re.match(r"least certain: [17], \d+\.\d% sure", page.inner_text("#sure"))
    assert page.locator("#digits button").count() == 3
    assert page.inner_text("#bars .best .label") == "7"  # the last one, which is being drawn
    page.click("#digits button >> nth=1")
    assert page.inner_text("#bars .best .label") == "1"
    assert page.locator("#collect .keep:disabled").count() == 10
    page.click("#clear")
    wait_for_text(page, "#answer", "^$")
    assert page.locator("#digits").is_hidden()
    page.click("#wide")


@pytest.mark.long
def test_ten_drawn_digits_are_saved_trained_on_and_read(page, reported, tmp_path):
    page.click("#collect summary")
    assert page.locator("#collect .keep:disabled").count() == 10
    kept = [*range(10), 0]
    for label in kept:
        _, strokes = WAYS[label][0]
        for stroke in strokes:
            draw(page, [(0.3 + 0.4 * x, 0.15 + 0.7 * y) for x, y in stroke])
        wait_for_text(page, "#answer", r"\d")
        page.click(f"#collect .keep[data-label='{label}']")
        wait_for_text(page, "#answer", "^$")
    page.click("#remove-kept")
    assert page.text_content("#kept").startswith("10 kept: 0 × 1, 1 × 1")
    with page.expect_download() as download:
        page.click("#save-kept")
    assert download.value.suggested_filename == "drawings.zip"
    with zipfile.ZipFile(download.value.path()) as archive:
        archive.extractall(tmp_path / "drawings")
    images = read_idx(tmp_path / "drawings" / "train-images-idx3-ubyte", 3)
    assert read_idx(tmp_path / "drawings" / "train-labels-idx1-ubyte", 1).tolist() == kept[:10]
    assert all(300 < image.astype(int).sum() // 25 < 3000 for image in images)

    words = shlex.split(page.text_content("#collect code >> nth=1"))
    told = dict(zip(words[2::2], words[3::2], strict=True))
    assert told == {"--start-from": str(reported.run.folder.path), "--data-dir": "drawings"}
    settings = reported.run.folder.read_settings().model_copy(
        update={
            "start_from": told["--start-from"], "data_dir": str(tmp_path / "drawings"),
            "save_dir": str(tmp_path), "epochs": 20, "shuffle": False,
            **{"validation_size": 1, "test_size": 1},
        }
    )  # fmt: skip
    before, after = (
        softmax(run.network.forward(run.normalization.apply(images)))
        for run in (load_run(reported.run.folder), load_run(run_experiment(settings).folder))
    )
    trained_on = range(8)  # the last two validate and test
    assert after[trained_on, trained_on].mean() > before[trained_on, trained_on].mean()
    assert (after.argmax(axis=1) == kept[:10])[:8].all()


# Looking ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("right", [pytest.param(True, marks=pytest.mark.long), False])
def test_a_cell_opens_the_very_images_it_counts(right, page, reported):
    true, predicted, count = pick_cell(reported, right)
    page.click(f"#confusion button[data-true='{true}'][data-predicted='{predicted}']")
    words = "correctly" if right else predicted
    assert page.inner_text("#cell-title") == f"True {true}, predicted {words}"
    assert page.inner_text("#cell-count").split()[0] == str(count)
    while page.locator("#cell-more").is_visible():
        page.click("#cell-more")
    labels = names(page, "#cell-images button")
    shown = {int(re.search(r"Index (\d+)", label)[1]) for label in labels}
    predictions = reported.run.predictions
    wanted = (predictions.true == true) & (predictions.predicted == predicted)
    assert shown == set(np.flatnonzero(wanted))
    assert len(labels) == count
    # And they are those images, pixel by pixel.
    number = int(re.search(r"Index (\d+)", labels[-1])[1])
    drawn = pixels(page, "#cell-images li:last-child canvas")
    np.testing.assert_array_equal(drawn, predictions.images[number])


@pytest.mark.parametrize("size", [(390, 844), pytest.param((1366, 700), marks=pytest.mark.long)])
def test_the_images_of_a_cell_are_scrolled_into_view(size, page):
    page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
    page.click("#confusion button >> nth=0")
    page.wait_for_timeout(50)
    box = page.locator("#cell-images").bounding_box()
    assert 0 < box["y"] < size[1] - 80


def test_mistakes_come_surest_first_and_all_of_them(page, reported):
    predictions = reported.run.predictions
    while page.locator("#mistakes-more").is_visible():
        page.click("#mistakes-more")
    labels = names(page, "#mistakes button")
    order = [int(re.search(r"Index (\d+)", label)[1]) for label in labels]
    assert sorted(order) == predictions.mistakes.tolist()
    assert (np.diff(predictions.confidence[order]) <= 0).all()


def test_an_image_opens_alone_with_the_networks_probabilities(page, reported):
    page.locator("#mistakes button").first.click()
    assert page.locator("#one-image").is_visible()
    number = int(re.search(r"Index (\d+)", page.inner_text("#one-title"))[1])
    shares = [
        float(text.rstrip("%")) for text in page.locator("#one-answers .percent").all_inner_texts()
    ]
    expected = 100 * reported.run.predictions.probabilities[number]
    np.testing.assert_allclose(shares, expected, atol=0.06)
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#one-position").startswith("2 of")
    page.keyboard.press("Escape")
    assert page.locator("#one-image").is_hidden()


def test_arrow_keys_move_between_the_cells_and_enter_opens_one(page):
    assert page.locator("#confusion button[tabindex='0']").count() == 1
    page.focus("#confusion button[data-true='0'][data-predicted='0']")
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    where = page.evaluate("({...document.activeElement.dataset})")
    assert where["predicted"] == "0" or where["true"] == "0"
    page.focus("#confusion button[data-true='0'][data-predicted='0']")
    page.keyboard.press("Enter")
    assert page.inner_text("#cell-title") == "True 0, predicted correctly"


def test_curves_say_the_values_of_the_epoch_pointed_at(page, reported):
    rows = (reported.run.folder.path / "loss_history.csv").read_text().splitlines()[1:]
    page.locator("#loss svg").scroll_into_view_if_needed()
    box = page.locator("#loss svg").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 90)  # the left end is the first epoch
    _, training, validation = rows[0].split(",")
    said = page.inner_text("#loss output")
    numbers = [float(number) for number in re.findall(r"[\d.]+", said)]
    assert numbers == pytest.approx([1, float(training), float(validation)], rel=1e-3)
    assert re.match(r"epoch 1\b", page.inner_text("#accuracy output")), "the charts go together"
    page.focus("#accuracy svg")
    page.keyboard.press("End")
    assert re.match(rf"epoch {len(rows)}\b", page.inner_text("#loss output"))
    page.keyboard.press("ArrowLeft")
    assert re.match(rf"epoch {len(rows) - 1}\b", page.inner_text("#loss output"))


def test_the_slider_shows_the_network_as_it_was(page, reported):
    film = film_data(load_run(reported.run.folder), reported.run.predictions)
    assert page.locator("#film-weights canvas").count() == 64
    page.focus("#film-epoch")
    last = pixels(page, "#film-weights canvas")
    for key, frame in (("Home", film["frames"][0]), ("ArrowRight", film["frames"][1])):
        page.keyboard.press(key)
        right = np.trace(frame["matrix"]) / np.sum(frame["matrix"])
        assert (
            page.inner_text("#film-title") == f"After epoch {frame['epoch']}: {right:.1%} correct"
        )
        cells = page.locator("#film-matrix td").all_inner_texts()
        shown = [0 if text == "·" else int(text) for text in cells if text]
        assert shown == np.ravel(frame["matrix"]).tolist()
        words = page.locator("#film-images .classes").all_inner_texts()
        assert [int(text.split()[-1]) for text in words] == frame["predicted"]
        assert (pixels(page, "#film-weights canvas") != last).any()


def test_every_unit_of_the_first_layer_is_drawn(page):
    assert page.locator("#units canvas").count() == 64
    assert np.ptp(pixels(page, "#units canvas")) > 50
    assert page.locator("#units canvas").first.get_attribute("title") == "unit 1"


# Anywhere --------------------------------------------------------------------------------------


def brightness(page: Any, element: str, name: str) -> float:
    colour = page.evaluate(
        "([element, name]) => getComputedStyle(document.querySelector(element))[name]",
        [element, name],
    )
    return float(np.mean([float(part) for part in re.findall(r"[\d.]+", colour)[:3]]))


@pytest.mark.parametrize(
    ("scheme", "dark"), [pytest.param("light", False, marks=pytest.mark.long), ("dark", True)]
)
def test_it_is_light_or_dark_as_the_system_is(scheme, dark, open_page):
    page = open_page(color_scheme=scheme)
    page_is = brightness(page, "body", "backgroundColor")
    assert (page_is < 60) == dark
    assert abs(page_is - brightness(page, "body", "color")) > 150
    corner = pixels(page, "#units canvas")[0, 0]
    assert (corner < 128) == dark


@pytest.mark.parametrize(
    "width", [320, *(pytest.param(width, marks=pytest.mark.long) for width in (390, 800))]
)
def test_nothing_sticks_out_of_a_narrow_screen(width, page):
    width_at(page, width)
    true_zero = page.locator("#confusion button").first
    true_zero.click()
    assert width_at(page, width) == width
    assert page.locator("#pad").bounding_box()["width"] <= width


def test_every_control_and_picture_has_a_name_for_a_screen_reader(page):
    page.locator("#confusion button").first.click()
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, [role=img], [tabindex]:not(main), table")]
            .filter((each) => each.checkVisibility())
            .filter((each) => !each.ariaLabel && !each.getAttribute("aria-labelledby")
                && !each.textContent.trim())
            .map((each) => each.outerHTML.slice(0, 120))"""
    )
    assert nameless == []


def test_the_browser_itself_stops_whatever_would_leave_the_page(browser, reported):
    page = browser.new_page()
    page.goto(reported.page.as_uri())
    with socket.create_server(("127.0.0.1", 0)) as server:
        stopped = page.evaluate(
            """(port) => new Promise((resolve) => {
                const stopped = [];
                document.addEventListener("securitypolicyviolation", (event) => {
                    stopped.push(event.effectiveDirective);
                    if (stopped.length === 3) resolve(stopped.sort());
                });
                fetch(`http://127.0.0.1:${port}/`).catch(() => {});
                new Image().src = `http://127.0.0.1:${port}/image.png`;
                document.body.append(Object.assign(document.createElement("script"), {text: "1"}));
            })""",
            server.getsockname()[1],
        )
        assert stopped == ["connect-src", "img-src", "script-src-elem"]
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()  # nobody has come
    page.close()


def test_the_command_is_copied_or_selected(page):
    page.click("#copy")
    wait_for_text(page, "#copied", "Copied|Selected")


def test_the_page_keeps_its_tables_without_scripts(browser, reported):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(reported.page.as_uri())
    assert page.locator("#confusion button").count() >= 10
    assert page.locator("details tbody tr").count() > 10
    context.close()

"""The page in a real browser: drawn on, clicked, stepped through by keys, in light and dark.

Every page that is opened here must ask for nothing but its own file, and may not say a word to
the browser's console.
"""

import re
import socket
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from nn.datasets.idx import read_idx

SEVEN = [(0.28, 0.22), (0.45, 0.22), (0.72, 0.23), (0.6, 0.45), (0.5, 0.65), (0.44, 0.85)]
ONE = [(0.5, 0.15), (0.5, 0.4), (0.5, 0.6), (0.5, 0.85)]
PAD = "document.querySelector('#pad').toDataURL()"
Open = Callable[..., Any]


@pytest.fixture
def open_page(browser, reported) -> Iterator[Open]:
    """Return a function that opens the report; `words` are those of a browser's context."""
    contexts, said, asked = [], [], []

    def start(width: int = 1200, height: int = 900, **words: Any) -> Any:
        size = {"width": width, "height": height}
        context = browser.new_context(viewport=size, reduced_motion="reduce", **words)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(reported.page.as_uri())
        page.wait_for_selector("html[data-ready=true]")
        return page

    yield start
    for context in contexts:
        context.close()
    assert said == []
    own = reported.page.as_uri()
    assert [url for url in asked if url != own and not url.startswith("data:")] == []


def draw(page: Any, points: list[tuple[float, float]]) -> None:
    """Draw one line on the pad with the mouse; points are shares of its sides."""
    page.locator("#pad").scroll_into_view_if_needed()
    box = page.locator("#pad").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()


def wait_for_text(page: Any, selector: str, pattern: str) -> None:
    script = "([s, p]) => new RegExp(p).test(document.querySelector(s).textContent)"
    page.wait_for_function(script, arg=[selector, pattern])


def pixels(page: Any, selector: str) -> np.ndarray:
    """Return the grey of a canvas, (H, W)."""
    height, width, numbers = page.evaluate(
        """(selector) => {
            const canvas = document.querySelector(selector);
            const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            return [canvas.height, canvas.width, Array.from(data).filter((_, n) => n % 4 === 0)];
        }""",
        selector,
    )
    return np.array(numbers).reshape(height, width)


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
def test_the_network_reads_what_the_mouse_draws(points, digit, open_page):
    page = open_page()
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
def test_it_answers_while_the_line_is_still_being_drawn(open_page):
    page = open_page()
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


def test_undo_takes_the_last_line_back_and_clear_all_of_them(open_page):
    page = open_page()
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


def test_the_pad_can_be_drawn_on_with_keys_alone_and_says_its_answer(open_page):
    page = open_page()
    page.focus("#pad")
    page.keyboard.press("Space")
    for _ in range(16):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    wait_for_text(page, "#spoken", r"The network answers 1, \d+\.\d% sure")
    page.keyboard.press("Delete")
    wait_for_text(page, "#answer", "^$")
    wait_for_text(page, "#spoken", "^$")


def test_a_test_image_can_be_put_to_the_network(open_page):
    page = open_page()
    page.click("#random")
    wait_for_text(page, "#sure", r"\d% sure, (correct|wrong: it is \d)")
    assert page.locator("#bars .true").count() == 1
    assert pixels(page, "#prepared").any()


# Looking ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("right", [pytest.param(True, marks=pytest.mark.long), False])
def test_a_cell_opens_the_very_images_it_counts(right, open_page, reported):
    true, predicted, count = pick_cell(reported, right)
    page = open_page()
    page.click(f"#confusion button[data-true='{true}'][data-predicted='{predicted}']")
    words = "correctly" if right else predicted
    assert page.inner_text("#cell-title") == f"True {true}, predicted {words}"
    assert page.inner_text("#cell-count").split()[0] == str(count)
    while page.locator("#cell-more").is_visible():
        page.click("#cell-more")
    labels = [
        button.get_attribute("aria-label") for button in page.locator("#cell-images button").all()
    ]
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
def test_the_images_of_a_cell_are_scrolled_into_view(size, open_page):
    page = open_page(*size)
    page.click("#confusion button >> nth=0")
    page.wait_for_timeout(50)
    box = page.locator("#cell-images").bounding_box()
    assert 0 < box["y"] < size[1] - 80


def test_mistakes_come_surest_first_and_all_of_them(open_page, reported):
    predictions = reported.run.predictions
    page = open_page()
    while page.locator("#mistakes-more").is_visible():
        page.click("#mistakes-more")
    labels = [each.get_attribute("aria-label") for each in page.locator("#mistakes button").all()]
    order = [int(re.search(r"Index (\d+)", label)[1]) for label in labels]
    assert sorted(order) == predictions.mistakes.tolist()
    assert (np.diff(predictions.confidence[order]) <= 0).all()


def test_an_image_opens_alone_with_the_networks_probabilities(open_page, reported):
    page = open_page()
    page.locator("#mistakes button").first.click()
    assert page.locator("#one-image").is_visible()
    number = int(re.search(r"Index (\d+)", page.inner_text("#one-title"))[1])
    shares = [
        float(text.rstrip("%")) for text in page.locator("#one-bars .percent").all_inner_texts()
    ]
    expected = 100 * reported.run.predictions.probabilities[number]
    np.testing.assert_allclose(shares, expected, atol=0.06)
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#one-position").startswith("2 of")
    page.keyboard.press("Escape")
    assert page.locator("#one-image").is_hidden()


def test_arrow_keys_move_between_the_cells_and_enter_opens_one(open_page):
    page = open_page()
    assert page.locator("#confusion button[tabindex='0']").count() == 1
    page.focus("#confusion button[data-true='0'][data-predicted='0']")
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    where = page.evaluate("({...document.activeElement.dataset})")
    assert where["predicted"] == "0" or where["true"] == "0"
    page.focus("#confusion button[data-true='0'][data-predicted='0']")
    page.keyboard.press("Enter")
    assert page.inner_text("#cell-title") == "True 0, predicted correctly"


def test_curves_say_the_values_of_the_epoch_pointed_at(open_page, reported):
    page = open_page()
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


def test_every_unit_of_the_first_layer_is_drawn(open_page):
    page = open_page()
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
def test_nothing_sticks_out_of_a_narrow_screen(width, open_page):
    page = open_page(width, 844)
    true_zero = page.locator("#confusion button").first
    true_zero.click()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.locator("#pad").bounding_box()["width"] <= width


def test_every_control_and_picture_has_a_name_for_a_screen_reader(open_page):
    page = open_page()
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


def test_the_command_is_copied_or_selected(open_page):
    page = open_page()
    page.click("#copy")
    wait_for_text(page, "#copied", "Copied|Selected")


def test_the_page_keeps_its_tables_without_scripts(browser, reported):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(reported.page.as_uri())
    assert page.locator("#confusion button").count() >= 10
    assert page.locator("details tbody tr").count() > 10
    context.close()


@pytest.mark.long
def test_drawings_are_kept_with_their_class_and_saved(open_page, tmp_path):
    page = open_page()
    page.click("#collect summary")
    assert page.locator("#collect .keep:disabled").count() == 10
    for points, label in ((SEVEN, 7), (ONE, 1)):
        draw(page, points)
        wait_for_text(page, "#answer", r"\d")
        page.click(f"#collect .keep[data-label='{label}']")
        wait_for_text(page, "#answer", "^$")
    assert page.text_content("#kept") == "2 kept: 1 × 1, 7 × 1"
    with page.expect_download() as download:
        page.click("#save-kept")
    assert download.value.suggested_filename == "digits.zip"
    with zipfile.ZipFile(download.value.path()) as archive:
        archive.extractall(tmp_path)
    images = read_idx(tmp_path / "train-images-idx3-ubyte", 3)
    assert read_idx(tmp_path / "train-labels-idx1-ubyte", 1).tolist() == [7, 1]
    assert all(300 < image.astype(int).sum() // 25 < 3000 for image in images)
    page.click("#remove-kept")
    assert page.text_content("#kept") == "1 kept: 7 × 1"

"""What the page shows of a network's inside: each number is NumPy's, and each click leads on."""

import re

import numpy as np
import pytest

from nn.architecture.building import build_network
from nn.datasets.normalization import Normalization
from nn.initializers import INITIALIZERS
from nn.network import Network
from nn.reports.page_data import network_data
from tests.reports.html.on_page import SEVEN, draw, names, pixels, wait_for_text
from tests.reports.html.test_layers import NETWORKS, rouse

NORMALIZATION = Normalization(33.318421, 78.567490)
SIMPLE = Normalization(0.0, 255.0)  # of the run whose page it is
INSIDE = """({network, pixels, units}) => {
    const read = readNetwork(network);
    const outputs = computeOutputs(read, pixels);
    const classes = Array.from(outputs.at(-1).keys());
    return {
        outputs: outputs.map((each) => Array.from(each)),
        evidence: classes.map((label) => Array.from(evidenceFor(read, outputs, pixels, label))),
        adds: units.map(({layers, unit}) =>
            Array.from(contributionOf(read, outputs, layers, unit))),
    };
}"""


def outputs_of(network: Network, images: np.ndarray) -> list[np.ndarray]:
    """Return the inputs and the outputs of each layer, all for several images."""
    outputs = [NORMALIZATION.apply(images)]
    for layer in network.layers:
        outputs.append(layer.forward(outputs[-1]))
    return outputs


def evidence_by_differences(network: Network, image: np.ndarray) -> np.ndarray:
    """Return pixel times slope of each logit, the slope as a central difference, (K, H, W)."""
    step = 1e-3
    moves = step * np.eye(image.size).reshape(-1, *image.shape)
    scaled = [(image + sign * moves - NORMALIZATION.subtract) / NORMALIZATION.divide
              for sign in (1, -1)]  # fmt: skip
    up, down = (network.forward(each.reshape(len(each), -1)) for each in scaled)
    return ((up - down) / (2 * step)).T.reshape(-1, *image.shape) * image


@pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS)
def test_outputs_evidence_and_what_a_unit_adds_are_numpys_for_every_layer(layers, page):
    rng = np.random.default_rng(3)
    network = build_network(
        layers, input_shape=(11, 9), classes=4, initializer=INITIALIZERS["he"], rng=rng
    )
    rouse(network, rng, variance=0.01)
    # No two pixels alike, so that no two are the largest of a window.
    image = rng.permutation(np.arange(1, 11 * 9 + 1)).reshape(1, 11, 9).astype(np.uint8)
    image = image + np.uint8(100)
    expected = outputs_of(network, image)
    units = [
        {"layers": number, "unit": unit}
        for number, layer in enumerate(network.layers, start=1)
        for unit in (0, layer.output_shape[0] - 1)
    ]
    argument = {"pixels": image.ravel().tolist(), "units": units}
    argument["network"] = network_data(network, NORMALIZATION)
    found = page.evaluate(INSIDE, argument)

    for ours, theirs in zip(found["outputs"], expected, strict=True):
        np.testing.assert_allclose(ours, theirs.ravel(), rtol=0, atol=1e-4)
    for unit, adds in zip(units, found["adds"], strict=True):
        without = expected[unit["layers"]].copy()
        without[:, unit["unit"]] = 0
        for layer in network.layers[unit["layers"] :]:
            without = layer.forward(without)
        np.testing.assert_allclose(adds, (expected[-1] - without)[0], rtol=0, atol=1e-4)
    precise = build_network(
        layers, input_shape=(11, 9), classes=4, initializer=INITIALIZERS["he"], rng=rng,
        dtype=np.float64,
    )  # fmt: skip
    precise.restore(network.arrays)
    by_differences = evidence_by_differences(precise, image[0].astype(np.float64))
    ours = np.reshape(found["evidence"], by_differences.shape)
    assert np.abs(by_differences).max() > 0.01
    np.testing.assert_allclose(ours, by_differences, rtol=1e-4, atol=1e-4)


def shown_outputs(page, layers: int) -> tuple[float, float]:
    text = page.inner_text(f"#layers > li:nth-child({layers}) output").replace("−", "-")
    return tuple(float(number) for number in text.split(" to "))


def test_each_layer_is_shown_with_its_sizes_and_follows_the_drawing(page, reported):
    titles = page.locator("#layers h4").all_inner_texts()
    assert [" ".join(title.split()) for title in titles] == [
        "1. Dense 784 → 64, 50,240 numbers", "2. ReLU 64", "3. Dense 64 → 10, 650 numbers",
    ]  # fmt: skip
    draw(page, SEVEN)
    wait_for_text(page, "#answer", "7")
    run = reported.run
    image = pixels(page, "#prepared").astype(np.uint8)[np.newaxis]
    hidden = run.network.layers[0].forward(SIMPLE.apply(image))
    assert shown_outputs(page, 1) == pytest.approx((hidden.min(), hidden.max()), abs=0.006)
    assert shown_outputs(page, 2) == pytest.approx((0, hidden.max()), abs=0.006)
    wait_for_text(page, "#evidence .best .for", r"^\+\d")
    assert page.locator("#evidence li").count() == 10
    assert page.inner_text("#evidence .best .name") == "7"


def test_a_unit_that_is_clicked_shows_what_it_adds_and_what_excites_it(page, reported):
    draw(page, SEVEN)
    wait_for_text(page, "#answer", "7")
    unit = 37  # in the third row of 16
    sheet = page.locator("#layers > li:nth-child(2) .sheet")
    sheet.focus()
    for key in ("Enter", *2 * ["ArrowDown"], *5 * ["ArrowRight"]):
        page.keyboard.press(key)
    wait_for_text(page, "#unit-title", f"^Layer 2, unit {unit + 1}: ")
    wait_for_text(page, "#unit-found", "largest output")
    run = reported.run
    test = run.predictions.images
    strengths = run.network.layers[0].forward(SIMPLE.apply(test))[:, unit]
    labels = names(page, "#unit-images button")
    found = [int(re.search(r"Index (\d+)", label)[1]) for label in labels]
    np.testing.assert_allclose(strengths[found], np.sort(strengths)[:-11:-1], atol=1e-4)
    image = pixels(page, "#prepared").astype(np.uint8)[np.newaxis]
    hidden, outputs = run.network.layers[0], run.network.layers[2]
    output = max(0, hidden.forward(SIMPLE.apply(image))[0, unit])
    adds = [float(text.replace("−", "-"))
            for text in page.locator("#unit-adds .percent").all_inner_texts()]  # fmt: skip
    expected = output * outputs.weights.value[unit]
    np.testing.assert_allclose(adds, expected, atol=0.006)
    box = sheet.bounding_box()  # a click on the same unit closes its panel
    page.mouse.click(box["x"] + box["width"] * 5.5 / 16, box["y"] + box["height"] * 2.5 / 4)
    page.wait_for_function("() => byId('unit').hidden")


def test_a_mistake_can_be_looked_into(page):
    page.locator("#mistakes button").first.click()
    index = page.inner_text("#one-title")
    page.click("#one-inside")
    assert page.locator("#one-image").is_hidden()
    wait_for_text(page, "#sure", "wrong: it is")
    wait_for_text(page, "#evidence .best .for", r"^\+\d")
    predicted = re.search(r"predicted (\d)", index)[1]
    assert page.inner_text("#answer") == predicted == page.inner_text("#evidence .best .name")


def test_every_kind_of_layer_has_a_name_and_words(page):
    kinds = page.evaluate("() => Object.keys(FORWARD_PASSES).sort()")
    for table in ("BACKWARD_PASSES", "LAYER_NAMES", "LAYER_WORDS"):
        assert page.evaluate(f"() => Object.keys({table}).sort()") == kinds

from types import SimpleNamespace

import pytest

from nn.console.review import about, compiled_choice, review_text
from nn.settings.declaration import Settings


def test_the_review_shows_layers_size_and_time():
    preview = SimpleNamespace(
        layers=[("dense 784 -> 64", "64"), ("relu", "64")], parameters=50_890, seconds=61.0
    )
    assert review_text(Settings(epochs=5), preview).splitlines() == [
        "",
        "  layer            output",
        "  dense 784 -> 64  64",
        "  relu             64",
        "50,890 parameters, about 61 s for 5 epochs",
    ]


@pytest.mark.parametrize(("epochs", "words"), [(1, "1 epoch"), (2, "2 epochs")])
def test_one_epoch_is_not_plural(epochs, words):
    preview = SimpleNamespace(layers=[("relu", "64")], parameters=650, seconds=1.0)
    lines = review_text(Settings(epochs=epochs), preview).splitlines()
    assert lines[3].endswith(f" for {words}")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "under a second"),
        (1, "about 1 s"),
        (119, "about 119 s"),
        (120, "about 2 min"),
        (7200, "about 2 h"),
        (3 * 86_400, "about 3 days"),
        (1e9 * 25, "about 792 years"),
        (1e300, None),
    ],
)
def test_a_duration_is_said_in_a_fitting_unit(seconds, words):
    assert words is None or about(seconds) == words


def test_compiled_steps_say_what_they_cost():
    first = compiled_choice(SimpleNamespace(seconds=100.0, compilation=15.0))
    assert first.explain == (
        "training takes at most about 100 s, after about 15 s of compiling, only this once"
    )
    later = compiled_choice(SimpleNamespace(seconds=100.0, compilation=0.0))
    assert later.explain == "training takes at most about 100 s"

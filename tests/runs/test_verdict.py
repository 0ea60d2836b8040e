"""What is said after scripted trainings, and after which nothing is said."""

from dataclasses import replace

import numpy as np
import pytest

from nn.runs.run_folder import Result
from nn.runs.verdict import verdict
from nn.training.history import EpochRecord, History

RESULT = Result(10, 50890, 0.05, 0.98, 0.09, 0.97, 0.06, 0.981, 6000)


def scripted(training, validation, accuracy=0.97, *, learned=0.98, rates=0.1) -> History:
    """Return a history of these losses; the other figures are one for all epochs, or lists."""
    columns = np.broadcast_arrays(rates, training, learned, validation, accuracy)
    return [
        EpochRecord(epoch, *map(float, row), 1.0)
        for epoch, row in enumerate(zip(*columns, strict=True), 1)
    ]


def said(history: History, result: Result = RESULT, **words) -> str:
    plain = {"stopped_early": False, "kept": len(history), "easier_test": False}
    return verdict(history, result, **(plain | words))


def falling(start: float, stop: float, epochs: int) -> np.ndarray:
    return np.geomspace(start, stop, epochs)


IMPROVING = scripted(falling(0.5, 0.05, 10), falling(0.25, 0.1, 10))
# The best epoch is the sixth; training goes on until the twentieth.
V_SHAPED = np.concatenate([falling(0.2, 0.1, 6), falling(0.102, 0.15, 14)])
BY_HEART = scripted(falling(0.5, 0.001, 20), V_SHAPED)


def test_a_loss_that_falls_to_the_end_is_still_improving() -> None:
    assert said(IMPROVING) == (
        "Still improving: the validation loss fell from 0.1226 to 0.1000 in 2 epochs. More epochs "
        "would probably help."
    )
    poor = [replace(record, training_accuracy=0.7) for record in IMPROVING]
    assert said(poor).endswith("More epochs or a larger learning rate would probably help.")


def test_a_validation_loss_that_rises_while_the_training_loss_falls_is_learning_by_heart() -> None:
    assert said(BY_HEART) == (
        "Overfitting since epoch 6: from then on the validation loss rose from 0.1000 to "
        "0.1500, while the training loss fell further. More epochs would not help."
    )


def test_a_rising_loss_is_explained_otherwise_if_the_accuracy_has_risen_too() -> None:
    def with_gain(gain: float) -> History:
        accuracy = [0.96] * 8 + [0.96 + gain] * 12
        return scripted(falling(0.5, 0.001, 20), V_SHAPED, accuracy)

    assert said(with_gain(0.002)).startswith("Overfitting since epoch 6")
    assert said(with_gain(0.006)) == (
        "More and more certain of its mistakes since epoch 6: from then on the validation loss "
        "rose from 0.1000 to 0.1500, although the validation accuracy did not fall."
    )
    assert said(with_gain(0.02)) == ""


def test_a_training_loss_that_jumps_means_too_large_steps() -> None:
    jumping = scripted([0.6, 0.5, 0.7, 0.5, 0.6, 0.4, 0.6, 0.5], 0.6)
    assert said(jumping) == (
        "The training loss rose in 3 of 8 epochs, so the steps are too large. A smaller learning "
        "rate would help."
    )


def test_a_loss_that_falls_steadily_by_little_means_too_small_steps() -> None:
    slow = scripted(falling(2.31, 2.1, 10), falling(2.3, 2.09, 10), learned=0.4)
    assert said(slow) == (
        "Learning steadily but slowly: the training loss fell from 2.3100 to 2.1000. A larger "
        "learning rate would help."
    )


def test_a_loss_that_falls_by_much_is_not_slow() -> None:
    fast = scripted(falling(2.3, 1.6, 10), falling(2.3, 1.6, 10), learned=0.4)
    assert said(fast).startswith("Still improving")


def test_losses_that_no_longer_change_have_settled() -> None:
    assert said(scripted(SETTLED, SETTLED + 0.03)) == (
        "The losses have settled: more epochs would change little."
    )


SETTLED = np.r_[falling(0.5, 0.25, 10), falling(0.25, 0.248, 20)]
NOISE = 0.01 * np.array([1, -1, 0.5, -1, 1, 0, -0.5, 1, -1, 0.5])


@pytest.mark.parametrize(
    "history",
    [
        [],
        IMPROVING[:2],
        scripted(falling(0.5, 0.05, 10), falling(0.25, 0.1, 10), rates=falling(1, 0.05, 10)),
        scripted(falling(0.5, 0.05, 10), falling(0.12, 0.11, 10) + NOISE),
        scripted(falling(0.5, 0.05, 10), 0.12 + NOISE),
        scripted(falling(0.5, 0.35, 20), V_SHAPED),
        scripted(falling(0.5, 0.001, 20)[:9], V_SHAPED[:9]),
        scripted([0.5, 0.4, 0.3, 0.2], [0.3, np.inf, np.inf, np.inf]),
        scripted(falling(0.5, 0.05, 10), [*falling(0.25, 0.1, 9), 0.105]),
        scripted([2.3, 2.29, 2.27, 2.28, 2.26], 2 + NOISE[:5], learned=0.4),
        scripted(falling(0.1, 0.09, 10), 0.12 + NOISE),
        scripted(SETTLED, SETTLED, learned=0.5),
        scripted(SETTLED, SETTLED, rates=falling(1, 0.05, 30)),
        scripted([0.02, 0.03, 0.02, 0.03, 0.02], 0.1 + NOISE[:5]),
    ],
    ids=[
        "no epoch", "two epochs", "a rate that has run out", "a fall within the noise",
        "nothing but noise", "a rise without overfitting", "three epochs after the best",
        "a loss that is not finite", "a last epoch that is worse", "a slow fall with a rise",
        "a slow fall of a low loss", "settled before it learned", "settled without a rate",
        "jumps of a tiny loss",
    ],
)  # fmt: skip
def test_nothing_is_said_where_it_could_be_wrong(history) -> None:
    assert said(history) == ""


def test_early_stopping_and_the_network_that_was_kept_are_mentioned() -> None:
    assert said(BY_HEART, stopped_early=True, kept=6) == (
        "Early stopping ended the training after epoch 20. The network of epoch 6, the best one, "
        "was saved."
    )
    assert "The network of epoch 6" in said(BY_HEART, kept=6)


def test_easier_test_images_are_mentioned_only_where_the_test_accuracy_is_higher() -> None:
    assert said(IMPROVING, easier_test=True) == said(IMPROVING) + (
        " The last 6,000 test images are easier than the validation images, so a higher "
        "accuracy on them is expected."
    )
    assert "easier" not in said(IMPROVING, replace(RESULT, test_accuracy=0.971), easier_test=True)
    poor = replace(RESULT, validation_accuracy=0.45, test_accuracy=0.47)
    assert "easier" not in said(IMPROVING, poor, easier_test=True)
    assert "easier" not in said(IMPROVING)

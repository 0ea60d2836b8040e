"""What the errors that carry figures say: a sentence for a notebook, which has no flags."""

import math

import pytest

from nn.errors import DivergedError, ProgramError, SettingError, SmallBatchError, StoppedError


def test_every_kind_of_error_ends_the_program_with_its_own_code() -> None:
    codes = [kind.exit_code for kind in [ProgramError, *ProgramError.__subclasses__()]]
    assert len(set(codes)) == len(codes)
    assert SmallBatchError.exit_code == SettingError.exit_code == 2
    assert (DivergedError.exit_code, StoppedError.exit_code) == (5, 130)


@pytest.mark.parametrize(
    ("loss", "how"),
    [
        (30, "its mean loss is 30, while guessing gives 2.303"),
        (math.nan, "the loss is no longer a finite number"),
        (math.inf, "the loss is no longer a finite number"),
    ],
)
def test_a_divergence_says_where_how_and_why(loss: float, how: str) -> None:
    error = DivergedError(epoch=3, learning_rate=0.5, loss=loss, guessing=math.log(10))
    assert str(error) == (
        f"training diverged in epoch 3: {how}. "
        "A learning rate of 0.5 is too large for this network."
    )
    assert error.learning_rate == 0.5


@pytest.mark.parametrize(
    ("batch_size", "what"),
    [(1, "batch_size is 1;"), (3, "batch_size is 3, and 1,000 images leave 1 for the last batch;")],
)
def test_a_small_batch_names_the_batch_that_is_too_small(batch_size: int, what: str) -> None:
    error = SmallBatchError(batch_size=batch_size, last=1, smallest=2, examples=1000)
    assert str(error) == (
        f"{what} batch normalization needs at least 2 images in every batch, since a single number "
        "has no variance."
    )

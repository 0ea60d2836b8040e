"""What to do about a fact or an error, in the words of the command line.

Everything below the console says what happened and names no flag: in a notebook there is none.
"""

from nn.errors import DivergedError, SmallBatchError
from nn.runs.facts import NothingToTrain, NotLearning


def with_advice(fact: object) -> str:
    """Return a fact or an error in words, with the flags that help."""
    advice = _advice(fact)
    return f"{fact} {advice}" if advice else str(fact)


def _advice(fact: object) -> str:
    match fact:
        case DivergedError():
            return f"Try --learning-rate {fact.learning_rate / 10:g}, or --normalization simple."
        case SmallBatchError():
            return "Choose another --batch-size."
        case NotLearning(is_worse_than_guessing=True):
            return f"Its steps may be too large: try --learning-rate {fact.learning_rate / 10:g}."
        case NotLearning():
            return (
                "It may need a larger learning rate or another initialization "
                "(--initialization xavier or he)."
            )
        case NothingToTrain(patience=""):
            return "Pass a larger --epochs to continue."
    return ""

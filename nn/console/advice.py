"""Which flags help with a fact or an error.

Code below the console reports what happened without naming flags, since a notebook has none.
"""

from nn.errors import DivergedError, MissingNumbaError, SmallBatchError
from nn.runs.facts import NothingToTrain, NotLearning


def with_advice(fact: object) -> str:
    """Return a fact or an error in words, followed by the flags that help."""
    advice = ""
    match fact:
        case DivergedError():
            advice = f"Try --learning-rate {fact.learning_rate / 10:g}, or --normalization simple."
        case MissingNumbaError():
            advice = "(or train with --no-compiled, which takes longer)"
        case SmallBatchError():
            advice = "Choose another --batch-size."
        case NotLearning(is_worse_than_guessing=True):
            rate = fact.learning_rate / 10
            advice = f"Its steps may be too large: try --learning-rate {rate:g}."
        case NotLearning():
            advice = (
                "It may need a larger learning rate or another initialization "
                "(--initialization xavier or he)."
            )
        case NothingToTrain(patience=""):
            advice = "Pass a larger --epochs to continue."
    return f"{fact} {advice}" if advice else str(fact)

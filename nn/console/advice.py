"""Which flags help with a fact or an error.

Code below the console reports what happened without naming flags, since a notebook has none.
"""

from nn.errors import DivergedError, MissingNumbaError, SmallBatchError
from nn.runs.facts import NothingToTrain, NotLearning


def with_advice(fact: object) -> str:
    """Return a fact or an error in words, followed by the flags that help.

    What is set already is not advised.
    """
    advice = ""
    match fact:
        case DivergedError():
            simple = "" if fact.normalization == "simple" else ", or --normalization simple"
            advice = f"Try --learning-rate {fact.learning_rate / 10:g}{simple}."
        case MissingNumbaError():
            advice = "(or train with --no-compiled, which takes longer)"
        case SmallBatchError():
            advice = "Choose another --batch-size."
        case NotLearning(is_worse_than_guessing=True):
            rate = fact.learning_rate / 10
            advice = f"Its steps may be too large: try --learning-rate {rate:g}."
        case NotLearning():
            others = [kind for kind in ("xavier", "he") if kind != fact.initialization]
            advice = (
                "It may need a larger learning rate or another initialization "
                f"(--initialization {' or '.join(others)})."
            )
        case NothingToTrain(patience=""):
            advice = "Pass a larger --epochs to continue."
    return f"{fact} {advice}" if advice else str(fact)

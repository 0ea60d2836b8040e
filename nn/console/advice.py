"""Which flags help with a fact or an error.

Code below the console reports what happened without naming flags, since a notebook has none.
"""

import math

from nn.errors import DivergedError, MissingNumbaError, SmallBatchError
from nn.runs.facts import DeadUnits, NothingToTrain, NotLearning, SaturatedUnits, SmallSteps

_USUAL_RATIO = 1e-3  # of a step to the weights


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
        case NotLearning(is_explained=True):
            pass
        case NotLearning(is_worse_than_guessing=True):
            rate = fact.learning_rate / 10
            advice = f"Its steps may be too large: try --learning-rate {rate:g}."
        case NotLearning():
            others = [kind for kind in ("xavier", "he") if kind != fact.initialization]
            advice = (
                "It may need a larger learning rate or another initialization "
                f"(--initialization {' or '.join(others)})."
            )
        case DeadUnits():
            other = "" if fact.initialization == "he" else ", perhaps with --initialization he"
            advice = f"Try --learning-rate {fact.learning_rate / 10:g}{other}."
        case SaturatedUnits():
            other = "" if fact.initialization == "xavier" else ", or --initialization xavier"
            advice = f"Try --learning-rate {fact.learning_rate / 10:g}{other}."
        case SmallSteps():
            factor = 10 ** max(1, round(math.log10(_USUAL_RATIO / max(fact.ratio, 1e-9))))
            advice = f"Try --learning-rate {fact.learning_rate * factor:g}."
        case NothingToTrain(patience=""):
            advice = "Pass a larger --epochs to continue."
    return f"{fact} {advice}" if advice else str(fact)

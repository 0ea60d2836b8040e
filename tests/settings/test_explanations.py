"""Every question of train.py can be explained, each in the same form."""

import re

from nn.settings.declaration import ASKED
from nn.settings.explanations import EXPLANATIONS, Explanation


def test_every_question_has_an_explanation_in_two_sentences() -> None:
    assert list(EXPLANATIONS) == [setting.name for setting in ASKED]
    for name, explanation in EXPLANATIONS.items():
        sentences = re.split(r"(?<=[.?])\s+(?=[A-Z])", explanation.meaning)
        assert len(sentences) == 2, name
        assert str(explanation).count("\n") >= 2


def test_a_recommendation_names_one_of_the_choices() -> None:
    for setting in ASKED:
        first = re.match(r"[\w]+", EXPLANATIONS[setting.name].recommended)
        assert first
        assert first[0] == setting.show(setting.default), setting.name


def test_plain_words_come_first_and_the_formula_last() -> None:
    lines = str(Explanation("A. B.", "one.", "two.", "x + y")).split("\n")
    assert lines == ["A. B.", "Recommended: one.", "Example: two.", "Formula: x + y"]
    assert str(Explanation("A. B.", "one.", "two.")).count("\n") == 2

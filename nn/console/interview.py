"""The order of the questions: which one comes next, and which one going back returns to.

An `Asker` decides what a question looks like and which keys answer it; there is one for terminals
(`questions`) and one for terminals that can only print lines (`plain_questions`).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from enum import Enum
from typing import Any, Final, NamedTuple, Protocol

from nn.console.review import Preview, compiled_choice, review_text
from nn.errors import SettingError
from nn.settings.declaration import TRAINING, Settings
from nn.settings.explanations import EXPLANATIONS
from nn.settings.repeat_command import repeat_command
from nn.settings.setting import Choice, Declaration, Model, Setting


class Move(Enum):
    """A key that leads away from a question without answering it; the value says where to."""

    EXPLAIN = "explain"
    DEFAULTS = "defaults"
    BACK = "back"


EXPLAIN: Final = Move.EXPLAIN
DEFAULTS: Final = Move.DEFAULTS
BACK: Final = Move.BACK
NO_NOTES: Final[Mapping[Any, str]] = {}

TRAIN = Choice("Train", explain="start now")
CHANGE = Choice("Change an answer", explain="choose the answer to change")
QUIT = Choice("Quit", explain="exit without writing anything")


class Review(NamedTuple):
    """What is shown before the start.

    Attributes:
        text: Describes the resulting settings.
        repeat: The command that repeats them.
        others: Other ways to start, each with the settings that it changes.
    """

    text: str
    repeat: str
    others: Sequence[tuple[Choice, Mapping[str, Any]]] = ()


def noted(shown: str, value: Any, notes: Mapping[Any, str]) -> str:
    """Return a value as it is shown, with its note behind it."""
    return f"{shown} ({notes[value]})" if notes.get(value) else shown


class Asker(Protocol):
    """Asks one question at a time."""

    def show(self, text: str, *, to_copy: bool = False) -> None:
        """Print lines of text, broken between words; a command to copy is left whole."""

    def restate(self, answered: Sequence[tuple[str, str]]) -> None:
        """Leave only these questions and answers of all that was printed, if the screen can."""

    def choose(
        self,
        message: str,
        choices: Sequence[Choice],
        suggested: Any,
        moves: Collection[Move] = (),
        notes: Mapping[Any, str] = NO_NOTES,
    ) -> Any:
        """Return the value of one of the choices, or one of the moves.

        Choices that are not `asked` are shown only when they are typed; `notes` stand behind the
        choices of these values.
        """

    def tick(self, message: str, choices: Sequence[Choice]) -> Any:
        """Return the values of one or more choices, or `BACK`."""

    def type_in(
        self,
        message: str,
        setting: Setting,
        suggested: Any,
        moves: Collection[Move] = (),
        notes: Mapping[Any, str] = NO_NOTES,
    ) -> Any:
        """Return a value that the setting accepts, or one of the moves."""


def interview(
    asker: Asker,
    settings: Settings,
    last_answers: Mapping[str, Any],
    preview: Callable[[Settings, Callable[[object], None]], Preview],
) -> tuple[Settings, dict[str, Any]]:
    """Ask for the settings of a training and show a review of them; see `hold_interview`.

    `preview` gets the settings and a function that shows what is happening meanwhile.
    """

    def review(settings: Settings) -> Review:
        seen = preview(settings, lambda fact: asker.show(str(fact)))
        others = [(compiled_choice(seen.compiled), {"compiled": True})] if seen.compiled else []
        return Review(review_text(settings, seen), repeat_command(settings), others)

    return hold_interview(asker, TRAINING, settings, last_answers, review)


def hold_interview(
    asker: Asker,
    declared: Declaration[Model],
    settings: Model,
    last_answers: Mapping[str, Any],
    review: Callable[[Model], Review],
) -> tuple[Model, dict[str, Any]]:
    """Ask for the settings that are not given, until the person confirms them.

    Args:
        asker: how to ask.
        declared: the declaration of the questions.
        settings: those set by flags, which are not asked, and defaults for the rest.
        last_answers: the answers of the last time, suggested instead of the defaults.
        review: describes the resulting settings.

    Returns:
        The settings, and the answers among them.

    Raises:
        SystemExit: the person chose to quit.
    """
    suggested = {setting.name: setting.default for setting in declared.asked} | dict(last_answers)
    given = settings.model_dump(exclude_unset=True)
    answers: dict[str, Any] = {}
    explained = ""
    while True:
        known = suggested | answers | given  # so that the count is right from the start
        questions = [one for one in declared.asked if one.name not in given and one.is_asked(known)]
        answers = {one.name: answers[one.name] for one in questions if one.name in answers}
        unanswered = [one for one in questions if one.name not in answers]

        before = questions[: questions.index(unanswered[0])] if unanswered else questions
        messages = {
            one.name: f"[{number}/{len(questions)}] {one.asks}"
            for number, one in enumerate(questions, 1)
        }
        asker.restate([(messages[one.name], one.show(answers[one.name])) for one in before])

        back = [BACK] if before else []
        if unanswered:
            setting = unanswered[0]
            notes = {last_answers.get(setting.name): "last time"} | {setting.default: "default"}
            asked = messages[setting.name], setting.choices or setting, suggested[setting.name]
            ask: Callable[..., Any] = asker.choose if setting.choices else asker.type_in
            explain = [EXPLAIN] if setting.name in EXPLANATIONS else []
            if explained == setting.name:
                asker.show(str(EXPLANATIONS[setting.name]))
            answer = ask(*asked, [*explain, DEFAULTS, *back], notes)
            if answer is EXPLAIN:  # again hides it
                explained = "" if explained == setting.name else setting.name
                continue
            if answer is DEFAULTS:
                answers = {one.name: one.default for one in declared.asked} | answers
                continue
            if answer is not BACK:
                answers[setting.name] = suggested[setting.name] = answer
                continue
        else:
            answered = settings.model_copy(update=answers)
            starts = _show_review(asker, answered, review)
            actions = [*(choice for choice, _ in starts), *([CHANGE] if questions else []), QUIT]
            action = asker.choose("Ready?", actions, actions[0].value, back)
            for choice, changes in starts:
                if action == choice.value:
                    return answered.model_copy(update=dict(changes)), answers
            if action == QUIT.value:
                asker.show("Nothing was written.")
                raise SystemExit(0)
            if action == CHANGE.value:
                before = _choose_question(asker, questions, answers)
        for setting in before[-1:]:
            del answers[setting.name]


def _show_review(
    asker: Asker, answered: Model, review: Callable[[Model], Review]
) -> list[tuple[Choice, Mapping[str, Any]]]:
    """Show the review; return the ways to start, none if the answers do not fit each other."""
    try:
        text, repeat, others = review(answered)
    except SettingError as error:
        asker.show(f"\n{error}\n")
        return []
    asker.show(text)
    asker.show(f"{repeat}\n", to_copy=True)
    return [(TRAIN, {}), *others]


def _choose_question(
    asker: Asker, questions: Sequence[Setting], answers: Mapping[str, Any]
) -> list[Setting]:
    """Return the question to ask again, or none."""
    lines = [
        Choice(one.name, explain=f"now {one.show(answers[one.name])}: {one.help}")
        for one in questions
    ]
    name = asker.choose("Which answer?", lines, questions[0].name, [BACK])
    return [one for one in questions if one.name == name]

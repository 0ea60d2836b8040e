"""What a declaration adds to a setting's name, type and default.

The declaration marks its fields with `Group`, `Question` and `Choice`; `Setting` collects what a
field says, for the questions, flags, YAML files and tables.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel
from pydantic.fields import FieldInfo

GroupName = Literal["network", "training", "data", "files", "search"]


@dataclass(frozen=True)
class Group:
    """The heading under which a setting stands in `--help` and in `settings.yaml`."""

    name: GroupName


@dataclass(frozen=True)
class Question:
    """Marks a setting that is asked; questions come in the order of the declaration.

    Args:
        text: The question.
        means_something: Whether the setting has an effect, given the values of others.
    """

    text: str
    means_something: Callable[[Mapping[str, Any]], bool] = lambda values: True


@dataclass(frozen=True)
class Rule:
    """Says what a setting accepts, where type and range are not enough."""

    expected: str


@dataclass(frozen=True, init=False)
class Choice:
    """One of the values of a setting, with its spellings.

    Args:
        value: The value in the settings.
        spellings: What may be typed for it, in any case; the first one is shown. The first spelling
            of a text or a number is that text or number itself.
        explain: One line on what it does, shown while it is highlighted.
        asked: Whether a question offers it; flags and YAML files always accept it.
    """

    value: Any
    spellings: tuple[str, ...]
    explain: str
    asked: bool

    def __init__(self, value: Any, *spellings: str, explain: str, asked: bool = True) -> None:
        as_itself = () if isinstance(value, bool) else (str(value),)
        object.__setattr__(self, "value", value)
        object.__setattr__(self, "spellings", as_itself + spellings)
        object.__setattr__(self, "explain", explain)
        object.__setattr__(self, "asked", asked)

    @property
    def shown(self) -> str:
        """The spelling that is shown."""
        return self.spellings[0]

    def is_meant_by(self, given: object) -> bool:
        """Return whether `given` is this value or one of its spellings, in any case."""
        if isinstance(given, str):
            return given.strip().casefold() in [known.casefold() for known in self.spellings]
        return type(given) is type(self.value) and given == self.value


def yes(explain: str) -> Choice:
    """Return the choice that turns a setting on."""
    return Choice(True, "yes", "y", "true", "on", explain=explain)


def no(explain: str) -> Choice:
    """Return the choice that turns a setting off."""
    return Choice(False, "no", "n", "false", "off", explain=explain)


@dataclass(frozen=True)
class Setting:
    """Everything the declaration says about one setting."""

    name: str
    kind: Any
    default: Any
    help: str
    group: GroupName
    question: Question | None
    choices: tuple[Choice, ...]
    expected: str

    @property
    def flag(self) -> str:
        """The command-line flag, in kebab-case."""
        return "--" + self.name.replace("_", "-")

    @property
    def asks(self) -> str:
        """Its question, or its help text if it has none."""
        return self.question.text if self.question else self.help

    def is_asked(self, values: Mapping[str, Any]) -> bool:
        """Return whether it is asked, given the values of other settings."""
        return self.question is not None and self.question.means_something(values)

    def interpret(self, given: object) -> object:
        """Return the value that `given` means; its type and range are checked later.

        Raises:
            ValueError: It is none of the choices, or a boolean for a setting without choices.
        """
        for choice in self.choices:
            if choice.is_meant_by(given):
                return choice.value
        if self.choices or isinstance(given, bool):
            raise ValueError(self.expected)
        return given.strip() if isinstance(given, str) and self.kind is not str else given

    def show(self, value: object) -> str:
        """Return `value` as text: `yes` for True, `0.98`, `[{dense: 64}]`."""
        for choice in self.choices:
            if choice.is_meant_by(value):
                return choice.shown
        if isinstance(value, list):
            from nn.settings.plain_yaml import in_one_line  # PyYAML delays the first question

            return in_one_line(value)
        return "" if value is None else str(value)


def read_setting(name: str, field: FieldInfo) -> Setting:
    """Return the setting that a field of the declaration describes."""
    marks = field.metadata
    choices = tuple(mark for mark in marks if isinstance(mark, Choice))
    return Setting(
        name=name,
        kind=field.annotation,
        default=field.default,
        help=field.description or "",
        group=next(mark.name for mark in marks if isinstance(mark, Group)),
        question=next((mark for mark in marks if isinstance(mark, Question)), None),
        choices=choices,
        expected=_expected(choices, field.annotation, marks),
    )


Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Declaration(Generic[Model]):
    """All settings that a pydantic model declares, by name and in order."""

    model: type[Model]
    settings: dict[str, Setting]

    @classmethod
    def of(cls, model: type[Model]) -> "Declaration[Model]":
        """Return the settings that the fields of a model describe."""
        fields = model.model_fields.items()
        return cls(model, {name: read_setting(name, field) for name, field in fields})

    @property
    def asked(self) -> tuple[Setting, ...]:
        """The settings that are asked, in the order of the questions."""
        return tuple(one for one in self.settings.values() if one.question)


def _expected(choices: tuple[Choice, ...], kind: Any, marks: list[Any]) -> str:
    """Describe what a setting accepts: its choices with their spellings, or its range."""
    for mark in marks:
        if isinstance(mark, Rule):
            return mark.expected
    if choices:
        names = [_shown_with_spellings(choice) for choice in choices]
        return " or ".join([", ".join(names[:-1]), names[-1]])
    words = {"ge": "from", "gt": "above", "le": "up to", "lt": "below"}
    bounds = [
        f"{word} {getattr(mark, bound):,}"
        for mark in marks
        for bound, word in words.items()
        if hasattr(mark, bound)
    ]
    number = {int: "a whole number", float: "a number"}.get(kind, "text")
    return " ".join([number, *bounds])


def _shown_with_spellings(choice: Choice) -> str:
    others = ", ".join(choice.spellings[1:])
    return f"{choice.shown} ({others})" if others else choice.shown

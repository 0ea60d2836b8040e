"""Questions for terminals that can only print lines, such as an editor's shell (`TERM=dumb`)."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from nn.console.interview import BACK, DEFAULTS, EXPLAIN, NO_NOTES, Move, noted
from nn.console.program import say
from nn.errors import SettingError, StoppedError
from nn.settings.checking import Given, check_value
from nn.settings.declaration import TRAINING
from nn.settings.setting import Choice, Declaration, Setting

# What is typed for each move.
_TYPED = {EXPLAIN: "?", DEFAULTS: "=", BACK: "<"}


class PlainAsker:
    """Prints the choices and reads a line; `<` goes back one question, and `=` ends them."""

    def __init__(self, declared: Declaration[Any] = TRAINING) -> None:
        self._declared = declared

    def show(self, text: str, *, to_copy: bool = False) -> None:
        """Print lines of text."""
        say(text)

    def restate(self, answered: Sequence[tuple[str, str]]) -> None:
        """Do nothing: what was printed stays."""

    def choose(
        self,
        message: str,
        choices: Sequence[Choice],
        suggested: Any,
        moves: Collection[Move] = (),
        notes: Mapping[Any, str] = NO_NOTES,
    ) -> Any:
        """Return the value of the choice whose spelling was typed, or a move."""
        say(message)
        for choice in choices:
            if choice.asked:
                say(f"  {noted(choice.shown, choice.value, notes)}: {choice.explain}")
        default = next((one for one in choices if one.value == suggested), choices[0])
        while True:
            line = _read_line(default.shown, moves)
            if isinstance(line, Move):
                return line
            for choice in choices:
                if choice.is_meant_by(line or default.shown):
                    return choice.value
            say(f"No choice matches. Expected one of: {', '.join(one.shown for one in choices)}")

    def tick(self, message: str, choices: Sequence[Choice]) -> Any:
        """Return the values of the choices whose numbers or names were typed, or `BACK`."""
        say(message)
        for number, choice in enumerate(choices, 1):
            say(f"  {number}: {choice.shown} ({choice.explain})")
        known = {str(number): choice.value for number, choice in enumerate(choices, 1)}
        known |= {choice.shown.casefold(): choice.value for choice in choices}
        while True:
            line = _read_line("all, or numbers separated by commas", [BACK])
            if isinstance(line, Move):
                return line
            if not line:
                return [choice.value for choice in choices]
            words = [word.strip().casefold() for word in line.split(",")]
            wrong = [word for word in words if word not in known]
            if not wrong:
                return list(dict.fromkeys(known[word] for word in words))
            say(f"No choice matches {wrong[0]!r}.")

    def type_in(
        self,
        message: str,
        setting: Setting,
        suggested: Any,
        moves: Collection[Move] = (),
        notes: Mapping[Any, str] = NO_NOTES,
    ) -> Any:
        """Return the first typed value that is valid for the setting, or a move."""
        say(message)
        while True:
            line = _read_line(noted(setting.show(suggested), suggested, notes), moves)
            if isinstance(line, Move):
                return line
            try:
                given = Given(line or suggested, setting.name)
                return check_value(setting.name, given, self._declared)
            except SettingError as error:
                say(str(error))


def _read_line(default: str, moves: Collection[Move]) -> str | Move:
    """Return a line without surrounding blanks, or the move that it stands for.

    Raises:
        StoppedError: Ctrl-C or Ctrl-D was pressed, or the terminal is gone.
    """
    keys = "".join(f"; {_TYPED[move]}: {move.value}" for move in moves)
    try:
        line = input(f"(Enter: {default}{keys}) ").strip()
    except (KeyboardInterrupt, EOFError):
        raise StoppedError("stopped at a question; nothing was written") from None
    return next((move for move in moves if _TYPED[move] == line), line)

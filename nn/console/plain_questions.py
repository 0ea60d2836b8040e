"""Questions for terminals that can only print lines, such as an editor's shell (`TERM=dumb`)."""

from collections.abc import Sequence
from typing import Any

from nn.console.interview import BACK
from nn.console.program import say
from nn.errors import SettingError, StoppedError
from nn.settings.checking import Given, check_value
from nn.settings.declaration import TRAINING
from nn.settings.setting import Choice, Declaration, Setting


class PlainAsker:
    """Prints the choices and reads a line; `<` goes back one question."""

    def __init__(self, declared: Declaration[Any] = TRAINING) -> None:
        self._declared = declared

    def show(self, text: str) -> None:
        """Print lines of text."""
        say(text)

    def choose(self, message: str, choices: Sequence[Choice], suggested: Any) -> Any:
        """Return the value of the choice whose spelling was typed, or `BACK`."""
        say(message)
        for choice in choices:
            say(f"  {choice.shown}: {choice.explain}")
        default = next((one for one in choices if one.value == suggested), choices[0])
        while True:
            line = _read_line(default.shown)
            if line == "<":
                return BACK
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
            line = _read_line("all, or numbers separated by commas")
            if line == "<":
                return BACK
            if not line:
                return [choice.value for choice in choices]
            words = [word.strip().casefold() for word in line.split(",")]
            wrong = [word for word in words if word not in known]
            if not wrong:
                return list(dict.fromkeys(known[word] for word in words))
            say(f"No choice matches {wrong[0]!r}.")

    def type_in(self, message: str, setting: Setting, suggested: Any) -> Any:
        """Return the first typed value that is valid for the setting, or `BACK`."""
        say(message)
        while True:
            line = _read_line(setting.show(suggested))
            if line == "<":
                return BACK
            try:
                given = Given(line or suggested, setting.name)
                return check_value(setting.name, given, self._declared)
            except SettingError as error:
                say(str(error))


def _read_line(default: str) -> str:
    """Return a line without surrounding blanks.

    Raises:
        StoppedError: Ctrl-C or Ctrl-D was pressed, or the terminal is gone.
    """
    try:
        return input(f"(Enter: {default}; <: back) ").strip()
    except (KeyboardInterrupt, EOFError):
        raise StoppedError("stopped at a question; nothing was written") from None

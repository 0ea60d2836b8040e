"""Questions in a terminal, answered with arrow keys or typed words, and a way back.

questionary draws the questions. Its own search looks only into titles and accepts Enter when
nothing was found, so here typing filters by all spellings of a choice, and Enter accepts only a
choice that matches.
"""

import re
import signal
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import questionary
from prompt_toolkit.application import Application, create_app_session
from prompt_toolkit.application.current import get_app_session
from prompt_toolkit.filters import to_filter
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent, merge_key_bindings
from prompt_toolkit.keys import Keys
from prompt_toolkit.output import create_output
from prompt_toolkit.output.vt100 import Vt100_Output
from questionary.prompts.common import InquirerControl, create_inquirer_layout
from questionary.styles import merge_styles_default

from nn.console.interview import BACK
from nn.console.program import interrupt
from nn.errors import SettingError, StoppedError
from nn.settings.checking import Given, check_value
from nn.settings.declaration import TRAINING
from nn.settings.setting import Choice, Declaration, Setting

_HOW = "(arrow keys or type; Esc: back) "
# Contrast of at least 4.5 on black and on white, and in the palette of 256 colours.
_GREEN, _RED = "#00875f", "#af5f5f"
_STYLES = {
    "qmark": _GREEN,
    "answer": f"fg:{_GREEN} bold",
    "search_success": f"noinherit fg:{_GREEN} bold",
    "search_none": f"noinherit fg:{_RED} bold",
    "pointer": "bold",
    "highlighted": "bold",
    "placeholder": "italic",
}
_STYLE = merge_styles_default([questionary.Style(list(_STYLES.items()))])


@contextmanager
def open_terminal() -> Iterator[None]:
    """Ask in the terminal even if standard output goes elsewhere, as in `> log.txt`."""
    output = create_output(always_prefer_tty=True)
    if isinstance(output, Vt100_Output):
        # The questions do not need the cursor's position, and asking a terminal that does not
        # answer would print a warning between the questions.
        output.enable_cpr = False
    with _hang_up_at_once(), create_app_session(output=output):
        yield


@contextmanager
def _hang_up_at_once() -> Iterator[None]:
    """End the program immediately if the terminal is closed.

    The question would otherwise say goodbye to a closed terminal. Nothing has been written yet.
    """
    taken = hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) == interrupt
    if taken:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        yield
    finally:
        if taken:
            signal.signal(signal.SIGHUP, interrupt)


class TerminalAsker:
    """Asks in a terminal that can move its cursor."""

    def __init__(self, declared: Declaration[Any] = TRAINING) -> None:
        self._declared = declared

    def show(self, text: str) -> None:
        """Print lines of text."""
        questionary.print(text)

    def choose(self, message: str, choices: Sequence[Choice], suggested: Any) -> Any:
        """Return the value of the choice that Enter was pressed on, or `BACK`."""
        control = _ChoiceList(message, choices, suggested)
        layout = create_inquirer_layout(control, control.question_line)
        for window in layout.find_all_windows():
            window.wrap_lines = to_filter(True)  # for terminals narrower than a word
        return _answer(Application(layout=layout, key_bindings=control.keys(), style=_STYLE))

    def tick(self, message: str, choices: Sequence[Choice]) -> Any:
        """Return the values of the ticked choices, at least one, or `BACK`."""
        question = questionary.checkbox(
            message,
            [questionary.Choice(one.shown, one.value, description=one.explain) for one in choices],
            validate=lambda ticked: bool(ticked) or "select at least one with Space",
            pointer=">",
            style=_STYLE,
            use_jk_keys=False,
            use_search_filter=True,  # typing filters the list
            instruction="(Space: select, Ctrl-A: all, type to filter, Enter: done)",
        )
        return _answer(question.application)

    def type_in(self, message: str, setting: Setting, suggested: Any) -> Any:
        """Return a typed value that the setting accepts, or `BACK`; Enter takes the suggestion."""

        def check(text: str) -> bool | str:
            try:
                check_value(setting.name, Given(text, setting.name), self._declared)
            except SettingError:
                return textwrap.fill(setting.expected, _columns())
            return True

        keys = KeyBindings()

        @keys.add(Keys.ControlM, eager=True)
        def accept(event: KeyPressEvent) -> None:
            # The suggestion is only a placeholder: if it were text with the cursor behind it,
            # typing 5 would give 105.
            buffer = event.current_buffer
            buffer.text = buffer.text.strip() or setting.show(suggested)
            buffer.validate_and_handle()

        how = f"({setting.expected}; Esc: back)"
        if len(f"? {message} {how} ") > _columns():
            message, how = (textwrap.fill(text, _columns() - 3) for text in (message, how))
            message += "\n"
        application = questionary.text(
            message,
            validate=check,
            instruction=how,
            placeholder=[("class:placeholder", setting.show(suggested))],
            style=_STYLE,
        ).application
        for window in application.layout.find_all_windows():
            if window.height == 1:  # that of the error, which may need more lines
                window.height, window.dont_extend_height = None, to_filter(True)
        application.key_bindings = merge_key_bindings(
            [application.key_bindings or KeyBindings(), keys]
        )
        answer = _answer(application)
        if answer is BACK:
            return answer
        return check_value(setting.name, Given(answer, setting.name), self._declared)


class _Line(questionary.Choice):
    """A line of the list, and its choice."""

    def __init__(self, choice: Choice) -> None:
        super().__init__(choice.shown)
        self.choice = choice


class _ChoiceList(InquirerControl):
    """questionary's list of choices, filtered by all spellings of a choice."""

    def __init__(self, message: str, choices: Sequence[Choice], suggested: Any) -> None:
        self._message = message
        self._typed = ""
        self.lines = [_Line(choice) for choice in choices]
        self._suggested = next(
            (line for line in self.lines if line.choice.value == suggested), self.lines[0]
        )
        super().__init__(
            self.lines, pointer=">", use_indicator=False, initial_choice=self._suggested
        )

    @property
    def filtered_choices(self) -> list[_Line]:
        """The lines that match the typed text; all of them if none matches."""
        return self._found() or self.lines

    def question_line(self) -> list[tuple[str, str]]:
        """Return the question, followed by its answer if there is one."""
        answer = ("class:answer", self._highlighted.shown)
        return _wrapped(
            [
                ("class:qmark", "?"),
                ("class:question", f" {self._message} "),
                answer if self.is_answered else ("class:instruction", _HOW),
            ]
        )

    @property
    def _highlighted(self) -> Choice:
        return self.filtered_choices[self.pointed_at].choice

    def keys(self) -> KeyBindings:
        """Return what each key does, except for the keys of all questions."""
        keys = KeyBindings()

        @keys.add(Keys.Up)
        def up(event: KeyPressEvent) -> None:
            self.select_previous()

        @keys.add(Keys.Down)
        def down(event: KeyPressEvent) -> None:
            self.select_next()

        @keys.add(Keys.ControlM, eager=True)
        def accept(event: KeyPressEvent) -> None:
            if self._found():
                self.is_answered = True
                event.app.exit(result=self._highlighted.value)

        @keys.add(Keys.Backspace)
        def erase(event: KeyPressEvent) -> None:
            self._filter(self._typed[:-1])

        @keys.add(Keys.ControlU)
        def erase_all(event: KeyPressEvent) -> None:
            self._filter("")

        @keys.add(Keys.BracketedPaste)
        @keys.add(Keys.Any)
        def type_(event: KeyPressEvent) -> None:
            key = event.key_sequence[0].key
            if key == Keys.BracketedPaste or not isinstance(key, Keys):
                self._filter(self._typed + "".join(filter(str.isprintable, event.data)))

        return keys

    def _filter(self, typed: str) -> None:
        self._typed = typed
        lines = self.filtered_choices
        self.pointed_at = lines.index(self._suggested) if self._suggested in lines else 0

    def _found(self) -> list[_Line]:
        """Return the line with the typed spelling, or all with a spelling that starts with it."""
        start = self._typed.strip().casefold()
        return [line for line in self.lines if line.choice.is_meant_by(start)] or [
            line
            for line in self.lines
            if any(spelling.casefold().startswith(start) for spelling in line.choice.spellings)
        ]

    def _get_choice_tokens(self) -> list[tuple[str, str]]:
        """Return questionary's list, and below it an explanation of the highlighted choice."""
        explain = self._highlighted.explain
        below = explain if self._found() else "no choice matches"
        typed = [("", "\n"), ("class:answer", f"   {self._typed}")] if self._typed else []
        return [
            *super()._get_choice_tokens(),  # type: ignore[no-untyped-call]
            ("", "\n"),
            *_wrapped([("", f"   {below}")]),
            *typed,
        ]


def _columns() -> int:
    return get_app_session().output.get_size().columns


def _wrapped(fragments: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Break lines between words where the terminal would break them within words."""
    columns, column = _columns(), 0
    wrapped = []
    for style, text in fragments:
        broken = ""
        for piece in re.split("( +)", text):
            if piece.strip() and column > 0 and column + len(piece) > columns:
                broken, column = f"{broken.rstrip(' ')}\n", 0
            broken += piece
            column += len(piece)
        wrapped.append((style, broken))
    return wrapped


def _answer(application: Application[Any]) -> Any:
    """Run a question with the keys of all questions, and return its answer or `BACK`.

    Raises:
        StoppedError: Ctrl-C or Ctrl-D was pressed, or the terminal is gone.
    """
    keys = KeyBindings()

    @keys.add(Keys.Escape, eager=True)
    @keys.add(Keys.BackTab, eager=True)
    def back(event: KeyPressEvent) -> None:
        event.app.erase_when_done = True  # a question without an answer is removed
        event.app.exit(result=BACK)

    @keys.add(Keys.ControlC, eager=True)
    @keys.add(Keys.ControlD, eager=True)
    @keys.add(Keys.SIGINT, eager=True)
    def stop(event: KeyPressEvent) -> None:
        event.app.exit(exception=KeyboardInterrupt)

    application.key_bindings = merge_key_bindings([application.key_bindings or KeyBindings(), keys])
    application.ttimeoutlen = 0.05  # seconds in which Esc may be the start of an arrow key
    try:
        return questionary.Question(application).unsafe_ask()
    except (KeyboardInterrupt, EOFError):
        raise StoppedError("stopped at a question; nothing was written") from None

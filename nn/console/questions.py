"""Questions in a terminal: arrow keys or typed words, and a way back.

questionary draws the questions. Its own search looks into titles only and lets Enter pass when
nothing was found, so here its list is narrowed by all spellings of a choice, and Enter takes a
choice only where what was typed is one.
"""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import questionary
from prompt_toolkit.application import Application, create_app_session
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

_HOW = "(arrows or typing, Esc: back) "
_STYLE = merge_styles_default(
    [questionary.Style([("pointer", "bold"), ("highlighted", "bold"), ("placeholder", "italic")])]
)


@contextmanager
def open_terminal() -> Iterator[None]:
    """Ask on the terminal even where standard output goes elsewhere, as in `> log.txt`."""
    output = create_output(always_prefer_tty=True)
    if isinstance(output, Vt100_Output):
        # Asking the terminal where its cursor is gains nothing here, and where no answer comes
        # it ends in a warning between the questions.
        output.enable_cpr = False
    with _hang_up_at_once(), create_app_session(output=output):
        yield


@contextmanager
def _hang_up_at_once() -> Iterator[None]:
    """Let a terminal that is closed end the program then and there.

    Whoever asks would take leave of a terminal that is gone. Nothing was written yet.
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
            window.wrap_lines = to_filter(True)  # for terminals narrower than a line of help
        return _answer(Application(layout=layout, key_bindings=control.keys(), style=_STYLE))

    def tick(self, message: str, choices: Sequence[Choice]) -> Any:
        """Return the values of the choices that were ticked, at least one, or `BACK`."""
        lines = [
            questionary.Choice(one.shown, one.value, description=one.explain) for one in choices
        ]
        question = questionary.checkbox(
            message,
            lines,
            validate=lambda ticked: bool(ticked) or "tick at least one with the space bar",
            pointer=">",
            style=_STYLE,
            use_jk_keys=False,
            use_search_filter=True,  # typing narrows the list
            instruction="(space: tick, Ctrl-A: all, typing: narrow, Enter: done)",
        )
        return _answer(question.application)

    def type_in(self, message: str, setting: Setting, suggested: Any) -> Any:
        """Return what was typed once the setting takes it, or `BACK`; Enter alone suggests."""

        def check(text: str) -> bool | str:
            try:
                check_value(setting.name, Given(text, setting.name), self._declared)
            except SettingError:
                return setting.expected
            return True

        keys = KeyBindings()

        @keys.add(Keys.ControlM, eager=True)
        def accept(event: KeyPressEvent) -> None:
            # The suggestion stands there as a placeholder only: as text with the cursor behind
            # it, a typed 5 would make it 105.
            buffer = event.current_buffer
            buffer.text = buffer.text.strip() or setting.show(suggested)
            buffer.validate_and_handle()

        application = questionary.text(
            message,
            validate=check,
            instruction=f"({setting.expected}, Esc: back)",
            placeholder=[("class:placeholder", setting.show(suggested))],
            style=_STYLE,
        ).application
        application.key_bindings = merge_key_bindings(
            [application.key_bindings or KeyBindings(), keys]
        )
        answer = _answer(application)
        if answer is BACK:
            return answer
        return check_value(setting.name, Given(answer, setting.name), self._declared)


class _Line(questionary.Choice):
    """A line of the list, and the choice that it stands for."""

    def __init__(self, choice: Choice) -> None:
        super().__init__(choice.shown)
        self.choice = choice


class _ChoiceList(InquirerControl):
    """questionary's list of choices, narrowed by whatever a choice may be spelled as."""

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
        """The lines that what was typed may mean; all of them as long as it means none."""
        return self._found() or self.lines

    def question_line(self) -> list[tuple[str, str]]:
        """Return the question, with the answer behind it once there is one."""
        answer = ("class:answer", self._highlighted.shown)
        return [
            ("class:qmark", "?"),
            ("class:question", f" {self._message} "),
            answer if self.is_answered else ("class:instruction", _HOW),
        ]

    @property
    def _highlighted(self) -> Choice:
        return self.filtered_choices[self.pointed_at].choice

    def keys(self) -> KeyBindings:
        """Return what each key does; those of every question are added elsewhere."""
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
            self._narrow(self._typed[:-1])

        @keys.add(Keys.ControlU)
        def erase_all(event: KeyPressEvent) -> None:
            self._narrow("")

        @keys.add(Keys.BracketedPaste)
        @keys.add(Keys.Any)
        def type_(event: KeyPressEvent) -> None:
            key = event.key_sequence[0].key
            if key == Keys.BracketedPaste or not isinstance(key, Keys):
                self._narrow(self._typed + "".join(filter(str.isprintable, event.data)))

        return keys

    def _narrow(self, typed: str) -> None:
        self._typed = typed
        lines = self.filtered_choices
        self.pointed_at = lines.index(self._suggested) if self._suggested in lines else 0

    def _found(self) -> list[_Line]:
        """Return the line that is spelled as typed, or all with a spelling that begins so."""
        start = self._typed.strip().casefold()
        return [line for line in self.lines if line.choice.is_meant_by(start)] or [
            line
            for line in self.lines
            if any(spelling.casefold().startswith(start) for spelling in line.choice.spellings)
        ]

    def _get_choice_tokens(self) -> list[tuple[str, str]]:
        """Return the list as questionary draws it, and below it what the highlighted one does."""
        explain = self._highlighted.explain
        below = explain if self._found() else "nothing here is spelled like that"
        typed = [("", "\n"), ("class:answer", f"   {self._typed}")] if self._typed else []
        return [
            *super()._get_choice_tokens(),  # type: ignore[no-untyped-call]
            ("", "\n"),
            ("", f"   {below}"),
            *typed,
        ]


def _answer(application: Application[Any]) -> Any:
    """Run one question with the keys that all of them have, and return its answer or `BACK`.

    Raises:
        StoppedError: Ctrl-C or Ctrl-D was pressed, or the terminal is gone.
    """
    keys = KeyBindings()

    @keys.add(Keys.Escape, eager=True)
    @keys.add(Keys.BackTab, eager=True)
    def back(event: KeyPressEvent) -> None:
        event.app.erase_when_done = True  # a question without an answer need not stay
        event.app.exit(result=BACK)

    @keys.add(Keys.ControlC, eager=True)
    @keys.add(Keys.ControlD, eager=True)
    @keys.add(Keys.SIGINT, eager=True)
    def stop(event: KeyPressEvent) -> None:
        event.app.exit(exception=KeyboardInterrupt)

    application.key_bindings = merge_key_bindings([application.key_bindings or KeyBindings(), keys])
    application.ttimeoutlen = 0.05  # how long Esc may be the start of an arrow key
    try:
        return questionary.Question(application).unsafe_ask()
    except (KeyboardInterrupt, EOFError):
        raise StoppedError("stopped at a question; nothing was written") from None

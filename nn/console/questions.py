"""Questions in a terminal, answered with arrow keys or typed words, and a way back.

A question disappears when it is answered, and a line with its answer takes its place. The asker
remembers what it printed, so that answers that are taken back can be erased.
"""

import math
import signal
import textwrap
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import questionary
from prompt_toolkit.application import Application, create_app_session
from prompt_toolkit.application.current import get_app_session
from prompt_toolkit.filters import to_filter
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent, merge_key_bindings
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import FormattedTextControl, Window
from prompt_toolkit.output import create_output
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.shortcuts import print_formatted_text
from questionary.prompts.common import create_inquirer_layout
from questionary.styles import merge_styles_default

from nn.console.choice_list import ChoiceList, columns, question_with, wrapped
from nn.console.interview import BACK, DEFAULTS, EXPLAIN, NO_NOTES, Move, noted
from nn.console.program import interrupt
from nn.errors import SettingError, StoppedError
from nn.settings.checking import Given, check_value
from nn.settings.declaration import TRAINING
from nn.settings.setting import Choice, Declaration, Setting

# The keys of each move; the first one is shown.
_KEYS: dict[Move, tuple[str, list[str]]] = {
    EXPLAIN: ("?", ["?"]),
    DEFAULTS: ("Tab", [Keys.Tab]),
    BACK: ("Esc", [Keys.Escape, Keys.BackTab]),
}
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
        self._printed: list[list[tuple[str, str]]] = []

    def show(self, text: str, *, to_copy: bool = False) -> None:
        """Print lines of text, broken between words; a command to copy is left whole."""
        self._print([("", text)], to_copy=to_copy)

    def restate(self, answered: Sequence[tuple[str, str]]) -> None:
        """Leave only these questions and answers of all that was printed."""
        lines = [question_with(message, "answer", answer) for message, answer in answered]
        same = 0
        while lines[same : same + 1] and lines[same : same + 1] == self._printed[same : same + 1]:
            same += 1
        self._erase(self._printed[same:])
        del self._printed[same:]
        for line in lines[same:]:
            self._print(line)

    def _print(self, fragments: Sequence[tuple[str, str]], *, to_copy: bool = False) -> None:
        self._printed.append(list(fragments) if to_copy else wrapped(fragments))
        print_formatted_text(FormattedText(self._printed[-1]), style=_STYLE)

    def _erase(self, printed: Sequence[Sequence[tuple[str, str]]]) -> None:
        """Erase the last lines of the screen; those that have scrolled out of it stay."""
        texts = ["".join(text for _, text in fragments) for fragments in printed]
        lines = [line for text in texts for line in text.split("\n")]
        rows = sum(max(1, math.ceil(len(line) / columns())) for line in lines)
        if rows:
            output = get_app_session().output
            output.write_raw("\r")
            output.cursor_up(rows)
            output.erase_down()
            output.flush()

    def choose(
        self,
        message: str,
        choices: Sequence[Choice],
        suggested: Any,
        moves: Collection[Move] = (),
        notes: Mapping[Any, str] = NO_NOTES,
    ) -> Any:
        """Return the value of the choice that Enter was pressed on, or a move."""
        control = ChoiceList(message, choices, suggested, _how("arrow keys or type", moves), notes)
        layout = create_inquirer_layout(control, control.question_line)
        for window in layout.find_all_windows():
            window.wrap_lines = to_filter(True)  # for terminals narrower than a word
        application: Application[Any] = Application(
            layout=layout, key_bindings=control.keys(), style=_STYLE
        )
        answer = _answer(application, moves)
        for choice in choices:
            if choice.value == answer:
                self._print(question_with(message, "answer", choice.shown))
        return answer

    def tick(self, message: str, choices: Sequence[Choice]) -> Any:
        """Return the values of the ticked choices, at least one, or `BACK`."""
        how = "(Space: select, Ctrl-A: all, type to filter, Enter: done)"
        question = questionary.checkbox(
            message,
            [
                questionary.Choice(
                    one.shown,
                    one.value,
                    description=wrapped([("", "  Description: "), ("", one.explain)])[-1][1],
                )
                for one in choices
            ],
            validate=bool,
            pointer=">",
            style=_STYLE,
            use_jk_keys=False,
            use_search_filter=True,  # typing filters the list
            instruction=question_with(message, "instruction", how)[-1][1],
        )
        # questionary's own line for this is not drawn without the cursor's position.
        layout: Any = question.application.layout
        hint = FormattedTextControl(
            [("class:validation-toolbar", "select at least one with Space")]
        )
        layout.container.children[-1].content = Window(hint, height=1)
        ticked = _answer(question.application, [BACK])
        if ticked is not BACK:
            self._print(question_with(message, "answer", f"{len(ticked):,} selected"))
        return ticked

    def type_in(
        self,
        message: str,
        setting: Setting,
        suggested: Any,
        moves: Collection[Move] = (),
        notes: Mapping[Any, str] = NO_NOTES,
    ) -> Any:
        """Return a typed value that the setting accepts, or a move; Enter takes the suggestion."""

        def check(text: str) -> bool | str:
            try:
                check_value(setting.name, Given(text, setting.name), self._declared)
            except SettingError:
                return textwrap.fill(setting.expected, columns())
            return True

        keys = KeyBindings()

        @keys.add(Keys.ControlM, eager=True)
        def accept(event: KeyPressEvent) -> None:
            # The suggestion is only a placeholder: if it were text with the cursor behind it,
            # typing 5 would give 105.
            buffer = event.current_buffer
            buffer.text = buffer.text.strip() or setting.show(suggested)
            buffer.validate_and_handle()

        suggestion = noted(setting.show(suggested), suggested, notes)
        # The largest value that is taken concerns only those who exceed it.
        lines, how = (
            message,
            _how(f"{setting.help}; {setting.expected.partition(' up to ')[0]}", moves),
        )
        if len(f"? {lines} {how} {suggestion}") > columns():
            lines, how = (textwrap.fill(text, columns() - 3) for text in (lines, how))
            lines += "\n"
        application = questionary.text(
            lines,
            validate=check,
            instruction=how,
            placeholder=[("class:placeholder", suggestion)],
            style=_STYLE,
        ).application
        for window in application.layout.find_all_windows():
            if window.height == 1:  # that of the error, which may need more lines
                window.height, window.dont_extend_height = None, to_filter(True)
        application.key_bindings = merge_key_bindings(
            [application.key_bindings or KeyBindings(), keys]
        )
        answer = _answer(application, moves)
        if isinstance(answer, Move):
            return answer
        value = check_value(setting.name, Given(answer, setting.name), self._declared)
        self._print(question_with(message, "answer", setting.show(value)))
        return value


def _how(answer: str, moves: Collection[Move]) -> str:
    """Return in words how a question is answered, and the keys of the moves."""
    keys = ", ".join(f"{_KEYS[move][0]}: {move.value}" for move in moves)
    return f"({answer}; {keys})" if keys else f"({answer})"


def _answer(application: Application[Any], moves: Collection[Move]) -> Any:
    """Run a question with the keys of all questions, and return its answer or one of the moves.

    Raises:
        StoppedError: Ctrl-C or Ctrl-D was pressed, or the terminal is gone.
    """
    keys = KeyBindings()

    def leave(move: Move) -> Callable[[KeyPressEvent], None]:
        return lambda event: event.app.exit(result=move)

    # Where Esc means nothing, it would otherwise take the next letter with it, as Alt and a letter.
    keys.add(Keys.Escape, eager=True)(lambda event: None)
    for move in moves:
        for key in _KEYS[move][1]:
            keys.add(key, eager=True)(leave(move))

    @keys.add(Keys.ControlC, eager=True)
    @keys.add(Keys.ControlD, eager=True)
    @keys.add(Keys.SIGINT, eager=True)
    def stop(event: KeyPressEvent) -> None:
        event.app.erase_when_done = False
        event.app.exit(exception=KeyboardInterrupt)

    application.key_bindings = merge_key_bindings([application.key_bindings or KeyBindings(), keys])
    application.ttimeoutlen = 0.05  # seconds in which Esc may be the start of an arrow key
    application.erase_when_done = True
    try:
        return questionary.Question(application).unsafe_ask()
    except (KeyboardInterrupt, EOFError):
        raise StoppedError("stopped at a question; nothing was written") from None

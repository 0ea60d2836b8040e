"""The list of a question: arrow keys move through it, and typed words narrow it.

questionary draws the list. Its own search looks only into titles and accepts Enter when nothing
was found, so here typing filters by all spellings of a choice, and Enter accepts only a choice that
matches.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import questionary
from prompt_toolkit.application.current import get_app_session
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from questionary.prompts.common import InquirerControl

from nn.console.interview import noted
from nn.settings.setting import Choice


class _Line(questionary.Choice):
    """A line of the list, and its choice."""

    def __init__(self, choice: Choice, notes: Mapping[Any, str]) -> None:
        super().__init__(noted(choice.shown, choice.value, notes))
        self.choice = choice


class ChoiceList(InquirerControl):
    """questionary's list of choices, filtered by all spellings of a choice."""

    def __init__(
        self,
        message: str,
        choices: Sequence[Choice],
        suggested: Any,
        how: str,
        notes: Mapping[Any, str],
    ) -> None:
        self._message = message
        self._how = how
        self._typed = ""
        self.lines = [_Line(choice, notes) for choice in choices]
        self._suggested = next(
            (line for line in self.lines if line.choice.value == suggested), self.lines[0]
        )
        self._offered = [
            line for line in self.lines if line.choice.asked or line is self._suggested
        ]
        super().__init__(
            self.lines, pointer=">", use_indicator=False, initial_choice=self._suggested
        )
        self._filter("")

    @property
    def filtered_choices(self) -> list[_Line]:
        """The lines that match the typed text; those that are offered if none matches."""
        return self._found() or self._offered

    def question_line(self) -> list[tuple[str, str]]:
        """Return the question, and how it is answered."""
        return question_with(self._message, "instruction", self._how)

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
        """Return the line with the typed spelling, or all with a spelling that starts with it.

        These include choices that are shown only when they are typed.
        """
        start = self._typed.strip().casefold()
        if not start:
            return self._offered
        return [line for line in self.lines if line.choice.is_meant_by(start)] or [
            line
            for line in self.lines
            if any(spelling.casefold().startswith(start) for spelling in line.choice.spellings)
        ]

    def _get_choice_tokens(self) -> list[tuple[str, str]]:
        """Return questionary's list, and below it an explanation of the highlighted choice."""
        explain = self._highlighted.explain
        below = explain if self._found() else "no choice matches; Backspace erases"
        typed = [("", "\n"), ("class:answer", f"   {self._typed}")] if self._typed else []
        return [
            *super()._get_choice_tokens(),  # type: ignore[no-untyped-call]
            ("", "\n"),
            *wrapped([("", f"   {below}")]),
            *typed,
        ]


def columns() -> int:
    """Return the width of the terminal."""
    return get_app_session().output.get_size().columns


def question_with(message: str, style: str, text: str) -> list[tuple[str, str]]:
    """Return a question's line, with what stands behind the question."""
    question = [("class:qmark", "?"), ("class:question", f" {message} ")]
    return wrapped([*question, (f"class:{style}", text)])


def wrapped(fragments: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Break lines between words where the terminal would break them within words."""
    width, column = columns(), 0
    wrapped = []
    for style, text in fragments:
        broken = ""
        for piece in re.split("( +|\n)", text):
            if piece.strip() and column > 0 and column + len(piece) > width:
                broken, column = f"{broken.rstrip(' ')}\n", 0
            broken += piece
            column = 0 if piece == "\n" else column + len(piece)
        wrapped.append((style, broken))
    return wrapped

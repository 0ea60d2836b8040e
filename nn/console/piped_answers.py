"""Answers from the lines of standard input, as in `python train.py < answers.txt`.

One line for each question, in the order of the questions. A missing or extra line is an error, so
that no answer ends up at another question.
"""

import codecs
import os
import sys
from functools import partial
from threading import Timer
from typing import Any, BinaryIO

from pydantic import BaseModel

from nn.console.program import fit
from nn.errors import SettingError
from nn.settings.checking import Given, check_value
from nn.settings.declaration import TRAINING
from nn.settings.setting import Declaration, Setting
from nn.wording import counted, shorten

LONGEST_INPUT = 10_000  # bytes; eight answers take about fifty
_SILENT = 2.0  # seconds without input after which the program says what it waits for


def read_answers(
    stream: BinaryIO | None, settings: BaseModel, declared: Declaration[Any] = TRAINING
) -> dict[str, Any]:
    """Return the values that answer all open questions; empty for empty input.

    Another answer can make a question meaningless (the activation without hidden layers); its
    line may then be present or absent.

    Args:
        stream: standard input; None if it is closed.
        settings: those set by flags, whose questions have no line, and defaults for the rest.
        declared: the declaration of the questions.

    Raises:
        SettingError: an answer is wrong, missing or extra, or the input is not text.
    """
    known = settings.model_dump(exclude_unset=True)
    open_questions = [setting for setting in declared.asked if setting.name not in known]
    if stream is None or not open_questions:
        return {}
    names = [setting.name for setting in declared.asked]
    expected = f"{counted(len(names), 'line')}: {', '.join(names)}"
    lines = read_lines(stream, expected)
    if not lines:
        return {}

    answers: dict[str, Any] = {}
    position = 0
    for setting in open_questions:
        line = lines[position] if position < len(lines) else None
        if not setting.is_asked(known):
            position += line is not None and _could_answer(setting, line)
            continue
        if line is None:
            raise SettingError(
                f"the input ends after {counted(len(lines), 'line')}, without an answer for "
                f"{setting.name} ({setting.asks}); expected {setting.expected}"
            )
        source = f"line {position + 1} of the input, the answer for {setting.name}"
        given = Given(line, f"{source} ({setting.asks}),")
        answers[setting.name] = known[setting.name] = check_value(setting.name, given, declared)
        position += 1
    if position < len(lines):
        raise SettingError(
            f"the input has {counted(len(lines), 'line')} for {counted(position, 'question')};"
            f" line {position + 1} is {shorten(lines[position])}"
        )
    return answers


def read_lines(stream: BinaryIO, expected: str, longest: int = LONGEST_INPUT) -> list[str]:
    """Return the lines of the input without blank ones at its end.

    Args:
        stream: standard input.
        expected: what it should contain, for messages.
        longest: the most bytes it may have.

    Raises:
        SettingError: the input is too long or not text.
    """
    waiting_for = (
        f"Waiting for standard input ({expected}). To continue without it, add < {os.devnull}"
    )
    waiting = Timer(
        _SILENT, partial(print, fit(waiting_for, sys.stderr), file=sys.stderr, flush=True)
    )
    waiting.daemon = True
    waiting.start()
    try:
        content = stream.read(longest + 1)
    finally:
        waiting.cancel()
    if len(content) > longest:
        raise SettingError(f"the input is longer than {longest:,} bytes; expected {expected}")
    try:
        text = content.decode(_encoding(content))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SettingError(
            f"line {line} of the input is not {error.encoding.upper()} text"
        ) from None
    return text.rstrip().replace("\r\n", "\n").split("\n") if text.strip() else []


def _encoding(content: bytes) -> str:
    """Return UTF-8 or, as PowerShell writes with or without a byte order mark, UTF-16."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-16-le" if content[1:2] == b"\0" else "utf-8-sig"


def _could_answer(setting: Setting, line: str) -> bool:
    """Return whether a line can be the answer to a question: one of its choices, or blank."""
    return not line.strip() or any(choice.is_meant_by(line) for choice in setting.choices)

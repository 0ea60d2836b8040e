import io
import threading
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn.console import piped_answers
from nn.console.piped_answers import LONGEST_INPUT, read_answers, read_lines
from nn.errors import SettingError
from nn.settings.checking import Given, check_settings
from nn.settings.declaration import ASKED, Settings


def answer(content, **flags):
    from_flags = {name: Given(value, name) for name, value in flags.items()}
    stream = io.BytesIO(content if isinstance(content, bytes) else content.encode())
    settings = check_settings(from_flags)
    return settings.model_copy(update=read_answers(stream, settings))


EIGHT = Settings(optimizer="sgd", epochs=5)


@pytest.mark.parametrize(
    "content",
    [
        "1\nSimple\nXavier\nRelu\nn\nn\nSGD\n5\n",
        "one\nsimple\nxavier\nReLU\nNo\nno\nsgd\n5",
        "  One \n Simple\t\nXAVIER\nrelu\nN\nN\nSgd\n 5\n\n\n",
        "1\r\nSimple\r\nXavier\r\nRelu\r\nn\r\nn\r\nSGD\r\n5\r\n",
        b"\xef\xbb\xbf1\nSimple\nXavier\nRelu\nn\nn\nSGD\n5\n",
        "1\r\nSimple\r\nXavier\r\nRelu\r\nn\r\nn\r\nSGD\r\n5\r\n".encode("utf-16"),
        "1\r\nSimple\r\nXavier\r\nRelu\r\nn\r\nn\r\nSGD\r\n5\r\n".encode("utf-16-le"),
        "\ufeff1\nSimple\nXavier\nRelu\nn\nn\nSGD\n5\n".encode("utf-16-be"),
    ],
)
def test_one_line_a_question_in_every_spelling(content):
    assert answer(content) == EIGHT


def test_lines_of_windows_are_read_without_their_ends():
    assert read_lines(io.BytesIO(b"one\r\n\r\ntwo\r\n"), "lines") == ["one", "", "two"]


@pytest.mark.parametrize("line", ["", "Relu\n", "sigmoid\n", "\n"])
def test_without_hidden_layers_seven_lines_and_eight_both_work(line):
    settings = answer(f"zero\nNormal\nGauss\n{line}y\nYes\nMomentum\n3\n")
    assert settings == Settings(
        hidden_layers=0,
        normalization="normal",
        initialization="gauss",
        l1=True,
        learning_rate_decay=True,
        epochs=3,
    )


@pytest.mark.parametrize("content", ["", "\n", "  \n\n\t"])
def test_empty_input_answers_nothing(content):
    assert read_answers(io.BytesIO(content.encode()), Settings()) == {}


def test_closed_input_answers_nothing():
    assert read_answers(None, Settings()) == {}


def test_settings_given_by_flag_have_no_line():
    flags = {"hidden_layers": "0", "normalization": "normal", "optimizer": "adam"}
    settings = answer("gauss\ny\nn\n4\n", **flags)
    assert settings == Settings(
        hidden_layers=0,
        normalization="normal",
        initialization="gauss",
        l1=True,
        optimizer="adam",
        epochs=4,
    )


def test_nothing_is_read_where_nothing_is_asked():
    stream = io.BytesIO(b"lines of somebody else\n")
    given = {one.name: Given(one.show(one.default), one.flag) for one in ASKED}
    assert read_answers(stream, check_settings(given)) == {}
    assert stream.tell() == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("3\n", r"line 1 .* hidden_layers .* is '3'; expected 0 \(zero\)"),
        (
            "1\nSimple\nXavier\ntanh\n",
            "line 4 .* activation .* is 'tanh'; expected relu or sigmoid",
        ),
        ("1\nsimple\nxavier\nrelu\n1\n", "line 5 .* l1 .* is '1'; expected yes"),
        ("1\nsimple\nxavier\nrelu\nn\nn\nsgd\n0\n", "line 8 .* epochs .* is '0'"),
        ("1\nsimple\n\nrelu\nn\nn\nsgd\n5\n", "line 3 .* initialization .* is ''"),
        ("1\nsimple\n", "ends after 2 lines, without an answer for initialization"),
        ("1\nsimple\nxavier\nrelu\nn\nn\nsgd\n", "without an answer for epochs"),
        ("0\nsimple\nxavier\n", "without an answer for l1"),
        ("0\nsimple\nxavier\nrelu\nn\nn\nsgd\n", "without an answer for epochs"),
        ("1\nsimple\nxavier\nrelu\nn\nn\nsgd\n5\n6\n", "9 lines for 8 questions; line 9 is '6'"),
        ("0\nsimple\nxavier\nn\nn\nsgd\n5\n6\n", "8 lines for 7 questions; line 8 is '6'"),
        (b"1\nsimple\n\xff\n", "line 3 of the input is not UTF-8"),
        ("y\n" * LONGEST_INPUT, "longer than"),
        ("x" * 9000, "line 1 .* hidden_layers"),
        ("1" * 9000, "line 1 .* hidden_layers"),
    ],
)
def test_a_wrong_missing_or_surplus_answer_names_its_question(content, message):
    with pytest.raises(SettingError, match=message) as error:
        answer(content)
    assert error.value.exit_code == 2
    assert len(str(error.value)) < 300


class Silent(io.RawIOBase):
    """An open pipe that nobody writes to for a while."""

    def __init__(self, until):
        self.until = until

    def read(self, size=-1):
        assert self.until()
        return b""


def test_an_open_pipe_that_nobody_writes_to_gets_a_word(capfd, monkeypatch):
    monkeypatch.setattr(piped_answers, "_SILENT", 0.0)

    def wait_until_it_is_said():
        for timer in [one for one in threading.enumerate() if isinstance(one, threading.Timer)]:
            timer.join()
        return True

    assert read_answers(Silent(wait_until_it_is_said), Settings()) == {}
    said = capfd.readouterr().err
    assert "Waiting for standard input (8 lines: hidden_layers, normalization" in said
    assert "To continue without it, add < " in said


def test_nothing_is_said_while_answers_arrive(capfd):
    read_answers(io.BytesIO(b""), Settings())
    assert capfd.readouterr().err == ""


def test_an_endless_input_is_not_read_to_its_end():
    class Endless(io.RawIOBase):
        def read(self, size=-1):
            assert 0 < size <= LONGEST_INPUT + 1
            return b"y" * size

    with pytest.raises(SettingError):
        read_answers(Endless(), Settings())


LINES = st.lists(
    st.one_of(
        st.sampled_from([s for one in ASKED for choice in one.choices for s in choice.spellings]),
        st.integers().map(str),
        st.text(max_size=10),
    ),
    max_size=10,
).map("\n".join)


@given(st.one_of(LINES.map(lambda text: text.encode("utf-8", "replace")), st.binary(max_size=100)))
def test_any_input_ends_in_settings_or_in_a_setting_error(content):
    with suppress(SettingError):
        assert isinstance(answer(content), Settings)

"""The four ways in, through a real script, with pipes and on a real pseudo-terminal."""

import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from nn.runs.run_folder import RunFolder
from nn.settings.declaration import Settings

ROOT = Path(__file__).parents[2]

SCRIPT = """
import sys
from types import SimpleNamespace
from nn.console.gather import gather_settings
from nn.console.program import run_program
from nn.settings.flags import parse_command_line

def preview(settings, report):
    return SimpleNamespace(layers=[("dense", "64")], parameters=650, seconds=5.0, compiled=None)

def main():
    line = parse_command_line(sys.argv[1:])
    settings = gather_settings(line, sys.stdin, [sys.stdout, sys.stderr], preview)
    print("GOT", settings.model_dump_json())

sys.exit(run_program(main))
"""


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    return path


@pytest.fixture
def pipe(script, run_program):
    """Return a function that runs the script with piped input and returns what it got."""

    def pipe(*words, text=""):
        done = run_program(script, *words, typed=text, cwd=script.parent)
        settings = [line[4:] for line in done.stdout.splitlines() if line.startswith("GOT ")]
        assert "Traceback" not in done.stderr
        return done, Settings.model_validate_json(settings[0]) if settings else None

    return pipe


class Terminal:
    """The script on a pseudo-terminal, waiting for each question before it types."""

    def __init__(self, child):
        self.child = child

    def answer(self, *expected_and_typed):
        for expected, typed in expected_and_typed:
            self.child.expect_exact(expected)
            self.child.send(typed)

    def end(self):
        """Return the exit code and the settings, if the script got any."""
        found = self.child.expect(["GOT (.*)\r\n", pexpect.EOF])
        text = self.child.match.group(1) if found == 0 else None
        if found == 0:
            self.child.expect(pexpect.EOF)
        self.last_words = self.child.before
        return self.child.wait(), Settings.model_validate_json(text) if text else None


@pytest.fixture
def terminal(script, on_terminal):
    """Return a function that starts the script on a pseudo-terminal."""

    def start(*words, columns=80, env=None, **order):
        return Terminal(
            on_terminal(script, *words, columns=columns, rows=24, env=env or {}, **order)
        )

    return start


def test_pipes_flags_yaml_and_defaults_ask_nothing(script, pipe):
    wanted = Settings(hidden_layers=2, l1=True, epochs=5)
    _, piped = pipe(text="Two\nSimple\nXavier\nRelu\ny\nn\nMomentum\n5\n")
    _, flags = pipe("--hidden-layers", "2", "--l1", "--epochs", "5")
    (script.parent / "run.yaml").write_text("hidden_layers: two\nl1: on\nepochs: 9\n")
    _, yaml = pipe("--config", "run.yaml", "--epochs", "5", text="not read\n")
    assert piped == flags == yaml == wanted
    assert pipe("--defaults", text="not read\n")[1] == Settings()


def test_empty_input_means_the_defaults_and_says_so(pipe):
    done, settings = pipe()
    assert settings == Settings()
    assert "every setting not given has its default" in done.stdout
    assert pipe("--l1")[1] == Settings(l1=True)


def test_closed_input_means_the_defaults(script, run_program):
    done = run_program(script, cwd=script.parent, closed=(0,))
    assert done.returncode == 0
    assert "GOT" in done.stdout


def test_a_run_to_start_from_supplies_its_network_and_asks_no_question_about_it(pipe, script):
    folder = RunFolder.create(script.parent / "saved_files", "base")
    folder.write_settings(Settings(hidden_layers=0, normalization="normal"), [])
    (folder.path / "result.csv").touch()
    _, settings = pipe("--defaults", "--start-from", "base")
    assert (settings.hidden_layers, settings.normalization) == (0, "normal")
    assert settings.start_from == "base"
    _, settings = pipe("--start-from", "base", text="gauss\nno\nno\nsgd\n3\n")
    assert (settings.optimizer, settings.epochs, settings.hidden_layers) == ("sgd", 3, 0)


@pytest.mark.parametrize(
    ("words", "text", "message"),
    [
        (["--epoch", "3"], "", "Did you mean --epochs?"),
        (["--config", "none.yaml"], "", "no such file"),
        (["--name", "../x", "--defaults"], "", "no slashes or dots"),
        ([], "1\nSimple\nXavier\nRellu\n", "activation"),
        ([], "1\nSimple\n", "initialization"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(words, text, message, pipe):
    done, settings = pipe(*words, text=text)
    assert (done.returncode, settings) == (2, None)
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert message in done.stderr
    assert "\x1b" not in done.stderr


def test_a_person_answers_all_eight_questions(script, terminal):
    started = terminal()
    started.answer(
        ("[1/8]", "one\r"),
        ("[2/8]", "\x1b[B\r"),
        ("[3/8]", "\x1b[Z"),
        ("[2/8]", "Simple\r"),
        ("[3/8]", "\r"),
        ("[4/8]", "\x1b"),
        ("[3/8]", "gauss\r"),
        ("[4/8]", "\r"),
        ("[5/8]", "y\r"),
        ("[6/8]", "\r"),
        ("[7/8]", "SGD\r"),
        ("[8/8]", "5\r"),
        ("--epochs 5", ""),
        ("Ready?", "\r"),
    )
    assert started.end() == (
        0,
        Settings(initialization="gauss", l1=True, optimizer="sgd", epochs=5),
    )
    assert (script.parent / "saved_files" / ".last_answers.yaml").exists()

    again = terminal("--epochs", "2")
    again.answer(*((f"[{n}/7]", "\r") for n in range(1, 8)), ("Ready?", "\r"))
    assert again.end()[1] == Settings(initialization="gauss", l1=True, optimizer="sgd", epochs=2)


@pytest.mark.parametrize("questions", [1, 9])
def test_ctrl_c_at_a_question_writes_nothing_and_exits_130(script, questions, terminal):
    started = terminal()
    prompts = [*(f"[{n}/8]" for n in range(1, 9)), "Ready?"][:questions]
    started.answer(*((prompt, "\r") for prompt in prompts[:-1]), (prompts[-1], "\x03"))
    assert started.end() == (130, None)
    assert "Traceback" not in started.last_words
    assert [path.name for path in script.parent.iterdir()] == ["script.py"]


def test_quit_writes_nothing_and_is_no_error(script, terminal):
    started = terminal("--hidden-layers", "0", "--epochs", "3", "--no-l1")
    started.answer(*((f"[{n}/4]", "\r") for n in range(1, 5)), ("Ready?", "quit\r"))
    assert started.end() == (0, None)
    assert not (script.parent / "saved_files").exists()


def test_a_terminal_of_20_columns_can_be_answered(terminal):
    started = terminal(columns=20)
    started.answer(("[1/8]", "0\r"), *((f"[{n}/7]", "\r") for n in range(2, 8)), ("Ready?", "\r"))
    assert started.end() == (0, Settings(hidden_layers=0))


def test_an_error_is_shown_whole_in_a_narrow_terminal(terminal):
    given = ["--hidden-layers=0", "--normalization=simple", "--initialization=he", "--no-l1"]
    started = terminal(*given, "--no-learning-rate-decay", "--optimizer=sgd", columns=30)
    started.answer(("epochs?", "x\r"), ("1,000,000,000,000", "\x03"))
    assert started.end() == (130, None)


def test_a_terminal_that_only_prints_lines_can_be_answered(terminal):
    started = terminal(env={"TERM": "dumb"})
    started.answer(("[1/8]", "two\r"), *((f"[{n}/8]", "\r") for n in range(2, 9)), ("Ready?", "\r"))
    assert started.end() == (0, Settings(hidden_layers=2))


def test_colours_are_left_out_on_request(terminal):
    started = terminal("--epochs", "0", env={"NO_COLOR": "1"})
    assert started.end()[0] == 2
    assert "\x1b" not in started.last_words

    started = terminal("--epochs", "0")
    assert started.end()[0] == 2
    assert started.last_words.startswith("\x1b[31merror: --epochs is '0'")

    started = terminal(env={"NO_COLOR": "1"})
    started.answer(("[1/8]", "\x03"))
    started.end()
    assert "38;5" not in started.last_words


def test_questions_are_asked_on_the_terminal_when_output_goes_to_a_file(script, terminal):
    started = terminal(output=str(script.parent / "out.txt"))
    prompts = [*(f"[{n}/8]" for n in range(1, 9)), "Ready?"]
    started.answer(*((prompt, "\r") for prompt in prompts))
    started.end()
    text = (script.parent / "out.txt").read_text()
    assert text.startswith("GOT ")


def test_a_keyboard_without_a_screen_is_not_waited_for(script, terminal):
    files = {name: str(script.parent / f"{name}.txt") for name in ("output", "errors")}
    assert terminal(**files).end()[0] == 0
    assert "has its default" in (script.parent / "output.txt").read_text()


def test_nothing_slow_is_imported_before_the_first_question():
    code = (
        "import sys, nn.commands.train, nn.console.gather, nn.console.questions;"
        "print({'numpy', 'scipy', 'matplotlib', 'tqdm', 'yaml'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout == "set()\n"

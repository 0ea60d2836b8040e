"""What the program asks or says about unfinished runs when it starts."""

import os
from pathlib import Path

import pytest

from nn.console.unfinished_runs import mention_unfinished_runs, offer_unfinished_run
from nn.errors import RunFolderError, StoppedError
from nn.files.training_lock import training_lock


class Answers:
    """Gives answers that were written before, and keeps what was asked."""

    def __init__(self, *answers: object) -> None:
        self.answers, self.asked = list(answers), []

    def choose(self, message, choices, default):
        self.asked.append((message, [choice.value for choice in choices], default))
        return self.answers.pop(0)


@pytest.fixture
def save_dir(tmp_path, monkeypatch) -> Path:
    """A save folder with an unfinished run `b`, and an older one, `a`."""
    monkeypatch.chdir(tmp_path)
    for at, name in enumerate(("a", "b")):
        folder = Path("saved_files", name)
        folder.mkdir(parents=True)
        (folder / "settings.yaml").write_text("epochs: 10\n")
        os.utime(folder / "settings.yaml", (at, at))
    return Path("saved_files")


def test_nothing_is_asked_or_said_without_an_unfinished_run(tmp_path, capsys):
    asker = Answers()
    assert offer_unfinished_run(asker, tmp_path) is None
    mention_unfinished_runs(tmp_path)
    assert asker.asked == []
    assert capsys.readouterr().out == ""


def test_the_newest_run_is_offered(save_dir):
    asker = Answers("Resume")
    assert offer_unfinished_run(asker, save_dir) == save_dir / "b"
    question = "b is unfinished: 0 of 10 epochs are trained. Resume it?"
    assert asker.asked == [(question, ["Resume", "New", "Remove"], "Resume")]


def test_another_run_can_be_trained_and_the_unfinished_one_kept_or_removed(save_dir):
    assert offer_unfinished_run(Answers("New"), save_dir) is None
    assert (save_dir / "b").exists()
    assert offer_unfinished_run(Answers("Remove"), save_dir) is None
    assert [path.name for path in save_dir.iterdir()] == ["b"]  # the older one was next


def test_a_run_with_a_result_can_be_removed_too(save_dir):
    (save_dir / "b" / "result.csv").touch()
    (save_dir / "b" / "checkpoint.npz").touch()
    assert offer_unfinished_run(Answers("Remove"), save_dir) is None
    assert not (save_dir / "b").exists()


def test_each_run_is_asked_about_once(save_dir):
    for name in ("b", "a"):
        asker = Answers("New")
        offer_unfinished_run(asker, save_dir)
        assert asker.asked[0][0].startswith(f"{name} is unfinished")
    assert offer_unfinished_run(Answers(), save_dir) is None
    mention_unfinished_runs(save_dir)  # nor is it mentioned


def test_a_question_that_is_not_answered_is_asked_again(save_dir):
    class Stopped(Answers):
        def choose(self, *question):
            raise StoppedError("nothing was written")

    with pytest.raises(StoppedError):
        offer_unfinished_run(Stopped(), save_dir)
    assert offer_unfinished_run(Answers("Resume"), save_dir) == save_dir / "b"
    assert offer_unfinished_run(Answers("Resume"), save_dir) == save_dir / "b"


def test_where_nobody_is_asked_a_run_is_mentioned_once_and_can_still_be_asked_about(
    save_dir, capsys
):
    mention_unfinished_runs(save_dir)
    capsys.readouterr()
    mention_unfinished_runs(save_dir)
    assert capsys.readouterr().out == ""
    assert offer_unfinished_run(Answers("Resume"), save_dir) == save_dir / "b"


def test_a_note_does_not_follow_a_link(save_dir, tmp_path):
    (save_dir / "b" / ".asked").symlink_to(tmp_path / "elsewhere")
    offer_unfinished_run(Answers("New"), save_dir)
    assert not (tmp_path / "elsewhere").exists()


def test_a_run_that_is_resumed_meanwhile_is_not_removed(save_dir):
    class Meanwhile(Answers):
        def choose(self, message, choices, default):
            lock.__enter__()
            return "Remove"

    lock = training_lock(save_dir / "b")
    with pytest.raises(RunFolderError, match="another program"):
        offer_unfinished_run(Meanwhile(), save_dir)
    lock.__exit__(None, None, None)
    assert (save_dir / "b").exists()


def test_where_nobody_is_asked_the_command_is_said(save_dir, capsys):
    mention_unfinished_runs(save_dir)
    assert capsys.readouterr().out == (
        "saved_files/b is unfinished: 0 of 10 epochs are trained (1 more is unfinished). "
        "To resume it: python train.py --resume b\n"
    )
    (save_dir / "b" / ".mentioned").unlink()
    mention_unfinished_runs(save_dir.resolve())
    assert f"--resume {save_dir.resolve() / 'b'}\n" in capsys.readouterr().out

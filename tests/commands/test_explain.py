"""The program that explains a step, started as people start it."""

import pytest


def test_in_a_pipe_it_prints_the_whole_story_of_a_run(trained_run, run_program):
    done = run_program("explain.py", "--run", trained_run.folder, "--data-dir", trained_run.data)
    assert (done.returncode, done.stderr) == (0, "")
    assert "The update: every weight moves a little" in done.stdout


def test_a_page_is_written_into_the_runs_folder(trained_run, run_program, tmp_path):
    done = run_program("explain.py", "--tiny", "--html", cwd=tmp_path)
    assert done.stdout == "Saved explanation.html\n"
    assert "Is the gradient right?" in (tmp_path / "explanation.html").read_text(encoding="utf-8")


def test_in_a_terminal_keys_turn_the_pages(on_terminal, tmp_path):
    child = on_terminal("explain.py", "--tiny", columns=80, rows=24, cwd=str(tmp_path))
    child.expect_exact("One training step: a tiny network")
    child.send("n")
    child.expect_exact("Forward, layer 1 of 3")
    child.send("q")
    child.expect_exact("\x1b[?1049l")
    assert child.wait() == 0


@pytest.mark.parametrize("flags", [["--image", "-1"], ["--image", "x"], ["--imag", "1"]])
def test_a_wrong_flag_is_refused(refused, run_program, flags):
    refused(run_program("explain.py", "--tiny", *flags), 2, "--ima")

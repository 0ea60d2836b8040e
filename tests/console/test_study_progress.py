"""The bar over a study's trials: a line for each that ends, once."""

from contextlib import closing

from nn.console.progress import StudyProgress


def test_each_trial_that_ends_has_one_line(capsys):
    with closing(StudyProgress()) as progress:
        progress.show(3, {}, "")
        progress.show(3, {1: "trial 2"}, "best 90 %")
        progress.show(3, {1: "trial 2"}, "best 90 %")
        progress.show(3, {0: "trial 1", 1: "trial 2", 2: "trial 3"}, "best 95 %")
    captured = capsys.readouterr()
    assert captured.out == "trial 2\ntrial 1\ntrial 3\n"
    assert captured.err == ""  # no bar where there is no terminal


def test_what_an_earlier_start_has_done_is_counted_and_not_printed_again(capsys):
    with closing(StudyProgress()) as progress:
        progress.show(4, {0: "trial 1", 3: "trial 4"}, "best 90 %")
        progress.show(4, {0: "trial 1", 3: "trial 4", 2: "trial 3"}, "best 90 %")
    assert capsys.readouterr().out == "2 of 4 trials are already done\ntrial 3\n"

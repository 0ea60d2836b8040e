"""After training a run gets its pictures, and a page made from what was saved."""

from types import SimpleNamespace

from nn.losses import SquaredError
from nn.reports import run_reports


def test_pictures_come_first_and_the_page_is_made_of_the_saved_network(monkeypatch, tmp_path):
    done = []
    folder = SimpleNamespace(path=tmp_path)
    run = SimpleNamespace(
        folder=folder,
        result="result",
        predictions=SimpleNamespace(title="mnist, run"),
        verdict="good",
        network="network",
    )

    def draw_run(path, title, on_file, network, *, loss_unit):
        assert (network, loss_unit) == ("network", "squared error per example")
        on_file("loss_history.png")
        done.append((path, title))

    saved = SimpleNamespace(loss=SquaredError())

    def load_run(*given):
        assert given == (folder, "network")
        return saved

    monkeypatch.setattr(run_reports, "draw_run", draw_run)
    monkeypatch.setattr(run_reports, "load_run", load_run)
    monkeypatch.setattr(run_reports, "write_html_report", lambda *given: done.append(given))
    run_reports.write_reports(run, done.append)
    assert done == [
        "loss_history.png",
        (tmp_path, "mnist, run"),
        "report.html",
        (saved, "result", run.predictions, "good"),
    ]

"""After training a run gets its pictures, and a page made from what was saved."""

from types import SimpleNamespace

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

    def draw_run(path, title, on_file, network):
        assert network == "network"
        on_file("loss_history.png")
        done.append((path, title))

    monkeypatch.setattr(run_reports, "draw_run", draw_run)
    monkeypatch.setattr(run_reports, "load_run", lambda *given: ("saved", *given))
    monkeypatch.setattr(run_reports, "write_html_report", lambda *given: done.append(given))
    run_reports.write_reports(run, done.append)
    assert done == [
        "loss_history.png",
        (tmp_path, "mnist, run"),
        "report.html",
        (("saved", folder, "network"), "result", run.predictions, "good"),
    ]

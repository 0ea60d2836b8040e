"""Search for good settings; started again, a search continues, on any machine."""

import sys

from nn.console.program import run_program, say, when_stopped


def main() -> int:
    """Run the program and return its exit code."""
    return run_program(_search)


def _search() -> None:
    """Ask what to vary, run trials until the study is complete, and say which was best."""
    from contextlib import closing

    from nn.searching.team import import_ahead, run_search

    import_ahead()  # at the same time as here, and while questions are answered
    from nn.console.progress import StudyProgress
    from nn.console.searching import best_so_far, gather_plan, print_winner, trial_lines
    from nn.searching.storage import hide_password

    hide_password(sys.argv[1:])
    plan = gather_plan(sys.argv[1:])
    # These need Optuna, which has been looked for by now.
    from nn.searching.patience import Patience
    from nn.searching.study import Study, StudyStatus

    say(f"Study {plan.name}: {plan.trials:,} trials, in {plan.folder}", flush=True)
    progress = StudyProgress()
    patience = Patience(plan.search.database_wait, progress.note_outage)

    def show(status: StudyStatus) -> None:
        progress.show(plan.trials, trial_lines(status), best_so_far(status))

    with closing(progress), closing(Study(plan, patience)) as study:
        status = run_search(study, show)
    from nn.reports.study_files import draw_study, write_trials  # no trial waits for this

    with when_stopped(
        lambda: (
            f"stopped before all pictures were drawn; all trials are saved in {plan.folder}. "
            "The same command draws the pictures."
        )
    ):
        for path in [write_trials(status), *draw_study(status)]:
            say(f"Saved {path}")
        if plan.search.sampler == "grid":
            from nn.console.comparing import print_comparison

            print_comparison(plan.folder, len(status.finished))
    print_winner(status)

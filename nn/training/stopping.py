"""How an observer stops training before its last epoch."""


class StopTraining(Exception):  # noqa: N818 (a request, not an error)
    """Raised by an observer to stop training after the current step.

    Args:
        save: Whether to keep what was learned so far.
    """

    def __init__(self, *, save: bool) -> None:
        super().__init__("stop and save" if save else "stop and discard")
        self.save = save

"""How a training is ended before its last epoch by someone who follows it."""


class StopTraining(Exception):  # noqa: N818 (a request, not an error)
    """Raised by an observer to end the training after the step that is done.

    Args:
        save: whether what was learned so far is kept.
    """

    def __init__(self, *, save: bool) -> None:
        super().__init__("stop and save" if save else "stop and discard")
        self.save = save

"""Ctrl-C during training: the person decides whether to keep what was learned.

A signal may arrive in the middle of a step, so it is only noted; the question is asked between
two steps, when the parameters are consistent.
"""

import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

from nn.console.asker import open_asker
from nn.console.program import interrupt
from nn.errors import StoppedError
from nn.settings.setting import Choice
from nn.training.history import EpochRecord
from nn.training.stopping import StopTraining
from nn.training.trainer import Observer

# After a closed terminal or a `kill` there is nobody to ask.
_WITHOUT_ASKING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]

SAVE = Choice("Save", "s", "stop and save", explain="stop, and save what was learned")
DISCARD = Choice("Discard", "d", explain="stop, and save nothing")
CONTINUE = Choice("Continue", "c", "go on", "g", explain="continue training")


class Interrupt(Observer):
    """Turns signals into `StopTraining`: a context around the training and an observer of it.

    Before the first epoch there is nothing to save, so a signal stops the program immediately.

    Args:
        ask: whether there is a terminal to ask in; otherwise Ctrl-C stops and saves.
        before_asking: clears a line of the screen for the question.

    Attributes:
        happened: whether a signal ended the training.
    """

    def __init__(self, *, ask: bool, before_asking: Callable[[], None] = print) -> None:
        self._ask = ask
        self._before_asking = before_asking
        self._asking = False
        self._training = False
        self._arrived: int | None = None
        self._before: dict[int, Any] = {}
        self.happened = False

    def __enter__(self) -> "Interrupt":
        """Start handling signals."""
        for number in (signal.SIGINT, *_WITHOUT_ASKING):
            if signal.getsignal(number) != signal.SIG_IGN:  # as under `nohup`
                self._before[number] = signal.signal(number, self._mark)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Restore the previous handlers, and pass on a signal that came after the training."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if kind is None and self._arrived is not None and not self.happened:
            signal.raise_signal(self._arrived)

    def _mark(self, number: int, frame: FrameType | None) -> None:
        if not self._training:
            interrupt(number, frame)
            return
        if self._arrived in (None, signal.SIGINT):
            self._arrived = number
        if self._asking:
            raise KeyboardInterrupt  # ends the question without an answer

    def on_epoch_start(self, epoch: int, epochs: int, examples: int) -> None:
        """Note that from now on there is something to save."""
        self._training = True

    def on_progress(self, examples_done: int, loss: float, accuracy: float) -> None:
        """End the training if a signal has arrived.

        Raises:
            StopTraining: training should end; its `save` says whether to save.
        """
        self._act()

    def on_epoch_end(self, record: EpochRecord) -> None:
        """End the training if a signal arrived during the validation.

        Raises:
            StopTraining: training should end; its `save` says whether to save.
        """
        self._act()

    def _act(self) -> None:
        if self._arrived is None:
            return
        answer = SAVE.value
        if self._arrived == signal.SIGINT and self._ask:
            answer = self._question()
        if answer == CONTINUE.value:
            self._arrived = None
            return
        self.happened = True
        raise StopTraining(save=answer == SAVE.value)

    def _question(self) -> Any:
        """Return the chosen value; a second Ctrl-C or a closed terminal means stop and save."""
        try:
            self._asking = True
            self._before_asking()
            choices = [SAVE, DISCARD, CONTINUE]
            with open_asker() as asker:
                return asker.choose("Stop training?", choices, SAVE.value)
        except (KeyboardInterrupt, StoppedError, OSError):
            return SAVE.value
        finally:
            self._asking = False

"""How good a trained network is: the only place that opens the test set, once and last."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nn.datasets.images import LabelledImages
from nn.runs.predictions import Predictions, confusion_matrix
from nn.runs.preparation import PreparedData
from nn.runs.run_folder import Result
from nn.training.evaluation import Evaluation, evaluate
from nn.training.state import TrainingState


@dataclass(frozen=True)
class Judgement:
    """How good a network is.

    Attributes:
        result: The final figures.
        confusion: Test images by true and predicted class, (K, K).
        predictions: What the network predicts for the test images.
    """

    result: Result
    confusion: NDArray[np.integer]
    predictions: Predictions


def judge(state: TrainingState, data: PreparedData, *, epoch: int, title: str) -> Judgement:
    """Evaluate a trained network.

    Args:
        state: The training.
        data: Its images.
        epoch: The epoch that produced the network; 0 within the first.
        title: Heading for the predictions.
    """
    split, history = data.split, state.history

    def evaluated(part: LabelledImages) -> Evaluation:
        return evaluate(state.judged, state.loss, data.in_order(part)())

    validation, test = evaluated(split.validation), evaluated(split.test)
    if epoch:
        record = history[epoch - 1]
        training_loss, training_accuracy = record.training_loss, record.training_accuracy
    else:
        training = evaluated(split.training)
        training_loss, training_accuracy = training.loss, training.accuracy
    result = Result(
        epochs=len(history),
        parameters=state.network.parameter_count,
        training_loss=training_loss,
        training_accuracy=training_accuracy,
        validation_loss=validation.loss,
        validation_accuracy=validation.accuracy,
        test_loss=test.loss,
        test_accuracy=test.accuracy,
        test_images=len(split.test),
    )
    probabilities = state.loss.probabilities(test.logits)
    predictions = Predictions(
        split.test.images, split.test.labels, probabilities, title, data.images.class_names
    )
    confusion = confusion_matrix(test.labels, test.logits.argmax(axis=1), data.images.classes)
    return Judgement(result, confusion, predictions)

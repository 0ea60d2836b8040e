"""How good a trained network is: the only place that opens the test set, once and last."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nn.datasets.images import LabelledImages
from nn.runs.predictions import Predictions, confusion_matrix
from nn.runs.preparation import PreparedData
from nn.runs.run_folder import Result
from nn.runs.shifted_images import evaluate_shifted
from nn.training.evaluation import Evaluation
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


def judge(
    state: TrainingState, data: PreparedData, *, epoch: int, title: str, shift: int = 0
) -> Judgement:
    """Evaluate a trained network.

    Args:
        state: The training.
        data: Its images.
        epoch: The epoch that produced the network; 0 within the first.
        title: Heading for the predictions.
        shift: Validation and test images are read at every shift of up to so many pixels.
    """
    split, history = data.split, state.history

    def evaluated(part: LabelledImages, shift: int = 0) -> Evaluation:
        return evaluate_shifted(state.judged, state.loss, data, part, shift)

    validation, test = evaluated(split.validation, shift), evaluated(split.test, shift)
    if epoch:
        record = history[epoch - 1]
        training_loss, training_accuracy = record.training_loss, record.training_accuracy
    else:
        training = evaluated(split.training)
        training_loss, training_accuracy = training.loss, training.accuracy
    probabilities = state.loss.probabilities(test.logits)
    predictions = Predictions(
        split.test.images, split.test.labels, probabilities, title, data.images.class_names
    )
    result = Result(
        epochs=len(history),
        parameters=state.network.parameter_count,
        training_loss=training_loss,
        training_accuracy=training_accuracy,
        validation_loss=validation.loss,
        validation_accuracy=validation.accuracy,
        test_loss=test.loss,
        test_accuracy=predictions.accuracy,
        test_images=len(split.test),
    )
    confusion = confusion_matrix(test.labels, predictions.predicted, data.images.classes)
    return Judgement(result, confusion, predictions)

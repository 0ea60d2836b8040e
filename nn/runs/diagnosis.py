"""What is wrong with a network's layers, if anything is clearly wrong.

The limits lie between healthy networks and ill ones, far from both (docs/decisions.md).
"""

from collections.abc import Iterator, Sequence

from nn.network import Network
from nn.runs.facts import DeadUnits, Illness, SaturatedUnits, SmallSteps
from nn.training.history import EpochRecord
from nn.training.layer_health import LayerRecord

_MANY_DEAD = 0.5
_MANY_SATURATED = 0.6
_SMALL_RATIO = 5e-5
_WELL = 0.9  # a network with this validation accuracy needs no advice


def diagnose(
    network: Network, epoch: EpochRecord, layers: Sequence[LayerRecord], initialization: str
) -> Iterator[Illness]:
    """Yield what is wrong with the layers after an epoch.

    Args:
        network: The network.
        epoch: The figures of the epoch.
        layers: The health of its layers after it.
        initialization: How its weights were initialized.
    """
    about = epoch.learning_rate, initialization
    if epoch.validation_accuracy >= _WELL:
        return
    units = [layer.output_shape[0] for layer in network.layers if "weights" in layer.arrays]
    is_ill = False
    for record, count in zip(layers, units, strict=bool(layers)):
        if record.dead >= _MANY_DEAD:
            yield DeadUnits(*about, record.layer, round(record.dead * count), count)
        elif record.saturated >= _MANY_SATURATED:
            yield SaturatedUnits(*about, record.layer, record.saturated)
        else:
            continue
        is_ill = True
    # Later, small steps may be those of a decayed learning rate.
    if epoch.epoch == 1 and layers and not is_ill:
        ratio = max(record.update_ratio for record in layers)
        if ratio < _SMALL_RATIO:
            yield SmallSteps(*about, ratio)

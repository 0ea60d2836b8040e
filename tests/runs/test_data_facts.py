"""What a run knows of its images comes back from `data.csv`."""

import numpy as np
import pytest

from nn.datasets.images import ImageData, LabelledImages
from nn.errors import RunFolderError
from nn.runs.data_facts import DataFacts
from nn.runs.run_folder import RunFolder


@pytest.mark.parametrize(
    ("shape", "channels", "size"),
    [((4, 3), 1, "4 x 3 pixels"), ((3, 5, 4), 3, "5 x 4 pixels in colour")],
)
def test_data_facts_come_back(tmp_path, shape, channels, size):
    part = LabelledImages(np.zeros((6, *shape), np.uint8), np.arange(6))
    data = ImageData(part, part, "name", "source", classes=6)
    facts = DataFacts.of(data)
    assert facts == DataFacts(*shape[-2:], 6, int(data.fingerprint, 16), channels)
    assert (facts.image_shape, facts.size) == (shape, f"{size} in 6 classes")
    folder = RunFolder(tmp_path)
    folder.write_data_facts(facts)
    assert folder.read_data_facts() == facts


@pytest.mark.parametrize("channels", [0, 2, 4])
def test_another_number_of_channels_is_refused(tmp_path, channels):
    folder = RunFolder(tmp_path)
    folder.write_data_facts(DataFacts(4, 3, 2, 1, channels))
    with pytest.raises(RunFolderError, match=r"data\.csv: channels is"):
        folder.read_data_facts()

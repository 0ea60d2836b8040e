"""The settings of the data are settings like all others."""

import pytest

from nn.errors import SettingError
from nn.settings.checking import Given, check_settings
from nn.settings.data_declaration import DataSettings
from nn.settings.declaration import SETTINGS


def test_all_of_them_are_settings_of_a_run():
    assert DataSettings.model_fields.keys() <= SETTINGS.keys()


@pytest.mark.parametrize("name", ["validation_size", "test_size"])
@pytest.mark.parametrize(("written", "value"), [("0.25", 0.25), ("5000", 5000), (5000.0, 5000)])
def test_a_size_is_a_number_of_images_or_a_fraction(name, written, value):
    assert getattr(check_settings({name: Given(written, name)}), name) == value


@pytest.mark.parametrize("name", ["validation_size", "test_size"])
@pytest.mark.parametrize("wrong", ["0", "1.5", "-3", "nan", True])
def test_other_sizes_are_refused(name, wrong):
    with pytest.raises(SettingError, match=f"{name}.*a whole number from 1, or a fraction"):
        check_settings({name: Given(wrong, name)})

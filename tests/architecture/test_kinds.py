"""Every kind of layer that can be written has a class, and options that its class takes."""

import inspect

import pytest

from nn.architecture.kinds import KINDS
from nn.layers.dense import Dense


@pytest.mark.parametrize("name", KINDS)
def test_options_are_arguments_of_the_class_and_required_alike(name: str) -> None:
    kind = KINDS[name]
    examples = {"units": 3, "rate": 0.5, "filters": 2, "kernel_size": 3, "size": 2}
    options = {"units": 10} if name == "output" else {}
    options |= {key: examples[key] for key, option in kind.options.items() if option.required}
    layer = kind.make(**options)
    assert layer.name == ("dense" if name == "output" else name)
    arguments = inspect.signature(type(layer).__init__).parameters
    assert set(kind.options) <= set(arguments)
    for key, option in kind.options.items():
        assert option.required == (arguments[key].default is inspect.Parameter.empty)


def test_the_output_is_a_dense_layer() -> None:
    assert type(KINDS["output"].make(units=7)) is Dense

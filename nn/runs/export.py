"""A trained network for other programs.

Any program can read the CSV files, but must rebuild the layers itself. ONNX is a format for
complete networks that runs in most other frameworks, on phones and in browsers. An `.npz` file
holds the same arrays as the CSV files, in NumPy's own format.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nn.errors import SettingError
from nn.files.atomic_write import open_atomically, write_atomically
from nn.files.file_errors import writing
from nn.installation import install_command
from nn.layers.layer import Layer
from nn.runs.file_names import EXPORTS
from nn.runs.saved_run import SavedRun

if TYPE_CHECKING:
    from onnx import ModelProto

# Old enough for every runtime still in use; nothing here needs a newer one.
_OPSET, _FORMAT_VERSION = 13, 7


def export_network(run: SavedRun, form: str) -> Path:
    """Write a run's network into its folder, as `network.onnx` or `network.npz`.

    Args:
        run: The run.
        form: "onnx", a network from pixels (N, H, W) or (N, 3, H, W), 0 to 255 in float32, to
            logits (N, K), which includes the run's normalization; or "npz", an array for each CSV
            file and the two numbers of the normalization.

    Returns:
        The file's path.

    Raises:
        SettingError: The package onnx is not installed, or there is no such form.
        RunFolderError: The folder cannot be written.
    """
    writers: dict[str, Callable[[SavedRun, Path], None]] = {"onnx": _write_onnx, "npz": _write_npz}
    if form not in writers:
        raise SettingError(f"export: got {form!r}, expected {' or '.join(writers)}.")
    path = run.folder.path / EXPORTS[form]
    with writing(path):
        writers[form](run, path)
    return path


def _write_npz(run: SavedRun, path: Path) -> None:
    scaling = {"subtract": run.normalization.subtract, "divide": run.normalization.divide}
    numbers = {name: np.float32(number) for name, number in scaling.items()}
    arrays: dict[str, Any] = {**run.network.arrays, **numbers}
    with open_atomically(path) as stream:
        np.savez(stream, **arrays)


def _write_onnx(run: SavedRun, path: Path) -> None:
    write_atomically(path, _onnx_model(run).SerializeToString())


# Each layer in ONNX: the operator, its arrays in the operator's order, its attributes.
_Operator = tuple[str, list[np.ndarray], dict[str, Any]]


def _dense(layer: Layer) -> _Operator:
    return "Gemm", [layer.arrays["weights"], layer.arrays["biases"]], {}


def _conv2d(layer: Layer) -> _Operator:
    constants = layer.constants
    weights = layer.arrays["weights"]
    # Ours are (C * kh * kw, F), as the matrix product needs them; ONNX's are (F, C, kh, kw).
    kernels = weights.T.reshape(-1, layer.input_shape[0], *_pair(constants["kernel_size"]))
    attributes = {
        "kernel_shape": constants["kernel_size"],
        "strides": constants["stride"],
        "dilations": constants["dilation"],
        "pads": constants["padding"],
    }
    return "Conv", [kernels, layer.arrays["biases"]], attributes


def _max_pool(layer: Layer) -> _Operator:
    constants = layer.constants
    attributes = {"kernel_shape": constants["size"], "strides": constants["stride"]}
    return "MaxPool", [], attributes


def _global_average_pool(layer: Layer) -> _Operator:
    # ONNX's own GlobalAveragePool keeps two axes of length 1.
    return "ReduceMean", [], {"axes": [2, 3], "keepdims": 0}


def _batch_norm(layer: Layer) -> _Operator:
    order = ("gamma", "beta", "running_mean", "running_variance")
    arrays = [layer.arrays[name] for name in order]
    return "BatchNormalization", arrays, dict(layer.constants)


def _images(layer: Layer) -> _Operator:
    return "Reshape", [np.array([-1, *layer.output_shape], np.int64)], {}


_OPERATORS: dict[str, Callable[[Layer], _Operator]] = {
    "dense": _dense,
    "conv2d": _conv2d,
    "max_pool": _max_pool,
    "global_average_pool": _global_average_pool,
    "batch_norm": _batch_norm,
    "images": _images,
    "flatten": lambda layer: ("Flatten", [], {}),
    "relu": lambda layer: ("Relu", [], {}),
    "sigmoid": lambda layer: ("Sigmoid", [], {}),
    "dropout": lambda layer: ("Identity", [], {}),  # it drops nothing outside training
}


def _pair(value: float | tuple[int, ...]) -> tuple[int, ...]:
    return value if isinstance(value, tuple) else (int(value), int(value))


def _onnx_model(run: SavedRun) -> "ModelProto":
    """Return the network as a chain of operators, each with the output of the one before it."""
    try:
        from onnx import TensorProto, checker, helper, numpy_helper
    except ImportError:
        raise SettingError(
            "--export onnx needs the package onnx, which is not installed. Install it with: "
            f"{install_command('export')}"
        ) from None

    shape = run.facts.image_shape
    chain: list[_Operator] = [
        ("Sub", [np.float32(run.normalization.subtract)], {}),
        ("Div", [np.float32(run.normalization.divide)], {}),
        ("Reshape", [np.array([-1, math.prod(shape)], np.int64)], {}),
        *(_OPERATORS[layer.name](layer) for layer in run.network.layers),
    ]
    nodes, constants, entering = [], [], "pixels"
    for number, (operator, arrays, attributes) in enumerate(chain, start=1):
        names = [f"array_{number}_{place}" for place, _ in enumerate(arrays, start=1)]
        for name, array in zip(names, arrays, strict=True):
            constants.append(numpy_helper.from_array(np.asarray(array), name))
        leaving = "logits" if number == len(chain) else f"{operator.lower()}_{number}"
        nodes.append(helper.make_node(operator, [entering, *names], [leaving], **attributes))
        entering = leaving

    pixels = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["images", *shape])
    logits = helper.make_tensor_value_info(
        "logits", TensorProto.FLOAT, ["images", run.facts.classes]
    )
    graph = helper.make_graph(nodes, "network", [pixels], [logits], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)])
    model.ir_version = _FORMAT_VERSION
    checker.check_model(model)
    return model

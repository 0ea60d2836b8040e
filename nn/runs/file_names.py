"""Names of the files of a run, for modules that only need to know whether they exist."""

SETTINGS = "settings.yaml"
CHECKPOINT = "checkpoint.npz"
DATA = "data.csv"
RESULT = "result.csv"
REPORT = "report.html"
GALLERY = "gallery.png"
PREDICTIONS = "predictions.csv"
EXPORTS = {"onnx": "network.onnx", "npz": "network.npz"}
MADE_OF_A_RESULT = (REPORT, GALLERY, PREDICTIONS, *EXPORTS.values())
"""Files made from a result, which are out of date once the run is extended."""


def former(name: str) -> str:
    """Return the name of a file's former version, which is kept while a run is extended."""
    return f".{name}.former.part"

"""The names of the files that tell how far a run is, for all who look without opening them."""

SETTINGS = "settings.yaml"
CHECKPOINT = "checkpoint.npz"
DATA = "data.csv"
RESULT = "result.csv"
REPORT = "report.html"
GALLERY = "gallery.png"
PREDICTIONS = "predictions.csv"
EXPORTS = {"onnx": "network.onnx", "npz": "network.npz"}
MADE_OF_A_RESULT = (REPORT, GALLERY, PREDICTIONS, *EXPORTS.values())
"""What is made of a finished run, and tells of another network once the run is trained further."""


def former(name: str) -> str:
    """Return the name under which a file's former content stays while a run is trained further."""
    return f".{name}.former.part"

"""The names of the files that show how far a run is, for readers that need not open them."""

SETTINGS = "settings.yaml"
CHECKPOINT = "checkpoint.npz"
DATA = "data.csv"
RESULT = "result.csv"
REPORT = "report.html"
GALLERY = "gallery.png"
PREDICTIONS = "predictions.csv"
EXPORTS = {"onnx": "network.onnx", "npz": "network.npz"}
DERIVED_FROM_RESULT = (REPORT, GALLERY, PREDICTIONS, *EXPORTS.values())
"""What shows the network of a result, and would be wrong beside another result."""

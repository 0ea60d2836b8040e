"""The names of the files whose existence shows how far a run is."""

from nn.settings import SETTINGS_FILE

SETTINGS = SETTINGS_FILE
CHECKPOINT = "checkpoint.npz"
DATA = "data.csv"
RESULT = "result.csv"
REPORT = "report.html"
GALLERY = "gallery.png"
PREDICTIONS = "predictions.csv"
EXPLANATION = "explanation.html"
SUBMISSION = "submission.csv"
PICTURES = "pictures.csv"
EXPORTS = {"onnx": "network.onnx", "npz": "network.npz"}
DERIVED_FROM_RESULT = (
    *(REPORT, GALLERY, PREDICTIONS, EXPLANATION, SUBMISSION, PICTURES),
    *EXPORTS.values(),
)
"""Files made from a result, which would be wrong beside another result."""
# Empty files in the folder of an unfinished run: a person was asked about it; a program named it.
ASKED = ".asked"
MENTIONED = ".mentioned"

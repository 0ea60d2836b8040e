"""What a file seems to be that is no form of data: said, instead of passed over.

A download that needs a login leaves a page under the name of the file. A repository leaves a
pointer. An archive lies there as it came. All of these look like the data until they are opened.
"""

import re

from nn.datasets.form import DataFile
from nn.errors import DataError

_STARTS = (
    (rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?<(!doctype html|html|head)",
     "a web page: the address needs a login, or is wrong; download the file again"),
    (rb"version https://git-lfs", "a Git LFS pointer: run `git lfs pull` where it came from"),
    (rb"PK\x03\x04.{26}[^/]{1,99}/data\.pkl", "a PyTorch file; save its arrays as .npz"),
    (rb"PK\x03\x04.{26}\[Content_Types\]", "an Excel table; save it as CSV"),
    (rb"PK\x03\x04", "a zip archive: unpack it"),
    (rb"(7z\xbc\xaf|Rar!|\xfd7zXZ|BZh|\x28\xb5\x2f\xfd)", "a packed archive: unpack it"),
    (rb".{257}ustar", "a tar archive: unpack it"),
    (rb"\s*(%[^\n]*\n\s*)*@relation", "an ARFF table; remove all lines up to @data"),
    (rb"[+-]?[0-9.]+( [0-9]+:[0-9.e+-]+){3}", "a LIBSVM table; save it as CSV"),
    (rb"(PAR1|ARROW1)", "a Parquet or Arrow table; save it as CSV"),
    (rb"(\x89HDF|MATLAB 5)", "an HDF5 or MATLAB file; save its arrays as .npz"),
    (rb"(\x89PNG|\xff\xd8\xff|GIF8|BM....\0\0|II\*\0|MM\0\*|RIFF....WEBP)",
     "a picture; pictures are read from a folder for each class, as in cats/1.jpg"),
)  # fmt: skip
_ENDINGS = (
    *(".csv", ".tsv", ".npz", ".npy", ".pkl", ".pickle", ".mat", ".parquet", ".gz", ".bin", ".pt"),
    *(".pth", ".tfrecord", ".tfrecords", ".feather", ".db", ".sqlite", ".arff", ".xls"),
)


def refuse_stranger(file: DataFile) -> None:
    """Raise if a file that is called like data is clearly something else.

    Raises:
        DataError: It is.
    """
    if words := _by_start(file.head):
        raise DataError(f"{file.path}: seems to be {words}.")


def seems_to_be(file: DataFile) -> str:
    """Return what a file seems to be, and what to do; empty if it does not look like data."""
    name = file.path.name.lower()
    if name.endswith((".html", ".htm")):
        return ""
    if words := _by_start(file.head):
        return words
    if not name.endswith(_ENDINGS):
        return ""
    if not file.head:
        return "empty or damaged; copy it again"
    if name.endswith((".csv", ".tsv")):
        return "a table without images; expected a label and the pixels of an image in each line"
    return "in an unknown form"


def _by_start(head: bytes) -> str:
    for start, words in _STARTS:
        if re.match(start, head, re.IGNORECASE | re.DOTALL):
            return words
    return ""

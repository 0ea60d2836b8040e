"""Everything that the scripts import sooner or later, imported once for all that branch off."""

import importlib
import pkgutil
from contextlib import suppress

import tqdm  # noqa: F401 - to have it in memory is the point

import nn

for module in pkgutil.walk_packages(nn.__path__, "nn."):
    with suppress(ImportError):  # of a library that only some have
        importlib.import_module(module.name)

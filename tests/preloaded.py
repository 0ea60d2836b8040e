"""Everything that the scripts import sooner or later, imported once for all forked processes.

The libraries that they import in functions are used once, which also finds the fonts. Nor do these
processes wait until the disk has their files, which takes most of a small run: only a test that
cuts the power could tell the difference.
"""

import gc
import importlib
import os
import pkgutil
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import tqdm  # noqa: F401 - to have it in memory is the point

import nn
from nn.reports.history_plots import plot_history
from nn.reports.pages import _environment
from tests.console.quick_keys import make_key_bindings_once
from tests.searching.quick_studies import read_migrations_once

for module in pkgutil.walk_packages(nn.__path__, "nn."):
    with suppress(ImportError):  # of a library that only some have
        importlib.import_module(module.name)

os.fsync = lambda descriptor: None

with TemporaryDirectory() as folder:
    picture = Path(folder) / "loss.png"
    plot_history(picture, "loss", [1, 2], training=[2, 1], validation=[2, 1], title="")
for page in ("report.html", "comparison.html", "explanation.html"):
    _environment().get_template(page)
make_key_bindings_once()
read_migrations_once()
with suppress(ImportError):
    from optuna.storages import RDBStorage

    RDBStorage("sqlite://")

gc.collect()
gc.freeze()  # no process has to look through all this for garbage

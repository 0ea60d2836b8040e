"""YAML: the settings of a training and of a search."""

from pathlib import Path

from fuzzing.formats import Format, Reading
from nn.runs.write_scope import check_write_scope
from nn.searching.plan import plan_search
from nn.settings.checking import check_given, check_settings
from nn.settings.config_files import read_config, write_settings
from nn.settings.declaration import SETTINGS, Settings
from nn.settings.search_declaration import SEARCH

_TRAINING = (
    b"epochs: 3\nlearning_rate: 1e-4\nl1: yes\nname: a\ndata_dir: data\n",
    b"layers: [{conv2d: {filters: 8, kernel_size: [3, 3], padding: same}}, relu, {dense: 9}]\n",
    b"layers:\n  - dropout: 0.5\n  - batch_norm\n",
    b"? seed\n: 9\nsplit: official\nvalidation_size: 0.2\nsave_dir: ../../up\n",
)
_SEARCH = (
    b"vary: {learning_rate: 1e-4..1 log, hidden_units: [50, 100]}\ntrials: 5\nsampler: random\n",
    b"vary: 'activation, optimizer: [[relu, sgd], [sigmoid, adam]]'\nsampler: grid\nepochs: 2\n",
    b"vary:\n  layers: [[relu], [sigmoid, {dense: 3}]]\nstart: other.yaml\nstorage: x.journal\n",
)


def _prepare(folder: Path) -> list[bytes]:
    write_settings(folder / "other.yaml", Settings(epochs=2), ["a note"])
    whole = (folder / "other.yaml").read_bytes()
    training = [b"t" + text for text in (*_TRAINING, whole[:2000])]
    return training + [b"s" + text for text in _SEARCH]


def _read(content: bytes, folder: Path) -> Reading:
    path = folder / "config.yaml"
    path.write_bytes(content[1:])
    return lambda: _search(path) if content[:1] == b"s" else _training(path)


def _training(path: Path) -> object:
    given = read_config(path)
    check_write_scope(given)
    return check_settings(given)


def _search(path: Path) -> object:
    given = read_config(path, [*SEARCH.settings, *SETTINGS])
    check_write_scope(given)
    of_search = {name: one for name, one in given.items() if name in SEARCH.settings}
    of_runs = {name: one for name, one in given.items() if name in SETTINGS}
    place = given["start"].source if "start" in given else "start"
    return plan_search(check_given(of_search, SEARCH), of_runs, place).trials


FORMAT = Format(
    "yaml",
    _prepare,
    _read,
    tokens=(
        *(f"{name}: ".encode() for name in (*SETTINGS, *SEARCH.settings)),
        *(
            b"!!python/object/apply:os.system [ls]",
            b"&a ",
            b"*a",
            b"<<: ",
            b"? ",
            b"- ",
            b"{",
            b"}",
        ),
        *(b"[", b"]", b"..", b"9" * 400, b"%YAML 1.1\n", b"---\n", b'"\\u0000"', b"\xef\xbb\xbf"),
    ),
)

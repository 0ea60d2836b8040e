"""The networks of the configs, each of them once: many configs share their layers."""

from nn.settings.checking import check_settings
from nn.settings.config_files import read_config
from nn.settings.declaration import Settings
from tests.environment import ROOT


def distinct_networks() -> dict[str, Settings]:
    """Return the settings of all configs but those whose layers another one has already."""
    found: dict[str, tuple[str, Settings]] = {}
    for path in sorted((ROOT / "configs").glob("*.yaml")):
        settings = check_settings(read_config(path))
        shorthand = settings.hidden_layers, settings.hidden_units, settings.activation
        found.setdefault(str(settings.layers or shorthand), (path.stem, settings))
    return dict(found.values())


DISTINCT = distinct_networks()

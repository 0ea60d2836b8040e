"""The settings of a run: declared once, read from flags, YAML and answers, written back.

`declaration` is the place to add a setting; everything else here and in `nn.console` (questions,
flags, YAML keys, `settings.yaml`, the repeat command, the table in `docs/settings.md`) is made
from it.
"""

SETTINGS_FILE = "settings.yaml"
"""The file in a run's folder."""

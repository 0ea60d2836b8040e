"""The one line that starts the same run again, to be copied from the screen or a report."""

import shlex

from nn.installation import command
from nn.settings.declaration import SETTINGS, Settings


def repeat_command(settings: Settings) -> str:
    """Return the command of a run: `--defaults`, so that it asks nothing, and what differs."""
    words = [*command("train").split(), "--defaults"]
    for setting in SETTINGS.values():
        value = getattr(settings, setting.name)
        if value == setting.default:
            continue
        if isinstance(value, bool):
            words.append(setting.flag if value else setting.flag.replace("--", "--no-", 1))
        elif (text := setting.show(value)).startswith("-"):
            words.append(f"{setting.flag}={text}")  # else it would be taken for a flag
        else:
            words += [setting.flag, text]
    return shlex.join(words)

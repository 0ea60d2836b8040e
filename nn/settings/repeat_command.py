"""The command that repeats a run, to be copied from the screen or a report."""

import shlex

from nn.installation import command
from nn.settings.declaration import SETTINGS, Settings


def repeat_command(settings: Settings) -> str:
    """Return a run's command: `--defaults`, to skip the questions, and the settings that differ."""
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

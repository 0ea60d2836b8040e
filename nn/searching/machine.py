"""The name of this machine, for processes of several machines that share a folder or a database."""

import uuid
from contextlib import suppress
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def this_machine() -> str:
    """Return a name of this machine that all of its processes share until it restarts."""
    with suppress(OSError):
        return _BOOT_ID.read_text(encoding="ascii").strip()
    return f"{uuid.getnode():x}"

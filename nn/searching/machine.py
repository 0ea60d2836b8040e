"""Which machine this is, for processes that share a folder or a database with those of others."""

import uuid
from contextlib import suppress
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def this_machine() -> str:
    """Return a name for this machine since it was started, the same for all of its processes."""
    with suppress(OSError):
        return _BOOT_ID.read_text(encoding="ascii").strip()
    return f"{uuid.getnode():x}"

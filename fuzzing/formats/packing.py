"""Gzip around an input: a bit changed in a gzip file itself leads no further than its checksum.

The first byte of an input says how the rest is packed.
"""

import gzip


def packed(content: bytes) -> bytes:
    """Return the file that an input stands for."""
    return _PACKINGS[content[0] % WAYS if content else 0](content[1:])


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=1, mtime=0)


_PACKINGS = (
    lambda body: body,
    _gzip,
    # Two members, as `cat a.gz b.gz` makes.
    lambda body: _gzip(body[: len(body) // 2]) + _gzip(body[len(body) // 2 :]),
    lambda body: _gzip(body)[: -1 - len(body) % 20],
    # Padding, and something else after it.
    lambda body: _gzip(body) + bytes(7) + body[:3],
    # A damaged stream after an intact header.
    lambda body: _gzip(b"")[:10] + body,
    # Many empty members; more than are read would take a second each time.
    lambda body: _gzip(b"") * (1 << len(body) % 9) + _gzip(body),
)
WAYS = len(_PACKINGS)

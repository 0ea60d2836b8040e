"""Gzip around an input: a bit changed in a gzip file itself leads no further than its checksum.

The first byte of an input says how the rest is packed.
"""

import gzip

WAYS = 6


def packed(content: bytes) -> bytes:
    """Return the file that an input stands for."""
    way, body = (content[0] % WAYS if content else 0), content[1:]
    if way == 1:
        return _gzip(body)
    if way == 2:  # two members, as `cat a.gz b.gz` makes
        return _gzip(body[: len(body) // 2]) + _gzip(body[len(body) // 2 :])
    if way == 3:
        return _gzip(body)[: -1 - len(body) % 20]
    if way == 4:  # padding, and something else behind it
        return _gzip(body) + bytes(7) + body[:3]
    if way == 5:  # a damaged stream behind a whole header
        return _gzip(b"")[:10] + body
    return body


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=1, mtime=0)

"""Unpacking gzip: all members of it, as tools that append to a file write them (RFC 1952, 2.2)."""

import gzip
import io
import zlib


class BadGzip(Exception):
    """The bytes are no gzip, or not all of one."""


def unpacked(content: bytes, limit: int = -1) -> bytes:
    """Return what was packed, at most `limit` bytes and one. Raises BadGzip."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            return packed.read(limit + 1 if limit >= 0 else -1)
    except EOFError:
        raise BadGzip("The gzip is cut off.") from None
    except (OSError, zlib.error):
        raise BadGzip("This is no gzip, or something else follows it.") from None

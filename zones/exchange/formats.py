"""The formats of rules that can be read, by name."""

from collections.abc import Callable

from zones.exchange import datex, dtro, geojson, osm
from zones.exchange.drafts import Context, Reading, Unreadable

FILE_LIMIT = 64 * 1024 * 1024
"""Bytes of a file that is read at all."""
READERS: dict[str, Callable[[bytes, Context], Reading]] = {
    "zfe": geojson.read,
    "datex2": datex.read,
    "osm": osm.read,
    "dtro": dtro.read,
}


def read(form: str, content: bytes, context: Context) -> Reading:
    """Return what a file says. Raises Unreadable for a file of which nothing can be read."""
    if len(content) > FILE_LIMIT:
        raise Unreadable("file_too_large", f"More than {FILE_LIMIT} bytes.")
    if not content.strip():
        raise Unreadable("file_empty", "The file is empty.")
    return READERS[form](content, context)

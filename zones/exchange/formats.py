"""The formats of rules that can be read, by name."""

from collections.abc import Callable

from kernel.text import Filled
from kernel.text import gettext_noop as _
from zones.exchange import datex, dtro, geojson, osm, recognising
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
    """Return what a file says.

    Raises Unreadable for a file of which nothing can be read, and names the format that it looks
    like where that is another one.
    """
    if len(content) > FILE_LIMIT:
        said = Filled(_("More than %(bytes)s bytes."), bytes=FILE_LIMIT)
        raise Unreadable("file_too_large", said)
    if not content.strip():
        raise Unreadable("file_empty", _("The file is empty."))
    try:
        reading = READERS[form](content, context)
    except Unreadable:
        _other(form, content)
        raise
    if not reading.zones:
        _other(form, content)
    return reading


def _other(form: str, content: bytes) -> None:
    """Raise Unreadable where a content looks like another format than the one chosen."""
    likely = recognising.likely(content)
    if likely is not None and likely != form:
        said = _("This looks like %(name)s; choose that format (%(format)s).")
        facts = {"name": recognising.NAMES[likely], "format": likely}
        raise Unreadable("other_format", Filled(said, **facts))

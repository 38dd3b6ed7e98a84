"""GeoJSON of zones: features of schema-zfe, timelines of sticker groups, and our own export."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from kernel.text import Filled
from kernel.text import gettext_noop as _
from zones.exchange import own, stickers, zfe
from zones.exchange.drafts import Context, Note, Reading, Unreadable, ZoneDraft

MOST_FEATURES = 50_000


def read(content: bytes, context: Context) -> Reading:
    """Return the drafts of a feature collection or a single feature. Raises Unreadable."""
    reading = Reading()
    for index, feature in enumerate(features(content)):
        where = f"/features/{index}"
        try:
            draft = _reader(feature)(feature, context)
        except Unreadable as error:
            reading.notes.append(Note("refused", error.code, error.detail, where))
            continue
        draft.notes = [
            note._replace(at=f"{where}/properties/{note.at}" if note.at else where)
            for note in draft.notes
        ]
        reading.zones.append(draft)
    return reading


def features(content: bytes) -> list[Any]:
    """Return the features of a GeoJSON document. Raises Unreadable."""
    document = decoded(content)
    if isinstance(document, dict) and document.get("type") == "Feature":
        return [document]
    found = document.get("features") if isinstance(document, dict) else None
    if not isinstance(found, list):
        raise Unreadable("not_geojson", _("This is no GeoJSON feature collection."))
    if len(found) > MOST_FEATURES:
        raise Unreadable(
            "too_many_items",
            Filled(_("More than %(most)s features."), most=MOST_FEATURES),
        )
    return found


def decoded(content: bytes) -> Any:
    """Return a JSON document. Raises Unreadable for what is none or is nested too deeply."""
    try:
        return msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Unreadable("not_json", Filled(_("This is no JSON: %(error)s"), error=error)) from None


def _reader(feature: Any) -> Callable[[dict[str, Any], Context], ZoneDraft]:
    if not isinstance(feature, dict) or not isinstance(feature.get("properties"), dict):
        raise Unreadable("feature_malformed", _("A feature has properties and a geometry."))
    facts = feature["properties"]
    if own.is_own(facts):
        return own.read
    if "timeline" in facts:
        return stickers.read
    if zfe.is_zfe(facts):
        return zfe.read
    raise Unreadable("feature_unknown", _("The properties are those of no known schema."))


def collection(made: Iterator[dict[str, Any]] | list[dict[str, Any]]) -> dict[str, Any]:
    """Return features as a collection."""
    return {"type": "FeatureCollection", "features": list(made)}

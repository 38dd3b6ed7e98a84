"""Reading the body of a batch: JSON or NDJSON, plain or gzip."""

from codecs import BOM_UTF8
from typing import Any

import msgspec
from django.core.exceptions import RequestDataTooBig

from carriers import decoding, gzipped
from carriers.messages import CarrierEvent
from foundation import codes
from foundation.api.decoding import is_json
from kernel.refusals import Refusal

EVENTS_LIMIT = 32 * 1024 * 1024
"""Bytes of a batch after unpacking: 10,000 events of 3 kB."""
ROUTE_LIMIT = 4 * 1024 * 1024
"""Bytes of a route: 1,000 stops of 4 kB."""
_LINES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})


class Batch(msgspec.Struct):
    """Events of one or several carriers; a bare list or a single event is taken too."""

    events: list[CarrierEvent]


BATCH = Batch


def events(request: Any) -> tuple[bytes, bool]:
    """Return the unpacked bytes of a request's batch and whether they are lines (NDJSON).

    Raises a Refusal: 415 for another media type or encoding, 413 when it is too large.
    """
    raw = request._request
    announced = raw.META.get("CONTENT_LENGTH") or "0"
    if announced.isdigit() and int(announced) > EVENTS_LIMIT:
        raise _too_large()
    try:
        content = raw.body
    except RequestDataTooBig:
        raise _too_large() from None
    media, encoding = raw.META.get("CONTENT_TYPE", ""), raw.META.get("HTTP_CONTENT_ENCODING", "")
    return unpacked(media, encoding, content)


def unpacked(media: str, encoding: str, content: bytes) -> tuple[bytes, bool]:
    """Return a batch's bytes without their encoding, and whether they are lines (NDJSON).

    Raises a Refusal: 415 for another media type or encoding, 413 when it is too large.
    """
    said, encoding = media, encoding.strip().lower()
    media, *parameters = said.split(";")
    media = media.strip().lower()
    lines = media in _LINES
    if not lines and media != "application/json" and not media.endswith("+json"):
        detail = "Send application/json or application/x-ndjson."
        raise Refusal(codes.REQUEST_MEDIA_TYPE, detail, received=media)
    if not _is_utf8(parameters):
        raise Refusal(codes.REQUEST_MEDIA_TYPE, "JSON is sent in UTF-8.", received=said)
    if encoding == "gzip":
        content = _unpacked(content)
    elif encoding not in {"", "identity"}:
        detail = "Send it plain or with Content-Encoding: gzip."
        raise Refusal(codes.REQUEST_MEDIA_TYPE, detail, received=encoding)
    if len(content) > EVENTS_LIMIT:
        raise _too_large()
    return content.removeprefix(BOM_UTF8), lines


def items(content: bytes, *, lines: bool) -> decoding.Items:
    """Return the items of a batch. Raises a Refusal: 400 when it is no JSON, 413 or 422 when it
    is no batch."""
    with is_json():
        return decoding.items(content, lines=lines)


def _unpacked(content: bytes) -> bytes:
    try:
        return gzipped.unpacked(content, EVENTS_LIMIT)
    except gzipped.BadGzip as fault:
        raise Refusal(codes.REQUEST_NOT_JSON, str(fault)) from None


def _is_utf8(parameters: list[str]) -> bool:
    """Return whether no parameter of a media type names another encoding than JSON has."""
    named = [
        value
        for name, _, value in (one.partition("=") for one in parameters)
        if name.strip().lower() == "charset"
    ]
    return all(value.strip(' "').lower() in {"utf-8", "utf8", "us-ascii"} for value in named)


def _too_large() -> Refusal:
    detail = "The batch is larger than this endpoint takes."
    return Refusal(codes.REQUEST_TOO_LARGE, detail, limit_bytes=EVENTS_LIMIT)

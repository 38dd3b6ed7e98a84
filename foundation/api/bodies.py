"""Reading a request's JSON body: one mechanism for all input."""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.utils.translation import gettext as _

from foundation import codes
from foundation.api.decoding import decode
from kernel.refusals import Refusal


def raw_body(request: Any, *, limit: int | None = None) -> bytes:
    """Return the bytes of a JSON body.

    Raises a Refusal: 415 for another media type, 413 above `limit` bytes (default: the setting
    HUB_BODY_LIMIT).
    """
    raw = getattr(request, "_request", request)
    media = raw.META.get("CONTENT_TYPE", "").split(";")[0].strip().lower()
    if media != "application/json" and not media.endswith("+json"):
        raise Refusal(
            codes.REQUEST_MEDIA_TYPE,
            _("Send application/json."),
            received=media,
        )
    return _content(raw, limit)


def body[T](
    request: Any, kind: type[T], *, limit: int | None = None, may_be_left_out: bool = False
) -> T:
    """Return a request's body as a struct; one that may be left out counts as `{}` when it is.

    Raises a Refusal: 415, 413, 400 when it is no JSON, 422 with a pointer for every error.
    """
    if may_be_left_out and not _content(getattr(request, "_request", request), limit):
        return decode(b"{}", kind)
    return decode(raw_body(request, limit=limit), kind)


def _content(raw: Any, limit: int | None) -> bytes:
    limit = settings.HUB_BODY_LIMIT if limit is None else limit
    announced = raw.META.get("CONTENT_LENGTH") or "0"
    if announced.isdigit() and int(announced) > limit:
        raise _too_large(limit)
    try:
        content: bytes = raw.body
    except RequestDataTooBig:
        raise _too_large(limit) from None
    if len(content) > limit:
        raise _too_large(limit)
    return content


def _too_large(limit: int) -> Refusal:
    return Refusal(
        codes.REQUEST_TOO_LARGE,
        _("The body is larger than this endpoint takes."),
        limit_bytes=limit,
    )

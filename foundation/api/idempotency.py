"""Idempotency-Key: an unsafe request sent twice has one effect and one answer.

The key is locked for the length of the transaction in which the view runs, and the answer commits
with the effect. A crash leaves neither; a second request meanwhile is told to come back.
"""

import functools
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException
from rest_framework.response import Response

from foundation import codes
from foundation.api import problems
from foundation.api.renderers import HubJSONRenderer
from foundation.models import IdempotencyKey
from kernel.clock import wall
from kernel.refusals import Refusal

KEPT = timedelta(hours=24)
LONGEST = 255
_HEADERS = ("Location", "ETag", "Link", "Retry-After", "WWW-Authenticate", "Allow")
# Answers that depend on the moment or the caller, not on the request: never kept.
_NOT_KEPT = {401, 403, 408, 429}


def idempotent(method: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate an unsafe view method: with an `Idempotency-Key` it runs once per key.

    The view then runs inside one transaction. Same key and body: the first answer again, marked
    `Idempotency-Replayed: true`. Same key, other body: 422. Still running: 409 with Retry-After.
    """

    @functools.wraps(method)
    def wrapped(view: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return method(view, request, *args, **kwargs)
        if not key.isprintable() or not 1 <= len(key) <= LONGEST:
            raise Refusal(
                codes.IDEMPOTENCY_KEY, _("An Idempotency-Key has 1 to 255 printable characters.")
            )
        return _once(view, request, key, lambda: method(view, request, *args, **kwargs))

    return wrapped


def _once(view: Any, request: Any, key: str, run: Callable[[], Any]) -> Any:
    raw = request._request
    where = {
        "client": _client(view.actor),
        "method": raw.method,
        "route": raw.path[:300],
        "key": key,
    }
    digest = hashlib.sha256(raw.body).digest()
    with transaction.atomic():
        if not _lock(where):
            raise Refusal(codes.IDEMPOTENCY_RUNNING, _("Ask again in a moment."), retry_after_s=1)
        known = IdempotencyKey.objects.filter(**where).first()
        if known is not None and known.created_at > wall() - KEPT:
            return _again(known, digest)
        answer = _answer(view, request, run)
        if answer.status_code < 500 and answer.status_code not in _NOT_KEPT:
            _keep(where, digest, answer)
        return answer


def _client(actor: Any) -> str:
    return f"client:{actor.client_id}" if actor.client_id else f"user:{actor.user_id}"


def _lock(where: dict[str, str]) -> bool:
    name = "\0".join(where[part] for part in ("client", "method", "route", "key"))
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        return cursor.fetchone()[0]


def _again(known: IdempotencyKey, digest: bytes) -> HttpResponse:
    if bytes(known.body_hash) != digest:
        raise Refusal(codes.IDEMPOTENCY_REUSED, _("Use a new key for a new request."))
    media = problems.PROBLEM if known.status >= 400 else "application/json"
    answer = HttpResponse(known.body, status=known.status, content_type=media)
    for name, value in known.headers.items():
        answer[name] = value
    answer["Idempotency-Replayed"] = "true"
    return answer


def _answer(view: Any, request: Any, run: Callable[[], Any]) -> Any:
    """Run the view; a refusal undoes its effect and is an answer like any other."""
    try:
        with transaction.atomic():
            return run()
    except (Refusal, APIException) as error:
        refusal = problems.translate(error, view.allowed_methods)
        if refusal.status >= 500:
            raise
        answer = Response(
            problems.document(refusal.reasons, request._request),
            status=refusal.status,
            headers=problems.headers(refusal),
        )
        answer.content_type = problems.PROBLEM
        return answer


def _keep(where: dict[str, str], digest: bytes, answer: Any) -> None:
    if isinstance(answer, Response):
        text = HubJSONRenderer().render(answer.data).decode()
    else:
        text = answer.content.decode()
    IdempotencyKey.objects.update_or_create(
        **where,
        defaults={
            "body_hash": digest,
            "status": answer.status_code,
            "headers": {name: answer[name] for name in _HEADERS if answer.has_header(name)},
            "body": text,
            "created_at": wall(),
        },
    )


def forget_old(as_of: datetime) -> int:
    """Delete answers older than 24 hours of wall time; returns how many (a job of the tick)."""
    deleted, _by_model = IdempotencyKey.objects.filter(created_at__lte=wall() - KEPT).delete()
    return deleted

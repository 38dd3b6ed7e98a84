"""What every request passes: its id, one log line, its figures, and the security policy."""

import re
import time
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.utils import translation
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext_noop as _

from foundation import codes, metrics
from foundation.api import problems
from kernel.identifiers import uuid7
from kernel.refusals import Refusal

log = structlog.get_logger("hub.request")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_EMPTY = (202, 204)
_QUIET = ("/healthz", "/readyz", "/metrics", settings.STATIC_URL)


def begin(given: str) -> str:
    """Return the id of a request, the client's own if it is harmless; logs carry it from now."""
    request_id = given if _REQUEST_ID.fullmatch(given) else uuid7().hex
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id)
    return request_id


def note(method: str, route: str, status: int, seconds: float) -> None:
    """Count a request that was answered, and log it."""
    metrics.REQUESTS.labels(method, route, status).observe(seconds)
    ms = round(seconds * 1000, 1)
    log.info("request", method=method, route=route, status=status, ms=ms)


class RequestMiddleware(MiddlewareMixin):
    """Gives a request its id (a client's own X-Request-Id, if it is harmless), logs and counts."""

    def process_request(self, request: Any) -> HttpResponse | None:
        request.request_id = begin(request.headers.get("X-Request-Id", ""))
        request.started = getattr(request, "arrived", None) or time.perf_counter()
        if getattr(request, "is_cut", False):
            detail = _("The body is larger than this server takes.")
            return _refused(request, Refusal(codes.REQUEST_TOO_LARGE, detail))
        return None

    def process_response(self, request: Any, response: Any) -> Any:
        request_id = getattr(request, "request_id", None)
        if request_id is None:
            return response
        response["X-Request-Id"] = request_id
        if response.status_code in _EMPTY and not response.streaming and not response.content:
            del response.headers["Content-Type"]  # Django's default names a page; there is none
        seconds = time.perf_counter() - request.started
        route = _route(request)
        if request.path.startswith(_QUIET):
            metrics.REQUESTS.labels(request.method, route, response.status_code).observe(seconds)
        else:
            note(request.method, route, response.status_code, seconds)
        return response


def busy(request: Any) -> HttpResponse:
    """Return the answer to a request that waited too long for a thread."""
    detail = _("More is waiting than can be answered soon. Nothing of this was done.")
    return _refused(request, Refusal(codes.SERVER_UNAVAILABLE, detail, retry_after_s=5))


def _refused(request: Any, refusal: Refusal) -> HttpResponse:
    """Return a refusal in the language of the request, before anything else looks at it."""
    with translation.override(translation.get_language_from_request(request)):
        return problems.response(refusal, request)


def _route(request: Any) -> str:
    """Return the pattern of the path, never the path: ids and plates stay out of logs."""
    match = getattr(request, "resolver_match", None)
    return f"/{match.route}" if match else "unmatched"


class NulMiddleware(MiddlewareMixin):
    """Refuses forms and addresses with U+0000, which PostgreSQL cannot compare with.

    The API refuses it itself, with the name of the parameter.
    """

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> None:
        if request.path.startswith("/api/"):
            return
        given = [request.GET, request.POST] if request.method == "POST" else [request.GET]
        for values in given:
            for name, texts in values.lists():
                if "\x00" in name or any("\x00" in text for text in texts):
                    raise BadRequest("U+0000 in a parameter")


class SecurityPolicyMiddleware(MiddlewareMixin):
    """Sets the content security policy: strict, and one of its own for the back office."""

    def process_response(self, request: Any, response: Any) -> Any:
        office = request.path.startswith("/admin/")
        policy = settings.HUB_CSP_ADMIN if office else settings.HUB_CSP
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), microphone=(), geolocation=(self), payment=()"
        )
        return response

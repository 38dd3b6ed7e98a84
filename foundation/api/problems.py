"""The one place where an error becomes an answer: RFC 9457, `application/problem+json`.

Every answer names a stable code and all reasons: `{type, title, status, detail, code, errors:
[{code, detail, pointer, …facts}]}`. Errors of the framework are translated to codes of ours first.
"""

from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import (
    BadRequest,
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response

from foundation import codes
from foundation.api.renderers import PROBLEM
from foundation.texts import said
from kernel.refusals import Code, Reason, Refusal

log = structlog.get_logger(__name__)


class _Encoder(DjangoJSONEncoder):
    def default(self, o: Any) -> Any:
        if isinstance(o, set | frozenset):
            return sorted(o, key=str)
        try:
            return super().default(o)
        except TypeError:
            return str(o)


def document(reasons: tuple[Reason, ...], request: HttpRequest | None = None) -> dict[str, Any]:
    """Return the problem document for reasons; the first one gives type, title and status."""
    first = reasons[0]
    made: dict[str, Any] = {
        "type": f"{settings.HUB_PROBLEM_BASE}{first.code!s}",
        "title": said(first.code.title),
        "status": first.code.status,
        "detail": said(first.detail),
        "code": str(first.code),
        "errors": [_entry(reason) for reason in reasons],
    }
    request_id = getattr(request, "request_id", None)
    if request_id:
        made["request_id"] = request_id
    return made


def _entry(reason: Reason) -> dict[str, Any]:
    entry = {"code": str(reason.code), "detail": said(reason.detail)}
    if reason.pointer:
        entry["pointer"] = reason.pointer
    return {**{name: fact for name, fact in reason.facts.items() if name not in entry}, **entry}


def response(refusal: Refusal, request: HttpRequest | None = None) -> JsonResponse:
    """Return the answer to a refusal outside of DRF (middleware, handlers of unknown paths)."""
    answer = JsonResponse(
        document(refusal.reasons, request),
        status=refusal.status,
        content_type=PROBLEM,
        encoder=_Encoder,
    )
    for name, value in headers(refusal).items():
        answer[name] = value
    return answer


def headers(refusal: Refusal) -> dict[str, str]:
    """Return the headers that HTTP wants beside a status (RFC 9110, sections 10 and 11)."""
    made = {}
    facts = refusal.reasons[0].facts
    if refusal.status == 401:
        made["WWW-Authenticate"] = _challenge(refusal)
    if refusal.code == codes.SCOPE_MISSING:
        made["WWW-Authenticate"] = (
            f'Bearer realm="cityhub", error="insufficient_scope", scope="{facts.get("scope", "")}"'
        )
    if "retry_after_s" in facts:
        made["Retry-After"] = str(facts["retry_after_s"])
    if refusal.status == 405 and facts.get("allowed"):
        made["Allow"] = ", ".join(facts["allowed"])
    return made


def _challenge(refusal: Refusal) -> str:
    if refusal.code == codes.AUTH_INVALID:
        return 'Bearer realm="cityhub", error="invalid_token"'
    return 'Bearer realm="cityhub"'


def handler(exc: Exception, context: dict[str, Any]) -> Response:
    """Answer any exception that leaves a view (DRF's EXCEPTION_HANDLER)."""
    request = context.get("request")
    raw = getattr(request, "_request", request)
    refusal = translate(exc, getattr(context.get("view"), "allowed_methods", ()))
    if refusal.status >= 500 and not isinstance(exc, Refusal):
        log.error("request_failed", exc_info=exc, code=str(refusal.code))
    answer = Response(
        document(refusal.reasons, raw), status=refusal.status, headers=headers(refusal)
    )
    answer.content_type = PROBLEM
    return answer


def translate(exc: Exception, allowed: Any = ()) -> Refusal:
    """Return the refusal that an exception of the framework, or any other, stands for."""
    if isinstance(exc, Refusal):
        return exc
    if isinstance(exc, exceptions.APIException):
        return _from_framework(exc, allowed)
    if isinstance(exc, Http404 | ObjectDoesNotExist):
        return Refusal(codes.NOT_FOUND, _("There is nothing here, or nothing of yours."))
    if isinstance(exc, PermissionDenied):
        return Refusal(codes.FORBIDDEN, str(exc) or _("You may not do this."))
    if isinstance(exc, RequestDataTooBig):
        return Refusal(codes.REQUEST_TOO_LARGE, _("The body is larger than this server takes."))
    if isinstance(exc, SuspiciousOperation | BadRequest | MultiPartParserError):
        return Refusal(codes.REQUEST_BAD, _("The request cannot be understood."))
    if is_unavailable(exc):
        return Refusal(
            codes.SERVER_UNAVAILABLE, _("The database does not answer. Try again."), retry_after_s=5
        )
    if isinstance(exc, OverflowError | DataError):
        log.warning("out_of_range", exc_info=exc)
        return Refusal(codes.REQUEST_INVALID, _("A number, text or date is out of range."))
    return Refusal(codes.SERVER_ERROR, _("The error is logged under the request id."))


# Read-only (a standby, a full disk's stop-gap) and ended while idle: the driver calls them errors
# of its caller, but they pass.
_PASSING = frozenset({"25006", "25P03"})


def is_unavailable(exc: Exception) -> bool:
    """Return whether the database cannot do what is asked now and may later: it is away, out of
    time, space, memory or connections, or read-only."""
    state = getattr(exc.__cause__, "sqlstate", None)
    return isinstance(exc, OperationalError | InterfaceError) or state in _PASSING


def _from_framework(exc: exceptions.APIException, allowed: Any) -> Refusal:
    if isinstance(exc, exceptions.ValidationError):
        return Refusal.of(_validation(exc.detail, ""))
    if isinstance(exc, exceptions.Throttled):
        wait = max(1, round(exc.wait or 1))
        return Refusal(codes.RATE_EXCEEDED, _("Slow down."), retry_after_s=wait)
    facts = {}
    if isinstance(exc, exceptions.MethodNotAllowed):
        facts["allowed"] = sorted(allowed)
    return Refusal(_framework_code(exc), str(exc.detail), **facts)


def _framework_code(exc: exceptions.APIException) -> Code:
    by_status = {
        400: codes.REQUEST_NOT_JSON,
        401: codes.AUTH_INVALID,
        403: codes.FORBIDDEN,
        404: codes.NOT_FOUND,
        405: codes.REQUEST_METHOD,
        406: codes.REQUEST_NOT_ACCEPTABLE,
        413: codes.REQUEST_TOO_LARGE,
        415: codes.REQUEST_MEDIA_TYPE,
    }
    if isinstance(exc, exceptions.NotAuthenticated):
        return codes.AUTH_REQUIRED
    if exc.status_code in by_status:
        return by_status[exc.status_code]
    return codes.SERVER_ERROR if exc.status_code >= 500 else codes.REQUEST_BAD


def _validation(detail: Any, pointer: str) -> list[Reason]:
    if isinstance(detail, dict):
        parts = [_validation(value, f"{pointer}/{name}") for name, value in detail.items()]
    elif isinstance(detail, list) and any(isinstance(value, dict | list) for value in detail):
        parts = [_validation(value, f"{pointer}/{index}") for index, value in enumerate(detail)]
    else:
        texts = detail if isinstance(detail, list) else [detail]
        parts = [[Reason(codes.REQUEST_INVALID, str(text), pointer)] for text in texts]
    return [reason for part in parts for reason in part]

"""Is it alive, is it ready, how does it fare; and what unknown paths and broken pages answer."""

import hmac
import sys
from typing import Any

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views import defaults

from foundation import codes, metrics
from foundation.api import problems
from kernel.refusals import Refusal

log = structlog.get_logger(__name__)

# Paths that machines call: their errors are problem documents, never pages.
MACHINE_PATHS = (
    "/api/",
    "/cds/",
    "/mds/",
    "/otm/",
    "/epcis/",
    "/tiles/",
    "/live/",
    "/oauth/",
    "/healthz",
    "/readyz",
    "/metrics",
)


def healthz(request: HttpRequest) -> JsonResponse:
    """Answer that this process runs; asks nobody else."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """Answer whether this process can serve: 503 without its database or with migrations missing.

    Redis is reported, but nothing depends on it.
    """
    checks = {"database": _database(), "redis": _redis()}
    ready = checks["database"] == "ok"
    return JsonResponse(
        {"status": "ready" if ready else "not ready", "checks": checks},
        status=200 if ready else 503,
        headers={} if ready else {"Retry-After": "5"},
    )


_migrated = False


def _database() -> str:
    """Ask the database; whether migrations are missing only until none is (per process)."""
    global _migrated
    try:
        if not _migrated:
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                return "migrations missing"
            _migrated = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return "ok"
    except DatabaseError:
        return "unreachable"


def _redis() -> str:
    if not settings.REDIS_URL:
        return "not configured"
    try:
        cache.set("hub.readyz", "1", 5)
        return "ok" if cache.get("hub.readyz") == "1" else "unreachable"
    except Exception:
        return "unreachable"


def prometheus(request: HttpRequest) -> HttpResponse:
    """Give the figures to this machine, or to who sends the token of CITYHUB_METRICS_TOKEN."""
    if not _may_read_metrics(request):
        raise Http404
    return HttpResponse(metrics.exposition(), content_type="text/plain; version=0.0.4")


def _may_read_metrics(request: HttpRequest) -> bool:
    if settings.HUB_METRICS_TOKEN:
        wanted = f"Bearer {settings.HUB_METRICS_TOKEN}".encode()
        return hmac.compare_digest(request.headers.get("Authorization", "").encode(), wanted)
    forwarded = request.headers.get("X-Forwarded-For") or request.headers.get("Forwarded")
    return request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1") and not forwarded


def _is_machine(request: HttpRequest) -> bool:
    return request.path.startswith(MACHINE_PATHS)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what cannot be understood."""
    if _is_machine(request):
        return problems.response(problems.translate(exception), request)
    return defaults.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what is not allowed."""
    if _is_machine(request):
        return problems.response(problems.translate(exception), request)
    return defaults.permission_denied(request, exception)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form without its CSRF token."""
    from django.views.csrf import csrf_failure

    if _is_machine(request):
        return problems.response(Refusal(codes.AUTH_CSRF, reason), request)
    return csrf_failure(request, reason=reason)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a path that does not exist."""
    if _is_machine(request):
        return problems.response(Refusal(codes.NOT_FOUND, _("There is no such path.")), request)
    return defaults.page_not_found(request, exception)


def failed(request: HttpRequest) -> Any:
    """Answer what broke outside of an API view: 503 while the database is away, else 500."""
    error = sys.exc_info()[1]
    refusal = problems.translate(error if isinstance(error, Exception) else RuntimeError())
    if refusal.status < 500:
        refusal = problems.translate(RuntimeError())
    log.error("request_failed", exc_info=error, code=str(refusal.code))
    if _is_machine(request):
        return problems.response(refusal, request)
    page = defaults.server_error(request)
    page.status_code = refusal.status
    for name, value in problems.headers(refusal).items():
        page[name] = value
    return page

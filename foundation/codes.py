"""Refusal codes of the ground: what can be wrong with any request."""

from kernel.refusals import code
from kernel.text import gettext_noop as _

REQUEST_NOT_JSON = code("request.not_json", 400, _("The body is not JSON"))
REQUEST_BAD = code("request.bad", 400, _("The request cannot be understood"))
REQUEST_TOO_LARGE = code("request.too_large", 413, _("The body is too large"))
REQUEST_MEDIA_TYPE = code("request.media_type", 415, _("The media type is not supported"))
REQUEST_INVALID = code("request.invalid", 422, _("The request is not valid"))
REQUEST_NOT_ACCEPTABLE = code("request.not_acceptable", 406, _("No such representation"))
REQUEST_METHOD = code("request.method_not_allowed", 405, _("The method is not allowed here"))
REQUEST_CURSOR = code("request.cursor_invalid", 400, _("The cursor is not one of ours"))
NOT_FOUND = code("request.not_found", 404, _("Not found"))
AUTH_REQUIRED = code("auth.required", 401, _("Sign in or send a token"))
AUTH_INVALID = code("auth.invalid_token", 401, _("The token is not valid"))
AUTH_CSRF = code("auth.csrf", 403, _("The session's CSRF token is missing"))
SCOPE_MISSING = code("scope.missing", 403, _("The token lacks a scope"))
FORBIDDEN = code("request.forbidden", 403, _("Not allowed"))
RATE_EXCEEDED = code("rate.exceeded", 429, _("Too many requests"))
IDEMPOTENCY_RUNNING = code("idempotency.running", 409, _("The same request is still running"))
IDEMPOTENCY_REUSED = code("idempotency.reused", 422, _("The key was used for another body"))
IDEMPOTENCY_KEY = code("idempotency.key_invalid", 400, _("The idempotency key is not valid"))
SERVER_ERROR = code("server.error", 500, _("Something went wrong on our side"))
SERVER_UNAVAILABLE = code("server.unavailable", 503, _("Temporarily unavailable"))
NOT_STOPPED = code("consumers.not_stopped", 404, _("Nothing stands still under this id"))

"""Structured logs with a request id; nothing secret, nothing that identifies a vehicle's owner."""

import logging.config
import re
from typing import Any

import structlog

_SECRET = re.compile(r"token|secret|password|authorization|cookie|plate|session", re.IGNORECASE)
# What PostgreSQL adds to an error may quote a row: "DETAIL:  Key (plate)=(…) already exists."
_DETAIL = re.compile(r"(DETAIL:|CONTEXT:)[^\n]*")
_BEARER = re.compile(r"(bearer\s+)[^\s'\",]+", re.IGNORECASE)


def redact(logger: Any, name: str, event: dict[str, Any]) -> dict[str, Any]:
    """Blank out members whose names say that they are secret or a plate, and bearer tokens."""
    for key, value in event.items():
        if _SECRET.search(key):
            event[key] = "…"
        elif isinstance(value, str):
            event[key] = without_rows(_BEARER.sub(r"\1…", value))
    return event


def without_rows(text: str) -> str:
    """Return an error's text without the rows that the database quotes in it."""
    return _DETAIL.sub(r"\1 …", text)


def configure(*, level: str, as_json: bool) -> None:
    """Send the standard library's and structlog's records through one chain to stderr."""
    shared = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    last = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "structured": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        last,
                    ],
                    "foreign_pre_chain": shared,
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {
                # The middleware writes one line per request itself, without query strings.
                "django.request": {"level": "ERROR"},
                "django.server": {"level": "WARNING"},
                "httpx": {"level": "WARNING"},
                "celery.worker.strategy": {"level": "WARNING"},  # a tick every second
                "celery.app.trace": {"level": "WARNING"},
                "httpcore": {"level": "WARNING"},
                "oauthlib": {"level": "WARNING"},
                "oauth2_provider": {"level": "WARNING"},
            },
        }
    )

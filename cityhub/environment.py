"""What the settings take from the environment and the machine. Pure: no Django in here."""

import importlib.util
import os
import secrets
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit


def database(url: str) -> dict[str, object]:
    """Return Django's settings for `postgis://user:password@host:port/name?host=/socket/dir`.

    A connection stays open for the life of its thread, and is looked at before it is used again:
    one that the server ended meanwhile costs nobody an answer.
    """
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    # Both for `foundation.rows.planned`: plan once, and never again for each value.
    options: dict[str, object] = {
        "prepare_threshold": 1,
        "options": "-c plan_cache_mode=force_generic_plan",
    }
    return {
        "ENGINE": "foundation.postgis",
        "NAME": unquote(parts.path.lstrip("/")) or "cityhub",
        "USER": unquote(parts.username or "") or os.environ.get("PGUSER", "postgres"),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host") or parts.hostname or "",
        "PORT": query.get("port") or parts.port or "",
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


def celery_broker(redis_url: str) -> str:
    """Return the broker's URL: Celery writes `unix:///path?db=1` its own way."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    number = dict(parse_qsl(parts.query)).get("db", "0")
    return f"redis+socket://{parts.path}?virtual_host={number}"


def mail(url: str, sender: str) -> dict[str, object]:
    """Return Django's settings of outgoing mail for `smtp[s]://user:password@host:port`.

    `smtp` turns to TLS by STARTTLS when there is a password to protect, `smtps` speaks TLS from
    the start. Without an address messages are printed to the log of the process.
    """
    settings: dict[str, object] = {"DEFAULT_FROM_EMAIL": sender or "cityhub@localhost"}
    if not url:
        return settings | {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    parts = urlsplit(url)
    direct = parts.scheme == "smtps"
    return settings | {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": parts.port or (465 if direct else 587 if parts.username else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": direct,
        "EMAIL_USE_TLS": bool(parts.username) and not direct,
        "EMAIL_TIMEOUT": 10,
    }


def secret_key(var: Path, given: str | None) -> str:
    """Return the secret: the one given, else the one in var/secret_key, made at first use."""
    if given:
        return given
    path = var / "secret_key"
    try:
        return path.read_text()
    except FileNotFoundError:
        var.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".secret_key.{os.getpid()}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
    try:
        os.link(new, path)  # whoever comes first wins; everybody reads the same
    except FileExistsError:
        pass
    finally:
        new.unlink()
    return path.read_text()


def native_library(package: str, pattern: str) -> str | None:
    """Return a shared library that a wheel brings (`package.libs/pattern`), if it is there."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    libs = Path(spec.origin).parent.parent / f"{package}.libs"
    return next((str(path) for path in sorted(libs.glob(pattern))), None)


def point_gdal_to_its_data() -> None:
    """Tell the GDAL of the pyogrio wheel where its tables and projections lie, unless told."""
    spec = importlib.util.find_spec("pyogrio")
    if spec is None or spec.origin is None:
        return
    for name, folder in (("GDAL_DATA", "gdal_data"), ("PROJ_DATA", "proj_data")):
        path = Path(spec.origin).parent / folder
        if path.is_dir():
            os.environ.setdefault(name, str(path))


def flag(environ: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    """Return whether a setting is switched on: 1, true, yes, on."""
    value = environ.get(name, "").strip().lower()
    return value in ("1", "true", "yes", "on") if value else default


def days(environ: Mapping[str, str], name: str, *, default: int, least: int) -> int:
    """Return a number of days. Raises ValueError, naming the setting, for fewer than `least`."""
    text = environ.get(name, "").strip() or str(default)
    if not text.isascii() or not text.isdigit() or int(text) < least:
        raise ValueError(f"{name}={text!r}: give a whole number of days, at least {least}")
    return int(text)


def networks(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Return networks separated by commas (`10.1.0.0/16,fd12::/48`).

    Raises ValueError, naming the setting, for what is none.
    """
    found = [part.strip() for part in environ.get(name, "").split(",") if part.strip()]
    try:
        return tuple(str(ip_network(part)) for part in found)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None

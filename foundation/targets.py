"""Where the platform may post to on somebody's behalf: never into its own networks.

A URL is given by a stranger. Its name is resolved here and every address it has must be public;
`posting` then connects to one of these very addresses, so that a name that changes its mind
between the look and the call (DNS rebinding) gains nothing.
"""

import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from foundation import clock
from kernel.addresses import is_public


class Refused(Exception):
    """The platform does not post to this URL. The text says why, for the one who gave it."""


@dataclass(frozen=True)
class Target:
    """A URL taken apart, and the addresses that were looked at."""

    https: bool
    host: str
    port: int
    path: str
    addresses: tuple[str, ...]

    @property
    def named(self) -> str:
        """The value of the header Host."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.https else 80) else f"{host}:{self.port}"


def find(url: str, *, http_too: bool | None = None) -> Target:
    """Return where a URL leads to. A thread without a database says whether http will do.

    Raises Refused: not https (http too in a demo and in development), with a user or a fragment,
    a name that does not resolve or has an address that is not public. Networks in the setting
    HUB_WEBHOOK_NETWORKS count as public. Both failures of a name read the same, so that nobody
    learns which names the platform's own network knows.
    """
    allows_http = plain_http() if http_too is None else http_too
    host, port, https, path = _parts(url, allows_http)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        found = []
    addresses = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
    allowed = settings.HUB_WEBHOOK_NETWORKS
    if not addresses or not all(is_public(address, allowed) for address in addresses):
        raise Refused(_("The name must resolve, and to public addresses only."))
    return Target(https, host, port, path, addresses)


def _parts(url: str, allows_http: bool) -> tuple[str, int, bool, str]:
    try:
        parts = urlsplit(url)
        port = parts.port
        # What http.client and the certificate compare is the name in its ASCII form.
        host = (parts.hostname or "").rstrip(".").encode("idna").decode()
    except ValueError:  # UnicodeError is one
        raise Refused(_("This is not a URL.")) from None
    if not host or not url.isascii() or any(char <= " " or char == "\x7f" for char in url):
        raise Refused(_("This is not a URL."))
    https = parts.scheme == "https"
    if not https and (parts.scheme != "http" or not allows_http):
        raise Refused(_("The URL must begin with https://."))
    if parts.username is not None or parts.fragment:
        raise Refused(_("The URL must have neither a user nor a fragment."))
    query = f"?{parts.query}" if parts.query else ""
    default = 443 if https else 80
    return host, default if port is None else port, https, (parts.path or "/") + query


def plain_http() -> bool:
    """Return whether http will do: in a demo and in development."""
    return bool(settings.DEBUG) or clock.is_demo()

"""One POST to an address that was looked at before: bounded in time and size, no redirects."""

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from foundation.targets import Target
from kernel.clock import wall

CONNECT_S = 3.0
WHOLE_S = 6.0
"""How long connecting, and the whole exchange, may take."""
MOST_BYTES = 256 * 1024
"""How long a body may be."""


@dataclass(frozen=True)
class Outcome:
    """What came back: an HTTP status, or what went wrong in a word."""

    status: int | None
    error: str
    milliseconds: int

    @property
    def taken(self) -> bool:
        """Whether the receiver took it: any 2xx (Standard Webhooks, section "Operational")."""
        return self.status is not None and 200 <= self.status < 300


def post(target: Target, body: bytes, headers: Mapping[str, str]) -> Outcome:
    """Post a body and return what came of it; nothing is raised for what a receiver does.

    Of the answer only its status is read. A redirect is an answer like any other: not taken.
    """
    began = wall()
    status, error = None, ""
    if len(body) > MOST_BYTES:
        return Outcome(None, "too_large", 0)
    try:
        status = _exchange(target, body, headers)
    except TimeoutError:
        error = "timeout"
    except ssl.SSLError:
        error = "tls"
    except (OSError, http.client.HTTPException, ValueError):
        error = "connection"
    spent = int((wall() - began).total_seconds() * 1000)
    if error and spent >= WHOLE_S * 1000:
        error = "timeout"
    return Outcome(status, error, spent)


def _exchange(target: Target, body: bytes, headers: Mapping[str, str]) -> int:
    connection = _Pinned(target)
    # Each read has its own timeout, and a receiver may send a byte before each ends: the whole
    # is cut off from outside.
    cut = threading.Timer(WHOLE_S, connection.cut)
    cut.daemon = True
    cut.start()
    try:
        connection.putrequest("POST", target.path, skip_host=True, skip_accept_encoding=True)
        sent = {
            "Host": target.named,
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "User-Agent": "CityHub-Webhooks/1",
            "Connection": "close",
        }
        for name, value in (sent | dict(headers)).items():
            connection.putheader(name, value)
        connection.endheaders(body)
        return connection.getresponse().status
    finally:
        cut.cancel()
        connection.close()


class _Pinned(http.client.HTTPConnection):
    """A connection to the addresses of a target, whatever its name resolves to meanwhile."""

    def __init__(self, target: Target) -> None:
        super().__init__(target.host, target.port, timeout=WHOLE_S)
        self._target = target
        self._raw: socket.socket | None = None
        self._over = False

    def connect(self) -> None:
        sock = self._first_that_answers()
        sock.settimeout(WHOLE_S)
        if self._target.https:
            sock = _tls().wrap_socket(
                sock, server_hostname=self._target.host, do_handshake_on_connect=False
            )
        self._raw = self.sock = sock
        if self._over:
            raise TimeoutError
        if isinstance(sock, ssl.SSLSocket):
            sock.do_handshake()

    def cut(self) -> None:
        """End the exchange, wherever it is."""
        self._over = True
        if self._raw is not None:
            with contextlib.suppress(OSError):
                # Not SSLSocket's own, which would take the encryption off before.
                socket.socket.shutdown(self._raw, socket.SHUT_RDWR)

    def close(self) -> None:
        super().close()
        if self._raw is not None:
            self._raw.close()

    def _first_that_answers(self) -> socket.socket:
        failure: OSError = OSError("no address")
        for address in self._target.addresses[:3]:
            try:
                return socket.create_connection((address, self._target.port), CONNECT_S)
            except OSError as error:
                failure = error
        raise failure


@cache
def _tls() -> Any:
    return ssl.create_default_context()

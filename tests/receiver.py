"""A receiver of webhooks on this machine: keeps what it gets and answers as it is told."""

import base64
import hashlib
import hmac
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Receiver:
    """What came in as (path, headers, body); `answers` are given in turn, the last one for ever."""

    port: int
    got: list = field(default_factory=list)
    answers: list = field(default_factory=lambda: [204])
    location: str = ""
    sleep_s: float = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def ids(self) -> list[str]:
        return [headers["webhook-id"] for _, headers, _ in self.got]

    def next_answer(self) -> int:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def receiving(tls=None):
    """Yield a receiver that listens until the end; `tls` is an SSLContext to speak with."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    server.receiver = Receiver(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.receiver
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        receiver = self.server.receiver
        body = self.rfile.read(int(self.headers["Content-Length"]))
        receiver.got.append((self.path, dict(self.headers), body))
        time.sleep(receiver.sleep_s)
        self.send_response(receiver.next_answer())
        if receiver.location:
            self.send_header("Location", receiver.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


def is_signed(headers, body, secret) -> bool:
    """Return whether one of the signatures is that of a secret: the receiver's side of Standard
    Webhooks, written from its text and not with our module."""
    key = base64.b64decode(secret[len("whsec_") :])
    text = headers["webhook-id"].encode() + b"." + headers["webhook-timestamp"].encode()
    digest = hmac.new(key, text + b"." + body, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(digest).decode()
    return expected in headers["webhook-signature"].split(" ")

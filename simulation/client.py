"""An OAuth client of the hub, as a carrier or a city would write one."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

BATCH = 2000


class Unexpected(Exception):
    """The hub answered what a client cannot carry on with."""


@dataclass(frozen=True)
class Answer:
    """Status and body of an answer."""

    status: int
    body: Any

    @property
    def ok(self) -> bool:
        return self.status < 300

    @property
    def code(self) -> str:
        return self.body.get("code", "") if isinstance(self.body, dict) else ""


class Client:
    """One organisation's machine client: token, keep-alive, idempotency keys."""

    def __init__(self, base_url: str, client_id: str, secret: str, *, run: str) -> None:
        self._http = httpx.Client(base_url=base_url, timeout=60.0)
        self._id, self._secret, self._run = client_id, secret, run
        self._token = ""
        self._count = 0
        self._lock = threading.Lock()

    def close(self) -> None:
        self._http.close()

    def sign_in(self) -> None:
        """Fetch a token by the client credentials grant (RFC 6749, section 4.4)."""
        answer = self._http.post(
            "/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(self._id, self._secret),
        )
        if answer.status_code != 200:
            raise Unexpected(f"no token for {self._id}: {answer.status_code} {answer.text[:200]}")
        self._token = answer.json()["access_token"]

    def send(self, method: str, path: str, body: Any = None, *, key: bool = True) -> Answer:
        """One request; signs in again once when the token has expired."""
        headers = {}
        if method == "POST" and key:
            with self._lock:
                self._count += 1
                headers["Idempotency-Key"] = f"{self._run}-{self._id}-{self._count}"
        for attempt in (1, 2):
            if not self._token:
                self.sign_in()
            headers["Authorization"] = f"Bearer {self._token}"
            answer = self._http.request(method, path, json=body, headers=headers)
            if answer.status_code != 401 or attempt == 2:
                break
            self._token = ""
        if answer.status_code >= 500 or answer.status_code == 401:
            raise Unexpected(f"{method} {path}: {answer.status_code} {answer.text[:400]}")
        kind = answer.headers.get("content-type", "")
        return Answer(answer.status_code, answer.json() if "json" in kind else answer.text)

    def get(self, path: str) -> Any:
        answer = self.send("GET", path)
        if not answer.ok:
            raise Unexpected(f"GET {path}: {answer.status} {answer.body}")
        return answer.body

    def post(self, path: str, body: Any = None) -> Any:
        """POST what has to be taken; returns the body."""
        answer = self.send("POST", path, {} if body is None else body)
        if not answer.ok:
            raise Unexpected(f"POST {path}: {answer.status} {str(answer.body)[:600]}")
        return answer.body

    def pages(self, path: str) -> Iterator[dict[str, Any]]:
        """Every item of a paged list."""
        while path:
            page = self.get(path)
            yield from page["items"]
            path = page.get("next") or ""

    def events(self, batch: Sequence[dict[str, Any]]) -> dict[str, int]:
        """Send events; returns the sums of the answers. Events need no idempotency key."""
        sums: dict[str, int] = {}
        for i in range(0, len(batch), BATCH):
            answer = self.send(
                "POST", "/api/v1/events", {"events": list(batch[i : i + BATCH])}, key=False
            )
            if not answer.ok:
                raise Unexpected(f"events: {answer.status} {str(answer.body)[:400]}")
            for name in ("received", "accepted", "duplicate", "conflict", "quarantined", "refused"):
                sums[name] = sums.get(name, 0) + int(answer.body.get(name, 0))
            if answer.body.get("refused") or answer.body.get("quarantined"):
                bad = [
                    r for r in answer.body["results"] if r["status"] in ("refused", "quarantined")
                ]
                raise Unexpected(f"events not taken, for example {bad[0]}")
        return sums

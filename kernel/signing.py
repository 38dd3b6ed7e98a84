"""Signatures of webhooks, as Standard Webhooks 1.0.0 defines them (symmetric, version `v1`)."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable

PREFIX = "whsec_"
SECRET_BYTES = 32  # the specification wants 24 to 64


def new_secret() -> str:
    """Return a new secret: 32 random bytes in base64 behind `whsec_`."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return `v1,<base64>`: HMAC-SHA256 over `id.timestamp.body` (section "Signature scheme").

    `timestamp` is the second of Unix time at which the attempt is made. Raises ValueError for a
    secret that is not base64.
    """
    key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def headers(
    secrets_known: Iterable[str], message_id: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """Return the three headers of a webhook; with several secrets each of them signs."""
    signatures = [sign(secret, message_id, timestamp, body) for secret in secrets_known]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }

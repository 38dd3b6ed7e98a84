"""Conditional requests (RFC 9110, section 13): what a client has is not sent again."""

import hashlib
from typing import Any


def etag_of(*parts: Any) -> str:
    """Return a strong entity tag for what the parts determine."""
    digest = hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()
    return f'"{digest[:32]}"'


def known_by(request: Any, etag: str) -> bool:
    """Return whether the request says that its client has this content."""
    known = request.headers.get("If-None-Match", "")
    return etag in (tag.strip().removeprefix("W/") for tag in known.split(",")) or known == "*"

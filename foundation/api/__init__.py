"""What every API view uses: `HubView`, `body`, `CursorPage`, `idempotent`, `schema`.

Names are loaded when first used, because Django imports this package before its apps are ready.
"""

from importlib import import_module
from typing import Any

_WHERE = {
    "HubView": "foundation.api.views",
    "body": "foundation.api.bodies",
    "raw_body": "foundation.api.bodies",
    "CursorPage": "foundation.api.paging",
    "idempotent": "foundation.api.idempotency",
    "Problem": "foundation.api.openapi",
    "schema": "foundation.api.openapi",
}

__all__ = ["CursorPage", "HubView", "Problem", "body", "idempotent", "raw_body", "schema"]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(name)
    return getattr(import_module(_WHERE[name]), name)

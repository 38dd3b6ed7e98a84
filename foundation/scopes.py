"""Scopes: what a token may do. Each app declares its own as named constants."""

REGISTRY: dict[str, str] = {}


class Scope(str):
    """A named permission of a token, such as `events:write`."""

    __slots__ = ()


def scope(name: str, description: str) -> Scope:
    """Register a scope with a one-line description and return it."""
    if REGISTRY.setdefault(name, description) != description:
        raise ValueError(f"scope {name!r} is already registered")
    return Scope(name)

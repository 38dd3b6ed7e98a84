"""OpenAPI 3.1 from msgspec structs.

`@schema(request=Struct, response=Struct)` describes a view method; the structs' schemas are put
under `components` when the document is made.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

_types: list[Any] = []
_MARK = "hub:struct:"


class ErrorEntry(msgspec.Struct):
    """One reason; further members are facts that belong to the code."""

    code: str
    detail: str
    pointer: str = ""


class Problem(msgspec.Struct):
    """RFC 9457: why a request was refused, with all reasons."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[ErrorEntry]
    request_id: str = ""


def schema(
    *,
    request: Any = None,
    response: Any = None,
    status: int = 200,
    summary: str | None = None,
    parameters: dict[str, str] | None = None,
    media: str = "application/json",
    refusals: tuple[int, ...] = (),
    paged: bool = False,
    tags: list[str] | None = None,
    **extra: Any,
) -> Callable[[Any], Any]:
    """Return a decorator that describes one view method.

    `request` and `response` are msgspec types, ready-made JSON schemas (dict), or None;
    `parameters` are query parameters with a line each; `refusals` are further error statuses.
    """
    answers: dict[Any, Any] = {
        (status, media): OpenApiResponse(_page(response) if paged else _schema(response))
    }
    for refused in sorted({400, 401, 403, 404, *refusals, *((413, 415, 422) if request else ())}):
        answers[(refused, "application/problem+json")] = OpenApiResponse(_schema(Problem))
    described = dict(parameters or {})
    if paged:
        described |= {"cursor": "From `next` of the page before.", "limit": "1 to 1000."}
    return extend_schema(
        request={"application/json": _schema(request)} if request else None,
        responses=answers,
        summary=summary,
        tags=tags,
        parameters=[
            OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.QUERY, description=text)
            for name, text in described.items()
        ],
        **extra,
    )


def _schema(kind: Any) -> Any:
    if kind is None:
        return None
    if isinstance(kind, dict):
        return kind
    if kind not in _types:
        _types.append(kind)
    return {"$ref": f"{_MARK}{_types.index(kind)}"}


def _page(kind: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["items", "next"],
        "properties": {
            "items": {"type": "array", "items": _schema(kind) or {}},
            "next": {"type": ["string", "null"], "format": "uri"},
        },
    }


def add_structs(result: dict[str, Any], generator: Any, request: Any, public: bool) -> Any:
    """Resolve the structs' schemas in a finished document (drf-spectacular's postprocessing)."""
    schemas, components = msgspec.json.schema_components(
        _types, ref_template="#/components/schemas/{name}"
    )
    result.setdefault("components", {}).setdefault("schemas", {}).update(components)
    return _resolve(result, list(schemas))


def _resolve(node: Any, schemas: list[Any]) -> Any:
    if isinstance(node, dict):
        ref = node.get("$ref")
        if isinstance(ref, str) and ref.startswith(_MARK):
            return schemas[int(ref.removeprefix(_MARK))]
        return {name: _resolve(value, schemas) for name, value in node.items()}
    if isinstance(node, list):
        return [_resolve(value, schemas) for value in node]
    return node

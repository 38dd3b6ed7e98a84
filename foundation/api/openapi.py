"""OpenAPI 3.1 from msgspec structs.

`@schema(request=Struct, response=Struct)` describes a view method; the structs' schemas are put
under `components` when the document is made.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from foundation.scopes import REGISTRY as SCOPES

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


class HubSchema(AutoSchema):
    """Names operations by method and path, groups them by package, states their scope."""

    def get_operation_id(self) -> str:
        parts = self.path.replace("/api/v1", "").replace("{", "by_").replace("}", "").split("/")
        return "_".join([self.method.lower(), *(part.replace("-", "_") for part in parts if part)])

    def get_tags(self) -> list[str]:
        return [type(self.view).__module__.split(".")[0]]

    def get_auth(self) -> list[dict[str, list[str]]]:
        rule = getattr(self.view, "scope", None)
        needed = rule.get(self.method) if isinstance(rule, Mapping) else rule
        if needed is None:
            return [{}, {"oauth2": []}]
        return [{"oauth2": [str(needed)]}, {"session": []}]


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


def document() -> str:
    """Return the OpenAPI 3.1 description of all endpoints as YAML."""
    from drf_spectacular.generators import SchemaGenerator
    from drf_spectacular.renderers import OpenApiYamlRenderer

    made = SchemaGenerator().get_schema(request=None, public=True)
    return OpenApiYamlRenderer().render(made, renderer_context={}).decode()


def add_structs(result: dict[str, Any], generator: Any, request: Any, public: bool) -> Any:
    """Resolve the structs' schemas in a finished document (drf-spectacular's postprocessing)."""
    schemas, components = msgspec.json.schema_components(
        _types, ref_template="#/components/schemas/{name}"
    )
    made = result.setdefault("components", {})
    # By name: the order in which modules were imported is no news about the API.
    made["schemas"] = dict(sorted((made.get("schemas", {}) | components).items()))
    made["securitySchemes"] = {
        "oauth2": {
            "type": "oauth2",
            "flows": {
                "clientCredentials": {
                    "tokenUrl": "/oauth/token",
                    "scopes": dict(sorted(SCOPES.items())),
                }
            },
        },
        "session": {"type": "apiKey", "in": "cookie", "name": "sessionid"},
    }
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

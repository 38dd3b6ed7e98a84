"""How answers are written: JSON, GeoJSON and problem documents."""

from typing import Any

from rest_framework.renderers import JSONRenderer

PROBLEM = "application/problem+json"


class HubJSONRenderer(JSONRenderer):
    """JSON in UTF-8; errors as problem+json whatever JSON type was asked for."""

    ensure_ascii = False

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: dict[str, Any] | None = None,
    ) -> bytes:
        return b"" if data is None else super().render(data, None, renderer_context)


class ProblemRenderer(HubJSONRenderer):
    """Lets a client ask for `application/problem+json` explicitly."""

    media_type = PROBLEM
    format = "problem"


class GeoJSONRenderer(HubJSONRenderer):
    """The same JSON under the name of RFC 7946."""

    media_type = "application/geo+json"
    format = "geojson"

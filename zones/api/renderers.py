"""Answers that are no JSON, or JSON under another name."""

from typing import Any

from foundation.api.renderers import HubJSONRenderer


class XMLRenderer(HubJSONRenderer):
    """A document that is XML already; problems stay JSON."""

    media_type = "application/xml"
    format = "xml"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: dict[str, Any] | None = None,
    ) -> bytes:
        if isinstance(data, bytes):
            return data
        return super().render(data, accepted_media_type, renderer_context)


class MdsRenderer(HubJSONRenderer):
    """JSON under the name and version of MDS."""

    media_type = "application/vnd.mds+json;version=2.0"
    format = "mds"

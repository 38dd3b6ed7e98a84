"""The ground of the back office: admin classes and a geometry widget that works offline.

Rows that are written through services only are read-only here; the classes say so in one word.
"""

import json
from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.gis.db import models as gis
from django.contrib.gis.forms import BaseGeometryWidget
from django.contrib.gis.gdal import GDALException
from django.contrib.gis.geos import GEOSException, GEOSGeometry, MultiPolygon
from django.forms.widgets import Script
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin


def _editor(geom_type: str, readonly: bool) -> str:
    """Return the configuration of the map island as JSON."""
    texts = {
        "map": _("Map to draw on; the GeoJSON below says the same as text."),
        "saved": _("Drawn. Save the form to keep it."),
        "empty": _("Nothing is drawn."),
        "invalid": _("This geometry cannot be drawn:"),
    }
    kinds = {"MULTIPOLYGON": "MultiPolygon", "POLYGON": "Polygon", "LINESTRING": "LineString"}
    return json.dumps(
        {
            "kind": kinds.get(geom_type.upper(), geom_type.title()),
            "readonly": readonly,
            "base_url": "/map/base.json",
            "texts": texts,
        }
    )


class GeometryMedia:
    """The style sheet and the island of the geometry editor."""

    css: ClassVar[dict[str, list[str]]] = {"all": ["dist/admin.css"]}
    js: ClassVar[list[Any]] = [
        Script("dist/editor.js", type="module", **{"data-islands": "editor"})
    ]


class GeometryWidget(BaseGeometryWidget):
    """A map to draw on, over the city's own streets, with the GeoJSON beside it.

    The map is an island; without JavaScript the GeoJSON can be edited as text. GeoJSON (RFC 7946)
    goes in and out; the form field checks that it is valid.
    """

    template_name = "foundation/geometry_widget.html"
    map_srid = 4326
    Media = GeometryMedia

    def serialize(self, value: Any) -> str:
        return value.json if value else ""

    def deserialize(self, value: str) -> GEOSGeometry | None:
        try:
            geometry = GEOSGeometry(value)
        except (GEOSException, GDALException, ValueError, TypeError):
            return None
        if self.attrs["geom_type"].upper() == "MULTIPOLYGON" and geometry.geom_type == "Polygon":
            return MultiPolygon(geometry, srid=4326)
        return geometry

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        return {**context, "editor": _editor(self.attrs["geom_type"], readonly=False)}


def geometry_to_look_at(field: str, label: Any) -> Callable[..., SafeString]:
    """Return an admin display that shows a geometry column on the map, read-only."""

    @admin.display(description=label)
    def shown(self: Any, row: Any) -> SafeString:
        geometry = getattr(row, field)
        context = {
            "editor": _editor(geometry.geom_type, readonly=True),
            "readonly": True,
            "id": f"look_{field}",
            "name": f"look_{field}",
            "serialized": geometry.json,
        }
        return render_to_string("foundation/geometry_widget.html", context)

    return shown


class OfficeAdmin(ModelAdmin):
    """The base of every list and form of the back office."""

    list_per_page = 50
    show_full_result_count = False
    warn_unsaved_form = True
    formfield_overrides: ClassVar[dict[Any, dict[str, Any]]] = {
        gis.MultiPolygonField: {"widget": GeometryWidget},
        gis.PolygonField: {"widget": GeometryWidget},
        gis.LineStringField: {"widget": GeometryWidget},
        gis.PointField: {"widget": GeometryWidget},
    }


class ReadOnlyAdmin(OfficeAdmin):
    """Rows that only services, consumers or senders write: here they can be looked at."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class KeptAdmin(OfficeAdmin):
    """Rows that can be added and changed, and that nobody deletes."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

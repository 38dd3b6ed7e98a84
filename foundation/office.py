"""The ground of the back office: admin classes and a geometry widget that works offline.

Rows that are written through services only are read-only here; the classes say so in one word.
"""

import json
import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.gis.db import models as gis
from django.contrib.gis.forms import BaseGeometryWidget
from django.contrib.gis.gdal import GDALException
from django.contrib.gis.geos import GEOSException, GEOSGeometry, MultiPolygon
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models, transaction
from django.forms.fields import InvalidJSONInput
from django.forms.widgets import Script
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin, TabularInline

from foundation import clock
from foundation.api import actors
from foundation.texts import said
from kernel.periods import YEARS
from kernel.refusals import Refusal

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def editor(geom_type: str, readonly: bool, **more: Any) -> str:
    """Return the configuration of the map island as JSON.

    `more`: `look_url` answers what is wrong with what is drawn; `neighbours_url` gives the areas
    to which it snaps, of which `own` is the one being drawn; `parts` are shown with their numbers;
    `mended` was mended in the file from which it came.
    """
    texts = {
        "map": _("Map to draw on; the points and the GeoJSON below say the same as text."),
        "saved": _("Drawn. Save the form to keep it."),
        "empty": _("Nothing is drawn."),
        "invalid": _("This geometry cannot be drawn:"),
        "loaded": _("The file is on the map. Save the form to keep it."),
        "unanswered": _("The server does not answer; the form will say whether this is valid."),
        "sound": _("Valid: %(size)s."),
        "no_part": _("A hole lies in a part: draw the part first."),
        "few": _("It has fewer than three points and is not kept yet."),
        "number": _("Give a number of degrees, such as 24.945."),
        "part": _("Part %(part)s, boundary"),
        "hole": _("Part %(part)s, hole %(hole)s"),
        "line": _("Line"),
        "points": _("%(ring)s, %(count)s points"),
        "ring": _("Ring"),
        "point": _("Point"),
        "lng": _("Longitude"),
        "lat": _("Latitude"),
        "lng_of": _("Longitude of point %(point)s"),
        "lat_of": _("Latitude of point %(point)s"),
        "new_lng": _("Longitude of the new point"),
        "new_lat": _("Latitude of the new point"),
        "actions": _("Change"),
        "insert": _("Insert a point after point %(point)s"),
        "remove": _("Remove point %(point)s"),
        "add": _("Add the point"),
        "centre": _("Add the middle of the map"),
        "add_part": _("Begin a part"),
        "add_hole": _("Begin a hole"),
        "earlier": _("Earlier points"),
        "later": _("Later points"),
        "show": _("Show it on the map"),
    }
    kinds = {"MULTIPOLYGON": "MultiPolygon", "POLYGON": "Polygon", "LINESTRING": "LineString"}
    return json.dumps(
        {
            "kind": kinds.get(geom_type.upper(), geom_type.title()),
            "readonly": readonly,
            "base_url": "/map/base.json",
            "texts": texts,
            **more,
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
        return {**context, "editor": editor(self.attrs["geom_type"], readonly=False)}


def geometry_to_look_at(field: str, label: Any) -> Callable[..., SafeString]:
    """Return an admin display that shows a geometry column on the map, read-only."""

    @admin.display(description=label)
    def shown(self: Any, row: Any) -> SafeString:
        geometry = getattr(row, field)
        context = {
            "editor": editor(geometry.geom_type, readonly=True),
            "readonly": True,
            "id": f"look_{field}",
            "name": f"look_{field}",
            "serialized": geometry.json,
        }
        return render_to_string("foundation/geometry_widget.html", context)

    return shown


class JsonField(forms.JSONField):
    """JSON that can be stored and read again: as deep, and in numbers and letters, as it can."""

    def to_python(self, value: Any) -> Any:
        try:
            found = super().to_python(value)
            _require_storable(found)
        except (RecursionError, ValueError):
            message = self.error_messages["invalid"]
            raise ValidationError(message, code="invalid", params={"value": value}) from None
        return found

    def bound_data(self, data: Any, initial: Any) -> Any:
        try:
            found = super().bound_data(data, initial)
            _require_storable(found)
        except (RecursionError, ValueError):
            return InvalidJSONInput(data)
        return found


def _require_storable(value: Any) -> None:
    """Raises ValueError: PostgreSQL takes no U+0000, no half a character and no NaN."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    text.encode()
    if _NUL.search(text):
        raise ValueError("U+0000")


class ServiceForm(forms.ModelForm):
    """A form whose effect is a service. Its refusals become errors of the form.

    A subclass says in `perform(actor, now)` what to call and returns the row. The call is rehearsed
    while the form is checked (and rolled back), and made when it is saved.
    """

    office_request: ClassVar[HttpRequest]

    def perform(self, actor: Any, now: datetime) -> Any:
        """Call the service and return its row. Raises Refusal."""
        raise NotImplementedError

    def save_m2m(self) -> None:
        """Nothing is left to save: the service did it."""

    def carry_out(self) -> Any:
        """Perform with who asks, now."""
        return self.perform(*actor_and_now(self.office_request))

    def _post_clean(self) -> None:
        for name, value in list(self.cleaned_data.items()):
            self._require_bounds(name, value)
        if self.errors:
            return
        try:
            with transaction.atomic():
                self.carry_out()
                transaction.set_rollback(True)
        except Refusal as refusal:
            for reason in refusal.reasons:
                field = reason.pointer.strip("/").split("/")[0]
                self.add_error(field if field in self.fields else None, said(reason.detail))

    def _require_bounds(self, name: str, value: Any) -> None:
        """Name what the column cannot hold, and years with which nothing can be reckoned."""
        if isinstance(value, date) and value.year not in YEARS:
            years = {"first": YEARS.start, "last": YEARS.stop - 1}
            self.add_error(name, _("A year from %(first)s to %(last)s is needed.") % years)
            return
        try:
            column: Any = self._meta.model._meta.get_field(name)
            if isinstance(column, models.IntegerField):
                column.run_validators(value)
        except FieldDoesNotExist:
            return
        except ValidationError as error:
            self.add_error(name, error)


def actor_and_now(request: HttpRequest) -> tuple[Any, datetime]:
    """Return who acts in the back office and domain time, both read once a request."""
    known = getattr(request, "office", None)
    if known is None:
        now = clock.now()
        known = (actors.of(request, now), now)
        request.office = known  # type: ignore[attr-defined]
    return known


class OfficeAdmin(ModelAdmin):
    """The base of every list and form of the back office: city staff, their own city's rows.

    `view_scope` is what a reader must hold, `write_scope` what a writer must (None: nobody writes
    here). Rows come through `visible_to`, so that two cities never see each other.
    """

    view_scope: ClassVar[str]
    write_scope: ClassVar[str | None] = None
    city_path: ClassVar[str | None] = None
    list_per_page = 50
    show_full_result_count = False
    warn_unsaved_form = True
    formfield_overrides: ClassVar[dict[Any, dict[str, Any]]] = {
        gis.MultiPolygonField: {"widget": GeometryWidget},
        gis.PolygonField: {"widget": GeometryWidget},
        gis.LineStringField: {"widget": GeometryWidget},
        gis.PointField: {"widget": GeometryWidget},
        models.JSONField: {"form_class": JsonField},
    }

    def get_queryset(self, request: HttpRequest) -> Any:
        actor, _now = actor_and_now(request)
        if self.city_path is not None:
            return super().get_queryset(request).filter(**{self.city_path: actor.city.pk})
        return self.model.objects.visible_to(actor, self.view_scope).order_by(
            *self.get_ordering(request)
        )

    def _may(self, request: HttpRequest, scope: str | None) -> bool:
        if scope is None or not request.user.is_staff:
            return False
        actor, _now = actor_and_now(request)
        return bool(actor.is_city and actor.may(scope))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may(request, self.view_scope)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, self.view_scope)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, self.write_scope)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, self.write_scope)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(OfficeAdmin):
    """Rows that only services, consumers or senders write: here they can be looked at."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ServiceAdmin(OfficeAdmin):
    """Rows that are written here, through a service: the form is a `ServiceForm`."""

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **more: Any):
        form = super().get_form(request, obj, change=change, **more)
        form.office_request = request
        return form

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        return form.carry_out()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Nothing is left to save: the service did it."""


class LookInline(TabularInline):
    """Rows below another row, to read."""

    extra = 0
    can_delete = False
    show_change_link = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

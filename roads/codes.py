"""Refusal codes of roads."""

from django.utils.translation import gettext_lazy as _

from kernel.refusals import code

NO_STREETS = code("roads.no_streets", 409, _("The city has no streets loaded"))
TILE_UNKNOWN = code("roads.tile_unknown", 404, _("There is no such tile"))

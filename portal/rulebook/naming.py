"""Names and codes of zones and regulations, as forms ask for them."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.utils.translation import gettext as _

from portal import fields
from portal.fields import Field

MOST_NAME = 160
MOST_CODE = 60


def zone_fields(sent: Any, wrong: Mapping[str, Any]) -> list[Field]:
    """Return the fields of a zone's name and code."""
    hint = _("Letters, digits, hyphens; other systems know the zone by it.")
    return [
        Field("name", _("Name"), "text", fields.text(sent, "name", MOST_NAME), "",
              wrong.get("name", ""), most=MOST_NAME),
        Field("code", _("Code"), "text", fields.text(sent, "code", MOST_CODE), hint,
              wrong.get("code", ""), most=MOST_CODE),
    ]  # fmt: skip


def zone_of(sent: Any, wrong: dict[str, Any]) -> tuple[str, str]:
    """Return name and code of a zone as they were typed; what is wrong stands in `wrong`."""
    name = fields.text(sent, "name", MOST_NAME + 1)
    if not 0 < len(name) <= MOST_NAME:
        wrong["name"] = _("Give the zone a name of at most 160 characters.")
    return name, code_of(sent, wrong)


def code_of(sent: Any, wrong: dict[str, Any]) -> str:
    """Return a code as it was typed; what is wrong stands in `wrong`."""
    code = fields.text(sent, "code", MOST_CODE + 1)
    try:
        validate_slug(code)
    except ValidationError:
        wrong["code"] = _("Give a code of letters, digits and hyphens.")
    if len(code) > MOST_CODE:
        wrong["code"] = _("Give a code of letters, digits and hyphens.")
    return code

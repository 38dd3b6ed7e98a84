"""Refusal codes of cities, people, organisations and mandates."""

from kernel.refusals import code
from kernel.text import gettext_noop as _

CITY_UNKNOWN = code("city.unknown", 404, _("No such city"))
MANDATE_NOT_FOUND = code("accounts.mandate_not_found", 404, _("No such mandate"))
ORGANISATION_NOT_FOUND = code("accounts.organisation_not_found", 404, _("No such organisation"))
NO_MANDATE = code("accounts.no_mandate", 404, _("No mandate in force"))
MANDATE_SELF = code("accounts.mandate_self", 422, _("A mandate needs two organisations"))
MANDATE_PERIOD = code("accounts.mandate_period", 422, _("The mandate's period is empty"))
SCOPE_UNKNOWN = code("accounts.scope_unknown", 422, _("No such scope"))
SCOPE_NOT_YOURS = code("accounts.scope_not_grantable", 422, _("The scope cannot be granted"))
SECOND_FACTOR = code("accounts.second_factor_missing", 403, _("Set up a second factor first"))
ROLE_OF_THE_CITY = code("accounts.role_of_the_city", 422, _("A role of the city's own people"))

"""Refusal codes of the reports."""

from django.utils.translation import gettext_lazy as _

from kernel.refusals import code

CITY_ONLY = code("reports.city_only", 403, _("Only the city reads this report"))
PERIOD_INVALID = code("reports.period_invalid", 422, _("The days are not in order"))
PERIOD_TOO_LONG = code("reports.period_too_long", 422, _("Too many days"))

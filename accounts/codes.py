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
WEBHOOK_NOT_FOUND = code("webhook.not_found", 404, _("No such webhook endpoint"))
DELIVERY_NOT_FOUND = code("webhook.delivery_not_found", 404, _("No such delivery"))
WEBHOOK_TARGET = code("webhook.target_refused", 422, _("The platform does not post to this URL"))
WEBHOOK_TOPIC = code("webhook.topic_unknown", 422, _("No such topic"))
WEBHOOK_TOPIC_SCOPE = code("webhook.topic_needs_scope", 422, _("The topic needs a scope"))
WEBHOOK_PERIOD = code("webhook.period_invalid", 422, _("The period is empty"))
WEBHOOK_TOO_MANY = code("webhook.too_many_deliveries", 422, _("Too many deliveries at once"))
WEBHOOK_TOO_MANY_ENDPOINTS = code("webhook.too_many_endpoints", 409, _("Too many endpoints"))

"""Codes of routing: why a stop goes unserved, and why a request or a plan is refused."""

from django.utils.translation import gettext_lazy as _

from kernel.refusals import code

UNREACHABLE = code("routing.unreachable_for_vehicle", 409, _("No way is open to the vehicle there"))
WINDOW_CLOSED = code("routing.window_closed", 409, _("The stop cannot be reached in its window"))
CAPACITY = code("routing.capacity", 409, _("The load does not fit"))
SHIFT = code("routing.shift", 409, _("The shift would end before"))
ZONE_PROHIBITS = code("routing.zone_prohibits", 409, _("A zone does not admit the vehicle there"))

PLAN_NOT_OPEN = code("routing.plan_not_open", 409, _("The plan is not open for acceptance"))
PLAN_OUTDATED = code("routing.plan_outdated", 409, _("The day has moved on since the plan"))
PLAN_NOT_ADMISSIBLE = code(
    "routing.plan_not_admissible", 409, _("The rules have changed since the plan")
)
NO_VEHICLES = code("routing.no_vehicles", 422, _("No vehicle to plan for"))

SENTENCES = {
    UNREACHABLE: _("No street that is open to this vehicle leads to the stop and away from it."),
    WINDOW_CLOSED: _("The vehicle cannot begin service within the stop's window."),
    CAPACITY: _("The vehicle cannot carry what the stop adds."),
    SHIFT: _("Serving the stop would end after the vehicle's shift."),
    ZONE_PROHIBITS: _("A zone does not admit the vehicle at the stop at any time that is left."),
}

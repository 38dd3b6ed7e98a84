"""Every refusal a curb can give. A code never changes its meaning; `docs/api/curbs.md` explains."""

from kernel.refusals import code
from kernel.text import gettext_noop as _

ZONE_NOT_FOUND = code("curb.zone_not_found", 404, _("No such curb zone"))
BOOKING_NOT_FOUND = code("curb.booking_not_found", 404, _("No such booking"))
PERIOD_INVALID = code("curb.period_invalid", 422, _("The period is not valid"))
NOT_ADMISSIBLE = code("curb.not_admissible", 409, _("The vehicle may not stop there then"))
CLOSED = code("curb.closed", 409, _("The curb zone is not in force then"))
NOT_BOOKABLE = code("curb.not_bookable", 409, _("The curb zone takes no bookings"))
LENGTH_UNKNOWN = code("curb.length_unknown", 409, _("The vehicle's length is not known"))
LENGTH_DOES_NOT_FIT = code(
    "curb.length_does_not_fit", 409, _("The vehicle is too long for the zone")
)
METRES_TAKEN = code("curb.metres_taken", 409, _("Others hold the metres then"))
LONGER_THAN_MAX_STAY = code("curb.longer_than_max_stay", 409, _("Longer than the maximum stay"))
RETURN_TOO_SOON = code("curb.return_too_soon", 409, _("The vehicle returns too soon"))
ALREADY_BOOKED = code("curb.vehicle_already_booked", 409, _("The vehicle has a booking there then"))
STARTS_IN_THE_PAST = code("curb.starts_in_the_past", 409, _("The period starts in the past"))
TOO_FAR_AHEAD = code("curb.too_far_ahead", 409, _("The period is too far ahead"))
HOLD_EXPIRED = code("curb.hold_expired", 409, _("The hold has expired"))
WRONG_STATE = code("curb.wrong_state", 409, _("The booking's state does not allow this"))
TOO_EARLY = code("curb.too_early_to_check_in", 409, _("Too early to check in"))
GEOMETRY_INVALID = code("curb.geometry_invalid", 422, _("The geometry is not valid"))
METRES_OFF_THE_LINE = code(
    "curb.metres_off_the_line", 422, _("The metres are not on the curb line")
)
ZONES_OVERLAP = code("curb.zones_overlap", 409, _("Another curb zone covers these metres"))
PLACE_MISSING = code("decisions.place_missing", 422, _("Exactly one place is needed"))
TIME_AMBIGUOUS = code("decisions.time_ambiguous", 422, _("Either an instant or a period"))
VEHICLE_MISSING = code("decisions.vehicle_missing", 422, _("A vehicle or its facts are needed"))
NOT_PUBLIC = code("decisions.not_public", 403, _("A vehicle or plate needs a client"))
VEHICLE_ID_INVALID = code("curb.vehicle_id_invalid", 422, _("Not the id of a vehicle"))
PLATE_MISSING = code("curb.plate_missing", 422, _("The vehicle has no number plate"))
PERIOD_TOO_LONG = code("curb.period_too_long", 422, _("The period is too long"))
PATH_INVALID = code("decisions.path_invalid", 422, _("The path is not in order"))
ZONE_HAS_ENDED = code("curb.zone_has_ended", 409, _("The curb zone has an end already"))
ZONE_STILL_BOOKED = code("curb.zone_still_booked", 409, _("Bookings reach beyond that time"))

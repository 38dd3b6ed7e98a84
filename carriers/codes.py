"""Refusal codes of carriers. `docs/api/events.md` and `docs/api/carriers.md` explain each."""

from kernel.refusals import code
from kernel.text import gettext_noop as _

MALFORMED = code("event.malformed", 422, "The item is not a JSON object that can be read")
INVALID = code("event.invalid", 422, "A member has a wrong type or value")
MISSING = code("event.missing_member", 422, "A required member is missing")
UNKNOWN_MEMBER = code("event.unknown_member", 422, "The schema knows no such member")
CLASSIFIER = code("event.classifier", 422, "The event type does not allow this classifier")
OUT_OF_RANGE = code("event.out_of_range", 422, "A number is larger than can be stored")
NULL_CHARACTER = code("event.null_character", 422, "A text holds the character U+0000")
UNSTORABLE = code("event.unstorable", 422, "A text or a number cannot be stored")
NO_SUBJECT = code("event.no_subject", 422, "Neither a vehicle nor a facility is named")
FACILITIES_DISAGREE = code("event.facilities_disagree", 422, "Two members name two facilities")
TOO_LATE = code("event.too_late", 422, "The event is older than the log takes")
NOT_YOURS = code("carrier.not_yours", 403, "You may not send events for this carrier")

CONFLICT = code("event.conflict", 409, "The same event id came before with other content")
CLOCK_AHEAD = code("event.clock_ahead", 422, "The event lies more than 5 minutes in the future")
VEHICLE_UNKNOWN = code("event.vehicle_unknown", 422, "The sender has no such vehicle")
STOP_UNKNOWN = code("event.stop_unknown", 422, "The sender has published no such stop")
FACILITY_UNKNOWN = code("event.facility_unknown", 422, "There is no such facility")

BATCH_TOO_LARGE = code("events.too_many", 413, "The batch has more than 10,000 items")
BATCH_SHAPE = code("events.not_a_batch", 422, "The body is no event, no list and no {events: []}")

VEHICLE_NOT_FOUND = code("carriers.vehicle_not_found", 404, "There is no such vehicle")
ROUTE_NOT_FOUND = code("carriers.route_not_found", 404, "There is no such route")
ORGANISATION_NOT_FOUND = code("carriers.organisation_not_found", 404, "There is no such carrier")
FACILITY_NOT_FOUND = code("carriers.facility_not_found", 404, "There is no such facility")
STOPS_REPEAT = code("carriers.stop_repeats", 422, "A route names the same stop twice")

IDENTIFIER = code("dialect.identifier_invalid", 422, "An identifier breaks the rules of GS1")
UNIT_UNKNOWN = code("dialect.unit_unknown", 422, "A value has a unit that is not known here")
UNTIMED = code("dialect.untimed", 422, "The message does not say when it happened")
UNNAMED = code("dialect.unnamed", 422, "The message does not say whom it is about")
TRIP_UNKNOWN = code("dialect.trip_unknown", 422, "The trip that is named is not known here")
NOT_MAPPED = code("dialect.not_mapped", 422, "Kept; there is no event for what this says")
DOCUMENT_SHAPE = code("dialect.not_a_document", 422, "The body is no message of this dialect")
MESSAGE_NOT_FOUND = code("dialect.message_not_found", 404, "There is no such message of yours")
WITHDRAWN = code("dialect.withdrawn", 409, "It was withdrawn, and stays so; send it as a new one")
ALREADY_REGISTERED = code("dialect.already_registered", 409, "It is registered with other facts")
UNREGISTERED = code("dialect.unregistered", 404, "It is not registered")
IDENTIFIER_TAKEN = code("carriers.identifier_taken", 409, "Another one has this identifier")
FILE_UNREADABLE = code("file.unreadable", 422, "The file cannot be read")
ROLLED_BACK = code("epcis.rolled_back", 422, "The whole capture was rolled back for another event")
QUARANTINED_NOT_FOUND = code("quarantine.not_found", 404, _("There is no such quarantined event"))
NOT_REPLAYABLE = code("quarantine.not_replayable", 409, _("The event cannot be replayed"))
NOT_OPEN = code("quarantine.not_open", 409, _("The event waits for nobody any more"))
NO_CHOICE = code("quarantine.no_choice", 422, _("Say which events, by ids or by a filter"))
BEYOND_RETENTION = code(
    "event.beyond_retention", 422, _("The event lies before what the log keeps")
)

WINDOW_NOT_FOUND = code("backfill.not_found", 404, _("There is no such backfill window"))
WINDOW_PERIOD = code("backfill.period_empty", 422, _("A period of the window is empty"))
WINDOW_BEYOND = code("backfill.beyond_retention", 422, _("The log keeps nothing of this period"))
WINDOW_AHEAD = code("backfill.not_past", 422, _("A backfill window is for events of the past"))
WINDOW_CLOSED = code("backfill.closed", 409, _("The window is closed"))

EVENT_NOT_FOUND = code("event.not_found", 404, _("There is no such event"))
EVENTS_SUBJECT = code("events.subject_missing", 422, _("Name a vehicle or a facility"))
EVENTS_PERIOD = code("events.period", 422, _("Give a period of at most 31 days"))

"""Scopes: what a token, a role or a mandate may do. Endpoints name these constants."""

from django.utils.translation import gettext_noop

from foundation.scopes import scope

EVENTS_WRITE = scope("events:write", gettext_noop("Send events"))
EVENTS_STEWARD = scope("events:steward", gettext_noop("Open backfill windows"))
VEHICLES_READ = scope("vehicles:read", gettext_noop("Read vehicles"))
VEHICLES_WRITE = scope("vehicles:write", gettext_noop("Register and change vehicles"))
FACILITIES_WRITE = scope("facilities:write", gettext_noop("Register and change facilities"))
ROUTES_READ = scope("routes:read", gettext_noop("Read routes and stops"))
ROUTES_WRITE = scope("routes:write", gettext_noop("Send routes"))
ROUTES_OPTIMIZE = scope("routes:optimize", gettext_noop("Ask for reoptimized routes"))
PLANS_ACCEPT = scope("plans:accept", gettext_noop("Accept proposed plans"))
CURBS_READ = scope("curbs:read", gettext_noop("Read bookings and stays"))
CURBS_BOOK = scope("curbs:book", gettext_noop("Book curb space"))
DECISIONS_READ = scope("decisions:read", gettext_noop("Ask for decisions about own vehicles"))
FINDINGS_READ = scope("findings:read", gettext_noop("Read findings"))
FINDINGS_DISPUTE = scope("findings:dispute", gettext_noop("Dispute own findings"))
FINDINGS_DECIDE = scope("findings:decide", gettext_noop("Decide disputes of findings"))
RULES_READ = scope("rules:read", gettext_noop("Read drafts of rules"))
RULES_WRITE = scope("rules:write", gettext_noop("Write and publish rules"))
MANDATES_WRITE = scope("mandates:write", gettext_noop("Give and revoke mandates"))
WEBHOOKS_WRITE = scope("webhooks:write", gettext_noop("Register webhooks and replay deliveries"))
REPORTS_READ = scope("reports:read", gettext_noop("Read reports"))
CONSUMERS_MEND = scope("consumers:mend", gettext_noop("Retry and skip what stands still"))
ENFORCEMENT_CHECK = scope("enforcement:check", gettext_noop("Check plates"))

CARRIER = frozenset(
    {
        EVENTS_WRITE,
        VEHICLES_READ,
        VEHICLES_WRITE,
        FACILITIES_WRITE,
        ROUTES_READ,
        ROUTES_WRITE,
        ROUTES_OPTIMIZE,
        PLANS_ACCEPT,
        CURBS_READ,
        CURBS_BOOK,
        DECISIONS_READ,
        FINDINGS_READ,
        FINDINGS_DISPUTE,
        MANDATES_WRITE,
        WEBHOOKS_WRITE,
        REPORTS_READ,
    }
)
# The city's own send for its own vehicles only; of all senders they see and mend what waits.
CITY = frozenset(
    {
        EVENTS_WRITE,
        EVENTS_STEWARD,
        VEHICLES_READ,
        ROUTES_READ,
        CURBS_READ,
        DECISIONS_READ,
        FINDINGS_READ,
        FINDINGS_DECIDE,
        RULES_READ,
        RULES_WRITE,
        WEBHOOKS_WRITE,
        REPORTS_READ,
        CONSUMERS_MEND,
    }
)
OFFICER = frozenset({CURBS_READ, DECISIONS_READ, FINDINGS_READ, ENFORCEMENT_CHECK})

# What the city's own people and clients may hold, and what nobody else may.
CITY_STAFF = CITY | OFFICER
CITY_ONLY = frozenset(
    {
        RULES_READ,
        RULES_WRITE,
        ENFORCEMENT_CHECK,
        EVENTS_STEWARD,
        CONSUMERS_MEND,
        FINDINGS_DECIDE,
    }
)
ALL = CARRIER | CITY_STAFF

# What an organisation may let another one do for it.
GRANTABLE = CARRIER - {MANDATES_WRITE, WEBHOOKS_WRITE}

BY_ROLE: dict[str, frozenset[str]] = {
    "city_official": CITY_STAFF,
    "enforcement_officer": OFFICER,
    "carrier_planner": CARRIER,
    "tpl_planner": CARRIER,
}

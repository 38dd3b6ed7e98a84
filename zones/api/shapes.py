"""What the endpoints of zones take and give."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from zones import language, sentences
from zones.models import Permit, Regulation, RegulationVersion

Instant = Annotated[datetime, Meta(tz=True)]
Slug = Annotated[str, Meta(pattern="^[-a-zA-Z0-9_]{1,60}$")]
Title = Annotated[str, Meta(min_length=1, max_length=160)]
Seconds = Annotated[int, Meta(ge=0, le=86_400 * 31)]
Kind = Literal[
    "low_emission", "zero_emission", "charging", "pedestrian", "weight", "time_window", "other"
]


class ZoneIn(Struct, forbid_unknown_fields=True):
    """A zone to draw. `recorded_from`: the publication date in the source of an import."""

    code: Slug
    name: Title
    kind: Kind
    geometry: dict[str, Any]
    legal_from: Instant
    legal_until: Instant | None = None
    grace_s: Seconds = 0
    recorded_from: Instant | None = None


class GroundIn(Struct, forbid_unknown_fields=True):
    """Another version of a zone's ground."""

    geometry: dict[str, Any]
    legal_from: Instant
    legal_until: Instant | None = None
    grace_s: Seconds = 0


class RuleInForce(Struct):
    """A regulation that rules in a zone at the instant asked for."""

    regulation_id: UUID
    version_id: UUID
    code: str
    sentences: list[str]


class ZoneProperties(Struct):
    """A zone as recorded."""

    id: UUID
    code: str
    name: str
    kind: str
    grace_s: int
    legal_from: datetime
    legal_until: datetime | None
    recorded_from: datetime
    regulations: list[RuleInForce]


class ZoneFeature(Struct):
    """A zone as a GeoJSON feature (RFC 7946)."""

    type: Literal["Feature"]
    id: UUID
    geometry: dict[str, Any]
    properties: ZoneProperties


class ZoneCollection(Struct):
    """Zones as a GeoJSON feature collection, and the calendars that hold at the instant."""

    type: Literal["FeatureCollection"]
    at: datetime
    known_at: datetime | None
    calendars: list[str]
    features: list[ZoneFeature]


class RegulationIn(Struct, forbid_unknown_fields=True):
    """A regulation to begin; what it says comes with its versions."""

    zone_id: UUID
    code: Slug
    title: Title


class VersionIn(Struct, forbid_unknown_fields=True):
    """What a regulation is to say: rows of the rule language (`docs/rule-language.md`)."""

    rows: Annotated[list[dict[str, Any]], Meta(min_length=1, max_length=500)]
    legal_from: Instant
    legal_until: Instant | None = None
    vacate_by_s: Seconds = 0
    title: Annotated[str, Meta(max_length=200)] = ""
    legal_reference: Annotated[str, Meta(max_length=500)] = ""


class PublishIn(Struct, forbid_unknown_fields=True):
    """On which impact a draft is published, and what becomes of bookings made before.

    `recorded_from`: the publication date in the source of an import, else now.
    """

    impact_id: UUID
    bookings: Literal["grandfather", "cancel"]
    recorded_from: Instant | None = None


class ReasonIn(Struct, forbid_unknown_fields=True):
    """Why a version is taken back, or a review withdrawn."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class SuspendIn(Struct, forbid_unknown_fields=True):
    """Why and since when (default: now) a version does not rule."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    since: Instant | None = None


class ResumeIn(Struct, forbid_unknown_fields=True):
    """Since when a suspended version rules again (default: now)."""

    since: Instant | None = None


class SuspensionOut(Struct):
    """A time in which a version did not rule, as recorded."""

    reason: str
    legal_from: datetime
    legal_until: datetime | None
    recorded_from: datetime
    recorded_until: datetime | None


class VersionOut(Struct):
    """A version of a regulation."""

    id: UUID
    regulation_id: UUID
    number: int
    state: str
    title: str
    rows: list[dict[str, Any]]
    sentences: list[str]
    legal_reference: str
    legal_from: datetime
    legal_until: datetime | None
    recorded_from: datetime | None
    recorded_until: datetime | None
    vacate_by_s: int
    changed_at: datetime | None
    reviewed_at: datetime | None
    published_at: datetime | None
    hash: str
    impact_id: UUID | None
    bookings: str
    suspensions: list[SuspensionOut]


class RegulationOut(Struct):
    """A regulation with its versions: published ones, for the city also drafts."""

    id: UUID
    zone_id: UUID
    code: str
    title: str
    versions: list[VersionOut]


class PermitIn(Struct, forbid_unknown_fields=True):
    """A permit to issue, for a plate or for a class (`who` of the rule language)."""

    kind: Annotated[str, Meta(min_length=1, max_length=80)]
    starts_at: Instant
    ends_at: Instant | None = None
    plate: Annotated[str, Meta(max_length=20)] = ""
    vehicle_class: dict[str, Any] | None = None
    zone_ids: list[UUID] = []
    organisation_id: UUID | None = None
    reference: Annotated[str, Meta(max_length=120)] = ""


class PermitOut(Struct):
    """A permit; `zone_ids` empty = every zone."""

    id: UUID
    kind: str
    plate: str
    vehicle_class: dict[str, Any] | None
    zone_ids: list[UUID]
    organisation_id: UUID | None
    starts_at: datetime
    ends_at: datetime | None
    revoked_at: datetime | None
    reference: str


def version(row: RegulationVersion) -> dict[str, Any]:
    """Return a version as JSON data."""
    return {
        "id": row.id,
        "regulation_id": row.regulation_id,
        "number": row.number,
        "state": row.state,
        "title": row.title,
        "rows": row.rows,
        "sentences": [sentences.of_row(rule) for rule in language.read(row.rows)[0]],
        "legal_reference": row.legal_reference,
        "legal_from": row.legal_from,
        "legal_until": row.legal_until,
        "recorded_from": row.recorded_from,
        "recorded_until": row.recorded_until,
        "vacate_by_s": row.vacate_by_s,
        "changed_at": row.changed_at,
        "reviewed_at": row.reviewed_at,
        "published_at": row.published_at,
        "hash": row.content_hash,
        "impact_id": row.impact_id,
        "bookings": row.bookings,
        "suspensions": [
            {
                "reason": gap.reason,
                "legal_from": gap.legal_from,
                "legal_until": gap.legal_until,
                "recorded_from": gap.recorded_from,
                "recorded_until": gap.recorded_until,
            }
            for gap in row.suspensions.all()
        ],
    }


def regulation(row: Regulation, versions: list[RegulationVersion]) -> dict[str, Any]:
    """Return a regulation with the given versions as JSON data."""
    return {
        "id": row.id,
        "zone_id": row.zone_id,
        "code": row.code,
        "title": row.title,
        "versions": [version(one) for one in versions],
    }


def permit(row: Permit) -> dict[str, Any]:
    """Return a permit as JSON data."""
    return {
        "id": row.id,
        "kind": row.kind,
        "plate": row.plate,
        "vehicle_class": row.vehicle_class,
        "zone_ids": sorted(zone.id for zone in row.zones.all()),
        "organisation_id": row.organisation_id,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "revoked_at": row.revoked_at,
        "reference": row.reference,
    }

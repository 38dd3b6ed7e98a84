"""Our own GeoJSON: zones with the rows of their regulations, read as they were written."""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from kernel.text import gettext_noop as _
from zones import language
from zones.exchange import ground
from zones.exchange.drafts import (
    Context,
    Note,
    RegulationDraft,
    Unreadable,
    VersionDraft,
    ZoneDraft,
)
from zones.exchange.published import PublishedRegulation, PublishedVersion, PublishedZone

FORMAT = "cityhub-rules-1"
Instant = Annotated[datetime, Meta(tz=True)]
KINDS = frozenset(
    {
        "low_emission", "zero_emission", "charging", "pedestrian", "weight", "time_window", "other",
    }
)  # fmt: skip


class _Version(Struct):
    rows: list[Any]
    legal_from: Instant
    legal_until: Instant | None = None
    legal_reference: str = ""


class _Regulation(Struct):
    code: str
    title: str
    versions: list[_Version]


class _Zone(Struct):
    code: str
    name: str
    kind: str
    legal_from: Instant
    regulations: list[_Regulation]
    legal_until: Instant | None = None
    grace_s: Annotated[int, Meta(ge=0, le=86_400 * 31)] = 0


def is_own(properties: dict[str, Any]) -> bool:
    """Return whether a feature is one of ours."""
    return properties.get("format") == FORMAT


def read(feature: dict[str, Any], context: Context) -> ZoneDraft:
    """Return a feature of ours as a draft. Raises Unreadable."""
    try:
        zone = msgspec.convert(feature["properties"], _Zone)
    except msgspec.ValidationError as error:
        raise Unreadable("feature_malformed", str(error)) from None
    if not zone.code or not all(regulation.code for regulation in zone.regulations):
        raise Unreadable("id_missing", _("A zone and a regulation have a code."))
    geometry, notes = ground.from_geojson(feature.get("geometry"), context)
    draft = ZoneDraft(
        source_id=zone.code,
        name=zone.name,
        kind=zone.kind if zone.kind in KINDS else "other",
        geometry=geometry,
        legal_from=zone.legal_from,
        legal_until=zone.legal_until,
        grace_s=zone.grace_s,
        notes=notes,
    )
    for regulation in zone.regulations:
        versions = []
        for index, version in enumerate(regulation.versions):
            faults = language.read(version.rows)[1]
            notes += [
                Note("refused", "row_not_in_language", fault.detail, f"regulations{fault.pointer}")
                for fault in faults
            ]
            if not faults:
                versions.append(
                    VersionDraft(
                        version.rows,
                        version.legal_from,
                        version.legal_until,
                        version.legal_reference,
                    )
                )
                notes.append(Note("taken", "version_read", f"{regulation.code} {index + 1}."))
        if versions:
            draft.regulations.append(RegulationDraft(regulation.code, regulation.title, versions))
    return draft


def feature(zone: PublishedZone) -> dict[str, Any]:
    """Return a zone as a feature that `read` takes."""
    return {
        "type": "Feature",
        "id": zone.id,
        "geometry": ground.to_geojson(zone.geometry),
        "properties": {
            "format": FORMAT,
            "code": zone.code,
            "name": zone.name,
            "kind": zone.kind,
            "grace_s": zone.grace_s,
            "legal_from": zone.legal.start.astimezone(UTC),
            "legal_until": _utc(zone.legal.end),
            "recorded_from": zone.recorded_from.astimezone(UTC),
            "regulations": [_regulation(one) for one in zone.regulations],
        },
    }


def _regulation(regulation: PublishedRegulation) -> dict[str, Any]:
    return {
        "id": regulation.id,
        "code": regulation.code,
        "title": regulation.title,
        "versions": [_version(version) for version in regulation.versions],
    }


def _version(version: PublishedVersion) -> dict[str, Any]:
    return {
        "id": version.id,
        "number": version.number,
        "title": version.title,
        "rows": list(version.rows),
        "legal_from": version.legal.start.astimezone(UTC),
        "legal_until": _utc(version.legal.end),
        "legal_reference": version.legal_reference,
        "vacate_by_s": version.vacate_by_s,
        "published_at": version.published_at.astimezone(UTC),
    }


def _utc(at: datetime | None) -> datetime | None:
    return None if at is None else at.astimezone(UTC)

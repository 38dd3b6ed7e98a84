"""The shape of a city pack's files, one struct per thing; unknown members are refused."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

Code = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9-]{0,39}$")]
Text = Annotated[str, Meta(min_length=1, max_length=200)]
Instant = Annotated[datetime, Meta(tz=True)]
Metres = Annotated[float, Meta(ge=0, le=100_000)]


class CityFacts(Struct, forbid_unknown_fields=True, kw_only=True):
    code: Code
    name: Text
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$")]
    time_zone: Text
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]
    srid: Annotated[int, Meta(ge=1024, le=998_999)]
    streets: Text
    subdivision: str = ""
    languages: tuple[str, ...] = ("en",)
    host: str = ""
    settings: dict[str, Any] = {}


class OrganisationFacts(Struct, forbid_unknown_fields=True, kw_only=True):
    code: Code
    name: Text
    kind: Literal["carrier", "logistics_provider", "facility_operator"]


class PersonFacts(Struct, forbid_unknown_fields=True, kw_only=True):
    email: Annotated[str, Meta(pattern="^[^@ ]+@[^@ ]+$")]
    name: Text
    organisation: Code
    role: Literal["city_official", "enforcement_officer", "carrier_planner", "tpl_planner"]
    password: Annotated[str, Meta(min_length=8)] | None = None


class ClientFacts(Struct, forbid_unknown_fields=True, kw_only=True):
    id: Code
    name: Text
    organisation: Code
    scopes: tuple[str, ...]
    secret: Annotated[str, Meta(min_length=16)] | None = None


class CityFile(Struct, forbid_unknown_fields=True, kw_only=True):
    """`city.toml`."""

    city: CityFacts
    organisations: tuple[OrganisationFacts, ...] = ()
    people: tuple[PersonFacts, ...] = ()
    clients: tuple[ClientFacts, ...] = ()


class ZoneFacts(Struct, forbid_unknown_fields=True, kw_only=True):
    code: Code
    name: Text
    kind: Literal[
        "low_emission", "zero_emission", "charging", "pedestrian", "weight", "time_window", "other"
    ]
    grace_s: Annotated[int, Meta(ge=0, le=3600)] = 0
    legal_from: Instant | None = None
    legal_until: Instant | None = None
    recorded_from: Instant | None = None


class ZoneFeature(Struct, kw_only=True):
    properties: ZoneFacts
    geometry: dict[str, Any]


class ZonesFile(Struct, kw_only=True):
    """`zones.geojson`: a FeatureCollection of Polygons and MultiPolygons."""

    type: Literal["FeatureCollection"]
    features: tuple[ZoneFeature, ...]


class VersionFacts(Struct, forbid_unknown_fields=True, kw_only=True):
    rows: list[dict[str, Any]]
    legal_from: Instant
    legal_until: Instant | None = None
    recorded_from: Instant | None = None
    vacate_by_s: Annotated[int, Meta(ge=0, le=86_400)] = 0
    legal_reference: str = ""


class RegulationFacts(Struct, forbid_unknown_fields=True, kw_only=True):
    """One regulation; `versions` in the order in which they were published."""

    code: Code
    zone: Code
    title: Text
    versions: Annotated[tuple[VersionFacts, ...], Meta(min_length=1)]


class CalendarFacts(Struct, forbid_unknown_fields=True, kw_only=True):
    code: Code
    name: Text
    days: tuple[date, ...]


class CurbPolicy(Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    title: Text
    rows: list[dict[str, Any]] = field(default_factory=list)
    max_stay_min: Annotated[int, Meta(ge=1)] | None = None
    no_return_min: Annotated[int, Meta(ge=1)] | None = None
    grace_s: Annotated[int, Meta(ge=0)] = 0
    vacate_by_s: Annotated[int, Meta(ge=0)] = 0
    slot_price: Annotated[int, Meta(ge=0)] = 0
    bookable: bool = True
    legal_reference: str = ""


class CurbFacts(Struct, forbid_unknown_fields=True, kw_only=True):
    code: Code
    name: Text
    street_name: Text
    policy: Text
    from_m: Metres
    to_m: Metres
    side: Annotated[str, Meta(max_length=2)] = ""


class LineString(Struct, kw_only=True):
    type: Literal["LineString"]
    coordinates: Annotated[tuple[tuple[float, float], ...], Meta(min_length=2)]


class CurbFeature(Struct, kw_only=True):
    properties: CurbFacts
    geometry: LineString


class CurbsFile(Struct, kw_only=True):
    """`curbs.geojson`: a FeatureCollection of LineStrings with the foreign member `policies`."""

    type: Literal["FeatureCollection"]
    features: tuple[CurbFeature, ...]
    policies: dict[str, CurbPolicy] = field(default_factory=dict)

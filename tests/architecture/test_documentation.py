"""Whatever people can call, set or be refused with stands in docs/."""

import importlib
import json
import re
from datetime import UTC, datetime
from pathlib import Path

from django.urls import URLPattern, URLResolver, get_resolver

from carriers import conditions, decoding
from carriers.messages import CarrierEvent, Outcome, Place
from kernel.refusals import REGISTRY
from tests.architecture.test_arrows import FLOOR_OF

ROOT = Path(__file__).resolve().parents[2]
OTHERS_PATHS = ("admin/", "accounts/", "static/", "i18n/", "jsi18n/")  # Django's, allauth's


def documentation() -> str:
    """Return all pages under docs/ as one text."""
    return "\n".join(path.read_text() for path in sorted((ROOT / "docs").rglob("*.md")))


def settings_in_code() -> set[str]:
    """Return the names CITYHUB_… that the code reads."""
    places = [*FLOOR_OF, "cityhub", "launcher", "kernel", "simulation", "tests"]
    files = [path for place in places for path in (ROOT / place).rglob("*.py")]
    text = "\n".join(path.read_text() for path in [*files, ROOT / "hub"])
    return set(re.findall(r"\bCITYHUB_[A-Z][A-Z_]*[A-Z]\b", text))


def routes(patterns: list[URLPattern | URLResolver], prefix: str = "") -> set[str]:
    """Return the routes beneath, as Django writes them."""
    found = set()
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found |= routes(pattern.url_patterns, route)
        else:
            found.add(route)
    return found


def paths_of_ours() -> list[str]:
    """Return the paths of ours, with converters written as {name}."""
    return sorted(
        "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route).replace("^", "").replace("$", "")
        for route in routes(get_resolver().url_patterns)
        if not route.startswith(OTHERS_PATHS)
    )


def in_docs(path: str, text: str) -> bool:
    """Return whether a path stands in the text, whatever its parameters are called there."""
    pattern = re.escape(path).replace(r"\{", "{").replace(r"\}", "}")
    pattern = re.sub(r"{\w+}", r"[{<][\\w:]+[}>]", pattern)
    return re.search(pattern.rstrip("/") + r"/?(?![\w/-])", text) is not None


def test_a_path_is_recognised_whatever_its_parameters_are_called():
    assert in_docs("/api/v1/bookings/{booking_id}", "GET `/api/v1/bookings/{id}` shows")
    assert not in_docs(
        "/api/v1/bookings/{id}", "GET `/api/v1/bookings` and `/api/v1/bookings/{id}/x`"
    )


def load_all_codes() -> None:
    """Import the modules in which apps declare their refusal codes."""
    for app in ("foundation", *FLOOR_OF):
        if (ROOT / app / "codes.py").exists():
            importlib.import_module(f"{app}.codes")


def test_every_endpoint_is_documented():
    text = documentation()
    missing = [path for path in paths_of_ours() if not in_docs(path, text)]
    assert not missing, "\n".join(missing)


def test_every_setting_is_documented():
    text = documentation()
    missing = sorted(name for name in settings_in_code() if name not in text)
    assert not missing, "\n".join(missing)


def test_every_refusal_code_is_documented():
    load_all_codes()
    text = documentation()
    missing = sorted(code for code in REGISTRY if f"`{code}`" not in text)
    assert not missing, "\n".join(missing)


def test_every_command_is_documented():
    from launcher.cli import COMMANDS

    text = (ROOT / "docs" / "operations.md").read_text()
    assert sorted(name for name in COMMANDS if f"`./hub {name}" not in text) == []


def test_every_management_command_is_documented():
    text = documentation()
    commands = [
        path.stem
        for path in ROOT.glob("*/management/commands/*.py")
        if not path.stem.startswith("_")
    ]
    missing = [name for name in commands if not re.search(rf"manage {name}\b", text)]
    assert sorted(missing) == [], "write `./hub manage NAME` and what it does into docs/"


def demanded(event_type):
    """Return (classifiers, pointers) that a type demands, as the table of event types says it."""
    classifiers = sorted(conditions.DEMANDS[event_type].classifiers)
    bare = CarrierEvent(
        event_id="",
        event_type=event_type,
        classifier=classifiers[0],
        carrier_id="",
        occurred_at=datetime(2026, 5, 12, tzinfo=UTC),
        place=Place(),
        outcome=Outcome(status="failed"),
    )
    said = "any" if len(classifiers) == 3 else ", ".join(classifiers)
    return said, [reason.pointer for reason in conditions.broken(bare)]


def test_every_event_type_is_documented_with_what_it_needs():
    section = (ROOT / "docs/api/events.md").read_text().partition("## Event types")[2]
    rows = [line.split("|")[1:4] for line in section.splitlines() if line.startswith("| `")]
    told = {
        event_type: (classifier.strip(), re.findall(r"`([^`]+)`", needs))
        for types, classifier, needs in rows
        for event_type in re.findall(r"`([^`]+)`", types)
    }
    assert told == {event_type: demanded(event_type) for event_type in conditions.DEMANDS}


def test_the_void_of_the_documentation_is_one():
    text = (ROOT / "docs/api/events.md").read_text()
    blocks = re.findall(r"```json\n(.*?)```", text, flags=re.DOTALL)
    (void,) = (json.loads(block) for block in blocks if '"voids"' in block)
    (item,) = decoding.items(json.dumps([void]).encode())
    assert isinstance(item, CarrierEvent), item

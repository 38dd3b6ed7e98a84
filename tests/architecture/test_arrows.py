"""Arrows only point down: between packages, inside them, and between rows."""

import subprocess
import sys
from pathlib import Path

from django.apps import apps
from django.db import models

ROOT = Path(__file__).resolve().parents[2]

# Lower floors first; packages on one floor may not know each other.
FLOORS = (
    ("foundation",),
    ("accounts",),
    ("zones", "carriers", "roads"),
    ("curbs",),
    ("tracking",),
    ("compliance", "routing"),
    ("reports",),
    ("portal",),
)
FLOOR_OF = {app: number for number, floor in enumerate(FLOORS) for app in floor}


def test_imports_point_down():
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-4000:]


def points_up(source: str, target: str) -> bool:
    """Return whether a row of app `source` may not know a row of app `target`."""
    if source == target or target not in FLOOR_OF:
        return False
    return FLOOR_OF[target] >= FLOOR_OF[source]


def test_pointing_up_and_sideways_is_told_from_pointing_down():
    assert points_up("accounts", "carriers")
    assert points_up("zones", "carriers")
    assert points_up("foundation", "accounts")
    assert not points_up("curbs", "zones")
    assert not points_up("tracking", "tracking")
    assert not points_up("accounts", "auth")


def test_no_row_has_a_foreign_key_to_a_higher_floor():
    wrong = [
        f"{model._meta.label}.{field.name} → {field.related_model._meta.label}"
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in FLOOR_OF
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey | models.ManyToManyField)
        and points_up(model._meta.app_label, field.related_model._meta.app_label)
    ]
    assert wrong == []


def test_every_app_of_ours_has_its_floor():
    ours = {
        config.label for config in apps.get_app_configs() if Path(config.path).parent == ROOT
    } - {"cityhub"}
    assert ours == set(FLOOR_OF)

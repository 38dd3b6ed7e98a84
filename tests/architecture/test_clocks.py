"""Domain time is a parameter: no column, migration or SQL of ours asks the database's clock."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps

from tests.architecture.test_arrows import FLOOR_OF

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("kernel", *FLOOR_OF, "cityhub", "simulation")
DATABASE_CLOCKS = re.compile(
    r"\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|localtimestamp)\s*\(\s*\)"
    r"|\bCURRENT_(TIMESTAMP|DATE|TIME)\b|\bLOCALTIMESTAMP\b"
)
DJANGO_CLOCKS = re.compile(r"\bauto_now(_add)?\s*=\s*True|\bNow\(\)|\btimezone\.now\b")
SQL = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|WHERE)\b")
CLOCK_MODULES = {ROOT / "kernel" / "clock.py", ROOT / "foundation" / "clock.py"}
# How long a transaction has been open is a matter of the server's own clock.
SERVER_METRICS = ROOT / "foundation" / "metrics.py"


def sources() -> list[Path]:
    """Return all modules of ours, migrations included."""
    return sorted(
        path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if path.is_file()
    )


def sql_clocks(source: str) -> list[str]:
    """Return the calls of a database clock in the SQL texts of a module (docstrings aside)."""
    tree = ast.parse(source)
    told = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        match.group(0)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told
        if SQL.search(node.value)
        for match in DATABASE_CLOCKS.finditer(node.value)
    ]


def test_a_clock_in_sql_is_found():
    assert sql_clocks('q = "SELECT 1 WHERE t < now()"') == ["now()"]
    assert sql_clocks('q = "UPDATE x SET t = CURRENT_TIMESTAMP"') == ["CURRENT_TIMESTAMP"]
    assert (
        sql_clocks('def f():\n    """SELECT now() is never written."""\n    return clock.now()')
        == []
    )


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_asks_the_clock_of_the_database(path):
    source = path.read_text()
    found = sql_clocks(source) if path != SERVER_METRICS else []
    if path not in CLOCK_MODULES:
        code = re.sub(r'""".*?"""|#[^\n]*', "", source, flags=re.S)
        found += [match.group(0) for match in DJANGO_CLOCKS.finditer(code)]
    assert found == []


def filled_by_clock(field) -> bool:
    """Return whether Django or the database fills the column with the time of writing."""
    automatic = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    default = getattr(field.default, "__qualname__", "")
    by_database = type(getattr(field, "db_default", None)).__name__ == "Now"
    return automatic or by_database or default in ("now", "utcnow")


def test_no_column_of_ours_is_filled_by_a_clock():
    found = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in FLOOR_OF
        for field in model._meta.local_fields
        if filled_by_clock(field)
    }
    assert found <= GIVEN_BY_LIBRARIES


# Columns that a base class of a library brings; they are wall time, of sign-in and tokens.
GIVEN_BY_LIBRARIES = {
    "accounts.User.date_joined",
    "accounts.ApiClient.created",
    "accounts.ApiClient.updated",
}

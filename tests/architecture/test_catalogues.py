"""Every text that people read is there in German and French, and the compiled catalogues say so.

Compiled catalogues are committed, so that a bare machine needs no gettext tools. To renew them:
`./hub manage makemessages -l de -l fr --no-location --no-wrap`, translate, then
`./hub manage compilemessages`.
"""

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SPEAKING = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
APPS = (
    *("foundation", "accounts", "carriers", "zones", "roads", "curbs"),
    *("tracking", "compliance", "routing", "reports", "portal"),
)
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%[sd]")


def texts_of_code(path: Path) -> Iterator[str]:
    """Yield the constant texts that a module marks for translation."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and _name(node.func) in SPEAKING:
            argument = node.args[0] if node.args else None
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield argument.value


def _name(node: ast.expr) -> str:
    return getattr(node, "id", getattr(node, "attr", ""))


def texts_of_template(path: Path) -> Iterator[str]:
    """Yield the texts that a template marks for translation, as Django extracts them."""
    from django.utils.translation.template import templatize

    for found in re.finditer(
        r"\b_?gettext\((u?'(?:[^'\\]|\\.)*'|u?\"(?:[^\"\\]|\\.)*\")\)", templatize(path.read_text())
    ):
        yield ast.literal_eval(found[1])


def every_text() -> dict[str, Path]:
    """Return each text with a place where it stands."""
    found: dict[str, Path] = {}
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            if "migrations" not in path.parts:
                found |= dict.fromkeys(texts_of_code(path), path)
        for path in (ROOT / app).rglob("*.html"):
            found |= dict.fromkeys(texts_of_template(path), path)
    for path in (ROOT / "templates").rglob("*.html"):
        found |= dict.fromkeys(texts_of_template(path), path)
    return {text: path for text, path in found.items() if text.strip()}


def catalogue(language: str) -> dict[str, list[str]]:
    """Return what the compiled catalogue of a language says; for plurals every form."""
    path = ROOT / "locale" / language / "LC_MESSAGES" / "django.mo"
    with path.open("rb") as compiled:
        known = gettext.GNUTranslations(compiled)._catalog
    said: dict[str, list[str]] = {}
    for key, value in known.items():
        said.setdefault(key[0] if isinstance(key, tuple) else key, []).append(value)
    return said


@pytest.mark.parametrize("language", ["de", "fr"])
def test_every_text_is_translated(language):
    known = catalogue(language)
    missing = {
        text: path.relative_to(ROOT) for text, path in every_text().items() if text not in known
    }
    listed = "\n".join(f"{path}: {text!r}" for text, path in sorted(missing.items()))
    assert not missing, f"not in locale/{language}:\n{listed}"


@pytest.mark.parametrize("language", ["de", "fr"])
def test_translations_keep_the_placeholders(language):
    wrong = [
        text
        for text, forms in catalogue(language).items()
        for said in forms
        if text and sorted(PLACEHOLDER.findall(text)) != sorted(PLACEHOLDER.findall(said))
    ]
    assert wrong == []


@pytest.mark.parametrize("language", ["de", "fr"])
def test_the_compiled_catalogue_is_the_written_one(language):
    written = (ROOT / "locale" / language / "LC_MESSAGES" / "django.po").read_text()
    said = {
        ast.literal_eval(line.partition(" ")[2])
        for line in written.splitlines()
        if re.match(r'msgstr(\[\d\])? "', line)
    }
    known = {said for forms in catalogue(language).values() for said in forms}
    assert "#, fuzzy" not in written
    assert {text for text in said if text} <= known | {""}

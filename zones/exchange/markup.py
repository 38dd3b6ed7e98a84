"""XML from strangers: no document type, so no entities of any kind; bounded depth and number.

Elements are asked for by their local name: publishers disagree about prefixes and versions, not
about names. Source of the dangers: CWE-611 (external entities), CWE-776 (entity expansion).
"""

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from kernel.text import Filled
from kernel.text import gettext_noop as _
from zones.exchange.drafts import Unreadable

MOST_ELEMENTS = 1_000_000
DEEPEST = 100
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


def parse(content: bytes) -> Element:
    """Return the root of a document. Raises Unreadable."""
    builder, guard = TreeBuilder(), _Guard()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype

    def start(tag: str, attributes: dict[str, str]) -> None:
        guard.enter()
        builder.start(_named(tag), {_named(name): text for name, text in attributes.items()})

    def end(tag: str) -> None:
        guard.leave()
        builder.end(_named(tag))

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(content, True)
        return builder.close()
    except (expat.ExpatError, LookupError, ValueError, AssertionError) as error:
        raise Unreadable("not_xml", Filled(_("This is no XML: %(error)s"), error=error)) from None


class _Guard:
    """Counts elements and their depth."""

    def __init__(self) -> None:
        self.depth = self.count = 0

    def enter(self) -> None:
        self.depth += 1
        self.count += 1
        if self.depth > DEEPEST or self.count > MOST_ELEMENTS:
            raise Unreadable("xml_too_large", _("The document has too many or too deep elements."))

    def leave(self) -> None:
        self.depth -= 1


def _refuse_doctype(*_told: Any) -> None:
    raise Unreadable("xml_doctype", _("A document type is not allowed."))


def _named(name: str) -> str:
    return "{" + name if "}" in name else name


def local(element: Element) -> str:
    """Return an element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def kind(element: Element) -> str:
    """Return the local part of its `xsi:type`."""
    return element.get(XSI_TYPE, "").rpartition(":")[2]


def children(element: Element, name: str) -> list[Element]:
    """Return the direct children of a name."""
    return [child for child in element if local(child) == name]


def child(element: Element, *path: str) -> Element | None:
    """Return the first element at a path of names, or None."""
    for name in path:
        found = next((one for one in element if local(one) == name), None)
        if found is None:
            return None
        element = found
    return element


def text(element: Element, *path: str) -> str:
    """Return the trimmed text at a path of names; empty when there is none."""
    found = child(element, *path)
    return "" if found is None or found.text is None else found.text.strip()


def words(element: Element, *path: str) -> str:
    """Return a multilingual text (`values/value`) at a path: the first language given."""
    return text(element, *path, "values", "value")


def every(element: Element, name: str) -> Iterator[Element]:
    """Yield all descendants of a name, in the document's order."""
    return (one for one in element.iter() if local(one) == name)

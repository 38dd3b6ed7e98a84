"""GS1 keys: SSCC, GLN, GRAI and GIAI as EPC URN and as Digital Link, with check digits.

Sources: GS1 General Specifications, section 7.9 (check digit); EPC Tag Data Standard 2.0,
section 6.3 (URNs); GS1 Digital Link URI Syntax 1.3, section 4 (keys and qualifiers).
"""

import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

_URN = re.compile(r"urn:epc:id:(sscc|sgln|grai|giai):(.+)")
_LINK = re.compile(r".*?/(00|414|8003|8004)/([^/]+)(?:/254/([^/]+))?/?")
_PREFIX = re.compile(r"\d{6,12}", flags=re.ASCII)
_DIGITS = re.compile(r"\d+", flags=re.ASCII)
# GS1 AI encodable character set 82 (General Specifications, figure 7.11-1).
_SERIAL = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]+")
_LINK_KIND = {"00": "sscc", "414": "gln", "8003": "grai", "8004": "giai"}


class Key(NamedTuple):
    """A GS1 key in digits, check digit included; a GLN may carry its extension (AI 254).

    A GRAI is 14 digits, the first of them 0, and its serial number; a GIAI has no check digit.
    """

    kind: str
    value: str
    extension: str = ""


def check_digit(digits: str) -> str:
    """Return the check digit for a key's digits: weights 3, 1, 3, … from the right, modulo 10."""
    total = sum(int(d) * (3 if place % 2 == 0 else 1) for place, d in enumerate(reversed(digits)))
    return str(-total % 10)


def parse(uri: str) -> Key | None:
    """Return the key that a URI names, None when it names none of the four.

    Raises ValueError, with a sentence, for a key of wrong length or with a wrong check digit.
    """
    urn = _URN.fullmatch(uri)
    if urn:
        return _FROM_URN[urn[1]](unquote(urn[2]))
    if not uri.startswith(("https://", "http://")):
        return None
    link = _LINK.fullmatch(urlsplit(uri).path)
    if link is None:
        return None
    return key(_LINK_KIND[link[1]], unquote(link[2]), unquote(link[3] or ""))


def key(kind: str, text: str, extension: str = "") -> Key:
    """Return a key from its plain characters, checked. Raises ValueError with a sentence."""
    if kind == "sscc":
        _digits("An SSCC", text, 18)
        _checked("SSCC", text)
    elif kind == "gln":
        _digits("A GLN", text, 13)
        _checked("GLN", text)
        if extension and not (len(extension) <= 20 and _SERIAL.fullmatch(extension)):
            raise ValueError("The extension of a GLN has at most 20 characters")
    elif kind == "grai":
        head, serial = text[:14], text[14:]
        _digits("A GRAI", head, 14)
        if head[0] != "0" or len(serial) > 16 or (serial and not _SERIAL.fullmatch(serial)):
            raise ValueError("A GRAI is 0, 13 digits and a serial number of at most 16 characters")
        _checked("GRAI", head)
    elif not (len(text) <= 30 and _SERIAL.fullmatch(text) and text[:6].isascii()):
        raise ValueError("A GIAI has at most 30 characters")
    elif not _DIGITS.fullmatch(text[:6]):
        raise ValueError("A GIAI begins with a company prefix of at least 6 digits")
    return Key(kind, text, "" if extension == "0" else extension)


def own(kind: str, text: str) -> str:
    """Return a GLN, GRAI or GIAI given as URN, Digital Link or plain, as its plain characters.

    Raises ValueError with a sentence when it is none or of another kind.
    """
    found = parse(text) if ":" in text else key(kind, text)
    if found is None or found.kind != kind:
        raise ValueError(f"This is no {kind.upper()}")
    return found.value


def _digits(name: str, text: str, length: int) -> None:
    if len(text) != length or not _DIGITS.fullmatch(text):
        raise ValueError(f"{name} has {length} digits")


def _checked(name: str, digits: str) -> None:
    right = check_digit(digits[:-1])
    if digits[-1] != right:
        raise ValueError(f"The check digit of the {name} {digits} would be {right}")


def _parts(text: str, count: int) -> list[str]:
    """Return the parts of a URN's body: the company prefix and what follows it."""
    parts = text.split(".", count - 1)
    if len(parts) != count or not _PREFIX.fullmatch(parts[0]):
        raise ValueError(f"The URN has {count} parts, the first a company prefix of 6 to 12 digits")
    return parts


def _sscc(text: str) -> Key:
    prefix, serial = _parts(text, 2)
    digits = serial[:1] + prefix + serial[1:]
    _digits("An SSCC without its check digit", digits, 17)
    return Key("sscc", digits + check_digit(digits))


def _sgln(text: str) -> Key:
    prefix, location, extension = _parts(text, 3)
    digits = prefix + location
    _digits("A GLN without its check digit", digits, 12)
    return key("gln", digits + check_digit(digits), extension)


def _grai(text: str) -> Key:
    prefix, asset, serial = _parts(text, 3)
    digits = prefix + asset
    _digits("A GRAI without its check digit", digits, 12)
    return key("grai", f"0{digits}{check_digit(digits)}{serial}")


def _giai(text: str) -> Key:
    prefix, asset = _parts(text, 2)
    return key("giai", prefix + asset)


_FROM_URN = {"sscc": _sscc, "sgln": _sgln, "grai": _grai, "giai": _giai}

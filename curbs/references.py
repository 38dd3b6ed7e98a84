"""Short references that people read out and type: 'HEL-7F3K-2Q'. Pure but for its randomness."""

import secrets

# One of each group that looks alike: no 0 O, 1 I L, S, Z, B, U.
ALPHABET = "23456789ACDEFGHJKMNPQRTVWXY"


def mint(city_code: str) -> str:
    """Return a new reference: three letters of the city, six random characters (27^6 = 3.9e8)."""
    prefix = "".join(c for c in city_code.upper() if c.isalpha())[:3].ljust(3, "X")
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(6))
    return f"{prefix}-{drawn[:4]}-{drawn[4:]}"


def normalise(text: str) -> str:
    """Return a typed reference in its written form, whatever its case, spaces and dashes."""
    plain = "".join(c for c in text.upper() if c.isalnum())
    return f"{plain[:3]}-{plain[3:7]}-{plain[7:]}" if len(plain) == 9 else text.strip().upper()

"""What a record says under a field's name: made up, but of the kind that the name promises."""

from base64 import b32encode
from collections.abc import Callable
from hashlib import sha256

from nightlatch.workbench.replay.identifiers import birth_date, person, street

Maker = Callable[[int], object]


def field_name(text: str) -> str:
    """A field's name from how the row words it: "FICO" is `fico`, "card last4" `card_last4`."""
    words = "".join(char if char.isalnum() else " " for char in text).split()
    return "_".join(words).lower() or "value"


def maker(name: str) -> Maker:
    """What makes the value of a field, by the first word in its name that is known."""
    for word, make in _MAKERS:
        if word in name:
            return make
    return lambda n: n % 97


def _hex(salt: str, size: int) -> Maker:
    return lambda n: sha256(f"{salt}{n}".encode()).hexdigest()[:size]


def _name(n: int) -> str:
    return " ".join(part.title() for part in person(n))


def _address(n: int) -> str:
    return f"{street(n)}, {10_000 + n * 37 % 89_999} Musterstadt"


def _place(n: int) -> dict[str, float]:
    return {"lat": 47 + n * 31 % 70_000 / 10_000, "lon": 6 + n * 17 % 80_000 / 10_000}


_MAKERS: tuple[tuple[str, Maker], ...] = (
    ("bcrypt", lambda n: "$2b$12$" + sha256(f"b{n}".encode()).hexdigest()[:53]),
    ("2fa_seed", lambda n: "JBSWY3DPEHPK3PXP" + sha256(f"t{n}".encode()).hexdigest()[:0].upper()),
    ("hash", _hex("h", 64)),
    ("reset", _hex("r", 40)),
    ("pubkey", _hex("k", 64)),
    # Base32, or nobody takes it for one of these keys.
    ("aws", lambda n: "AKIA" + b32encode(sha256(f"a{n}".encode()).digest()).decode()[:16]),
    ("phone", lambda n: f"+4915{n:09d}"),
    ("email", lambda n: f"{person(n)[0]}.{person(n)[1]}{n}@example.com"),
    ("username", lambda n: f"{person(n)[0]}_{n}"),
    ("dob", birth_date),
    ("birth", birth_date),
    ("account_id", lambda n: f"a-{n}"),
    ("fb_id", lambda n: 100_000_000_000 + n),
    ("user_id", lambda n: 7_000_000 + n),
    ("account_no", lambda n: f"4{n:09d}"),
    ("address", _address),
    ("name", _name),
    ("ip", lambda n: f"203.0.113.{n % 250}"),
    ("ssn", lambda n: f"9{n % 89 + 10}-{n % 70 + 10}-{n % 8_999 + 1_000}"),
    ("bank", lambda n: f"DE02120300000000{n % 10**6:06d}"),
    ("card", lambda n: f"{n * 7 % 10_000:04d}"),
    ("gps", _place),
    ("location", _place),
    ("city", lambda n: ("Köln", "Bonn", "Trier", "Ulm")[n % 4]),
    ("gender", lambda n: "fmd"[n % 3]),
    ("age", lambda n: 18 + n % 60),
    ("status", lambda _n: "active"),
    ("photo", lambda n: f"https://cdn.example/{sha256(str(n).encode()).hexdigest()[:16]}.jpg"),
    ("about", lambda _n: "Hey there"),
    ("registered", lambda _n: True),
    ("over_the_top", lambda _n: True),
)

"""What the words of a row mean: rows are written for people, "sequential (whole sub-range)"."""

import re
from typing import TypeVar

from msgspec import Struct

from nightlatch.workbench.replay.scenario import Access, Habit, Ident, Order, Place

_Meaning = TypeVar("_Meaning")

_NUMBER = re.compile(r"-?\d+(?:[ _,]\d{3})*(?:\.\d+)?(?:e-?\d+)?", re.IGNORECASE)
_PER = (
    (("/min", "per min", "a minute"), 60.0),
    (("/h", "per h", "an hour"), 3_600.0),
    (("/d", "per d", "a day"), 86_400.0),
)
_METHOD = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE)\b")
_PATH = re.compile(r"(?<![\w/])/[\w\-./{}]+")

_ORDERS = (
    ("poll", Order.POLLING), ("wildcard", Order.WILDCARD), ("prefix", Order.PREFIX),
    ("sequen", Order.SEQUENTIAL), ("increment", Order.SEQUENTIAL),
    ("consecutive", Order.SEQUENTIAL),
    ("target", Order.TARGETED), ("wordlist", Order.GUESS), ("word list", Order.GUESS),
    ("dictionary", Order.GUESS), ("guess", Order.GUESS), ("generat", Order.GENERATED),
    ("random", Order.GENERATED), ("list", Order.LIST),
)  # fmt: skip
_ACCESSES = (
    ("stuff", Access.STUFFING), ("spray", Access.STUFFING), ("fake", Access.FAKE),
    ("self-reg", Access.FAKE), ("bfla", Access.FAKE), ("broken", Access.BROKEN),
    ("kba", Access.BROKEN), ("without token", Access.BROKEN), ("misconfig", Access.VALID),
    ("none", Access.NONE), ("unauth", Access.NONE), ("anonym", Access.NONE), ("no ", Access.NONE),
    ("valid", Access.VALID), ("session", Access.VALID), ("account", Access.VALID),
    ("user", Access.VALID), ("token", Access.VALID),
)  # fmt: skip
_IDENTS = (
    ("password pair", Ident.PAIR), ("/password", Ident.PAIR), ("pair", Ident.PAIR),
    ("credential", Ident.PAIR), ("path", Ident.PATH), ("vin", Ident.VIN), ("phone", Ident.PHONE),
    ("msisdn", Ident.PHONE), ("e-mail", Ident.EMAIL), ("email", Ident.EMAIL),
    ("username", Ident.USERNAME), ("handle", Ident.USERNAME), ("name", Ident.PERSON),
    ("doc", Ident.DOCUMENT), ("9-digit", Ident.DOCUMENT), ("account", Ident.ACCOUNT),
    ("uuid", Ident.USER), ("user id", Ident.USER), ("user", Ident.USER), ("guid", Ident.USER),
    ("id", Ident.NUMBER), ("int", Ident.NUMBER), ("number", Ident.NUMBER),
)  # fmt: skip
_TELLING = {
    "stuff", "spray", "fake", "self-reg", "bfla", "broken", "misconfig", "poll", "wildcard",
    "prefix",
}  # fmt: skip
"""Words that say more than those around them, wherever they stand: "valid (fake accounts)"."""


class Door(Struct, frozen=True):
    """The endpoint that fits an identifier where the row names none."""

    method: str
    template: str
    name: str
    place: Place
    habit: Habit
    honest_miss: float


_DOORS = {
    Ident.PHONE: Door("GET", "/v1/users/{phone}/status", "phone", Place.PATH, Habit.OWN, 0.1),
    Ident.NUMBER: Door(
        "GET", "/v1/customers/{customer_id}", "customer_id", Place.PATH, Habit.OWN, 0.02
    ),
    Ident.DOCUMENT: Door("GET", "/v1/documents", "document_id", Place.QUERY, Habit.LINKS, 0.03),
    Ident.ACCOUNT: Door("GET", "/v1/accounts", "account_no", Place.QUERY, Habit.OWN, 0.02),
    Ident.USER: Door("GET", "/v1/users/{user_id}", "user_id", Place.PATH, Habit.BROWSE, 0.02),
    Ident.USERNAME: Door("GET", "/v1/users/{username}", "username", Place.PATH, Habit.BROWSE, 0.04),
    Ident.EMAIL: Door("POST", "/v1/password-reset", "email", Place.BODY, Habit.RESET, 0.08),
    Ident.VIN: Door("POST", "/v1/owners", "vin", Place.BODY, Habit.STAFF, 0.05),
    Ident.PERSON: Door("POST", "/v1/credit-check", "name", Place.BODY, Habit.OWN, 0.05),
    Ident.PAIR: Door("POST", "/v1/login", "email", Place.BODY, Habit.LOGIN, 0.07),
    Ident.PATH: Door("GET", "/{path}", "path", Place.PATH, Habit.ELSEWHERE, 0.02),
}
BULK = Door("POST", "/v1/contacts/match", "phone", Place.BODY, Habit.SYNC, 0.8)
"""Where many identifiers are asked for at once."""


def numbers_in(text: str) -> list[float]:
    """Every number in a text: "1 / 50 / 2,000"."""
    return [float(re.sub("[ _,]", "", found)) for found in _NUMBER.findall(text)]


def rate_in(text: str) -> float | None:
    """Per second, whatever the text counts by: "6,000 per minute"."""
    number = number_in(text)
    if number is None:
        return None
    low = text.lower()
    for words, seconds in _PER:
        if any(word in low for word in words):
            return number / seconds
    return number


def number_in(text: str) -> float | None:
    """The first number in a text, a per cent as a share."""
    found = _NUMBER.search(text)
    if found is None:
        return None
    value = float(re.sub("[ _,]", "", found.group()))
    return value / 100 if text[found.end() :].lstrip().startswith("%") else value


def order_in(text: str) -> Order | None:
    return _first(_ORDERS, text)


def access_in(text: str) -> Access | None:
    return _first(_ACCESSES, text)


def ident_in(text: str) -> Ident | None:
    return _first(_IDENTS, text)


def method_in(text: str) -> str | None:
    found = _METHOD.search(text)
    return found.group() if found else None


def path_in(text: str) -> str | None:
    """A path that a text names: "POST /ph/find_friends (phones)"."""
    found = _PATH.search(text)
    # "GET/POST" is no path, and neither is "user/password".
    return found.group().rstrip(".") if found else None


def is_batch(text: str) -> bool:
    return any(word in text.lower() for word in ("batch", "bulk", "contact", "friends"))


def door_for(ident: Ident, *, bulk: bool) -> Door:
    return BULK if bulk and ident is Ident.PHONE else _DOORS[ident]


def _first(table: tuple[tuple[str, _Meaning], ...], text: str) -> _Meaning | None:
    low = text.lower()
    for word, meaning in table:
        if word in low and word in _TELLING:
            return meaning
    # Else the word that is written first decides: "none; later any user", "generated/list".
    met = [(low.index(word), nth, value) for nth, (word, value) in enumerate(table) if word in low]
    return min(met)[2] if met else None

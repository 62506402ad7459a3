"""Identifier spaces: every whole number spells one identifier, and reads back from it.

The n-th identifier follows the one before in the way such identifiers follow each other: the next
phone number, the next customer. What has no order (UUIDs, names) is spelled from a hash of n.
"""

import re
from collections.abc import Callable
from hashlib import blake2b

from nightlatch.workbench.replay.scenario import Ident

SPACE = 10**9
"""Identifiers of a kind: n runs from 0 to this."""
PHONES = "+4915"
_MIX = 2_654_435_761
_HASH = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1
_UNHASH = pow(_HASH, -1, 1 << 64)
_ENDING = re.compile(r"[0-9]{1,18}\Z")


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_FIRST = _words("""
    mia emma lena hanna sofia ida clara leni ella marie noah leon paul ben finn jonas luis
    emil felix anton maya aria nora alba iris theo otto hugo oskar bruno
""")
_LAST = _words("""
    meyer schulz weber wagner becker hoffmann koch bauer richter klein wolf neumann schwarz
    braun zimmermann hartmann lange krause lehmann maier walter huber kaiser fuchs lang jung
    hahn vogel
""")
_SYLLABLES = _words("ba do ke li mu na po ra se ti vo wu ya ze fi go hu ja ko le")
_STREETS = _words("Linden Garten Bahnhof Schul Berg Wiesen Kirch Mühlen Park Ring")
_WORDS = _words("""
    admin api internal debug test backup old new dev stage v1 v2 status metrics health config
    console manage private tmp export dump logs trace jobs queue cache
""")


def scatter(n: int) -> int:
    """A place of its own for each n below SPACE, without any order."""
    return n * _MIX % SPACE


def chance(n: int, salt: int = 0) -> float:
    """A number in [0, 1) that is always the same for this n."""
    mixed = ((n + salt * 7_919 + 1) * _HASH) & _MASK
    mixed ^= mixed >> 29
    mixed = (mixed * 0xBF58476D1CE4E5B9) & _MASK
    return (mixed >> 11) / (1 << 53)


def spell(ident: Ident, n: int, phones: str = PHONES) -> str:
    """The n-th identifier of a kind, as it stands in a request; telephone numbers begin with
    `phones`."""
    return f"{phones}{n:09d}" if ident is Ident.PHONE else _SPELLINGS[ident](n)


def read(ident: Ident, text: str) -> int | None:
    """Which identifier `text` is; None for what is none of this kind."""
    if ident is Ident.USER:
        return _read_uuid(text)
    if ident is Ident.PERSON:
        return _read_surname(text)
    ending = _ENDING.search(text.partition("@")[0])
    return int(ending.group()) % SPACE if ending else None


def person(n: int) -> tuple[str, str]:
    """First and last name of the n-th."""
    return _FIRST[n * 7 % len(_FIRST)], _LAST[n * 11 % len(_LAST)]


def surname(n: int) -> str:
    """A made-up family name that no other n below SPACE has."""
    syllables = []
    for _ in range(7):
        n, digit = divmod(n, len(_SYLLABLES))
        syllables.append(_SYLLABLES[digit])
    return "".join(syllables).title()


def _read_surname(text: str) -> int | None:
    name = text.rpartition(" ")[2].lower()
    parts = [name[at : at + 2] for at in range(0, len(name), 2)]
    if len(parts) != 7 or any(part not in _SYLLABLES for part in parts):
        return None
    n = 0
    for part in reversed(parts):
        n = n * len(_SYLLABLES) + _SYLLABLES.index(part)
    return n


def street(n: int) -> str:
    return f"{_STREETS[n % len(_STREETS)]}straße {n % 140 + 1}"


def birth_date(n: int) -> str:
    return f"{1945 + n * 13 % 60}-{n % 12 + 1:02d}-{n * 3 % 28 + 1:02d}"


def _uuid(n: int) -> str:
    head = f"{n * _HASH & _MASK:016x}"
    tail = blake2b(head.encode(), digest_size=7).hexdigest()
    return f"{head[:8]}-{head[8:12]}-4{head[12:15]}-a{head[15]}{tail[:2]}-{tail[2:]}"


def _read_uuid(text: str) -> int | None:
    plain = text.replace("-", "")
    try:
        head = int(plain[:12] + plain[13:16] + plain[17:18], 16)
    except ValueError:
        return None
    return head * _UNHASH & _MASK


def _email(n: int) -> str:
    first, last = person(n)
    return f"{first}.{last}{n}@example.com"


def _path(n: int) -> str:
    word, other = _WORDS[n % len(_WORDS)], _WORDS[n // len(_WORDS) % len(_WORDS)]
    return f"{word}/{other}-{n}"


_SPELLINGS: dict[Ident, Callable[[int], str]] = {
    Ident.NUMBER: str,
    Ident.DOCUMENT: lambda n: f"{n % SPACE:09d}",
    Ident.ACCOUNT: lambda n: f"4{n:09d}",
    Ident.USER: _uuid,
    Ident.USERNAME: lambda n: f"{person(n)[0]}_{n}",
    Ident.EMAIL: _email,
    Ident.VIN: lambda n: f"KNAFX4A6{n:09d}",
    Ident.PERSON: lambda n: f"{person(n)[0].title()} {surname(n)}",
    Ident.PAIR: _email,
    Ident.PATH: _path,
}

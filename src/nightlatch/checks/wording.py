"""How evidence is put into words without repeating what should not be stored."""

import re
from collections.abc import Sequence
from functools import lru_cache

from nightlatch.exchange.disclosure import DataClass, DataItem

_LONGEST_NAME = 64
_PLAIN_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.\[\]-]*")
_MANY_DIGITS = re.compile(r"\d{4}")
_SHOWN = 3


def named(name: str) -> str:
    """A field's name as evidence may show it.

    The sender chooses names, and a map keyed by phone number has people for names: only what looks
    like a programmer's identifier is repeated.
    """
    if len(name) > _LONGEST_NAME or _is_unusual(name):
        return "a field with an unusual name"
    return f"`{name}`"


# Every answer of an endpoint has the same fields. What is remembered of a name is never shown.
@lru_cache(1024)
def _is_unusual(name: str) -> bool:
    return not _PLAIN_NAME.fullmatch(name) or bool(_MANY_DIGITS.search(name))


def listed(items: Sequence[DataItem]) -> str:
    """The first few items: class, place and masked sample."""
    parts = [_worded(item.data_class, item.path, item.sample) for item in items[:_SHOWN]]
    more = len(items) - len(parts)
    if more > 0:
        parts.append(f"{more} more")
    return ", ".join(parts)


# Several checks of one answer say the same, and so does nearly every answer of an endpoint.
@lru_cache(1024)
def _worded(data_class: DataClass, path: str, sample: str) -> str:
    return f"{data_class.value} in {named(path)} ({sample})"


def days(seconds: float) -> str:
    whole = int(seconds // 86_400)
    return "1 day" if whole == 1 else f"{whole} days"

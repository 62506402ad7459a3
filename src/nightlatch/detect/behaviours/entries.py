"""Which page of a list is asked for, and which records are in an answer that is about nobody."""

import re
from typing import Any

from nightlatch.detect.behaviour import Sighting

_LONGEST = 64
_LISTS = ("items", "data", "results", "records", "users", "content", "rows", "value")
_NAMES = ("id", "uuid", "_id", "key", "sku", "slug", "name")


_PAGE = re.compile(r"(?:^|&)(?:page|p|offset|skip|page_?(?:no|number))=(\d{1,12})(?:&|$)")


def page_number(query: str) -> int | None:
    """The page or offset in a raw query; moments in time (`since`, `from`) are none."""
    found = _PAGE.search(query)
    return int(found[1]) if found else None


def mark_of(sighting: Sighting) -> tuple[int, int]:
    """A mark of the records in an answer about nobody, and how many they are."""
    value = sighting.response.value
    entries = value if type(value) is list else _entries(value)
    if entries:
        return hash((_name(entries[0]), _name(entries[-1]))), len(entries)
    request = sighting.exchange.request
    return hash((request.path, request.query)), 1


def _entries(value: Any) -> list[Any]:
    """The list that an answer is about, under one of the usual names."""
    if type(value) is dict:
        for name in _LISTS:
            found = value.get(name)
            if type(found) is list:
                return found
    return []


def _name(entry: Any) -> str:
    """What tells one entry of a list from another."""
    if type(entry) is dict:
        for name in _NAMES:
            if name in entry:
                return str(entry[name])[:_LONGEST]
        return str(sorted(map(str, entry)))[:_LONGEST]
    return str(entry)[:_LONGEST]

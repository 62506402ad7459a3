"""The entities a document declares: where they lead, and how large they would make it."""

import re
from typing import NamedTuple

from nightlatch.checks.attacks.lazy_pattern import LazyPattern

MAX_ENTITIES = 256
MAX_REFERENCES = 4_096

_DECLARATION = LazyPattern(
    r"""
    <!ENTITY\s++ (?P<parameter>%\s++)? (?P<name>[^\s"'<>%&;]{1,80}+) \s++
    (?: (?P<kind>SYSTEM|PUBLIC)\b \s*+ (?P<first>"[^"]*+"|'[^']*+')?
        \s*+ (?P<second>"[^"]*+"|'[^']*+')?
      | (?P<text>"[^"]*+"|'[^']*+') )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_REFERENCE = LazyPattern(r"[&%]([^\s&;%#<>\"']{1,80}+);")


class Entity(NamedTuple):
    name: str
    external: bool
    content: str
    """The replacement text, or the address it is fetched from."""


def read_entities(text: str) -> list[Entity]:
    entities = []
    for match in _DECLARATION.finditer(text):
        kind = match["kind"]
        if kind:
            literal = match["second"] if kind.upper() == "PUBLIC" else match["first"]
        else:
            literal = match["text"]
        entities.append(Entity(match["name"], kind is not None, (literal or "  ")[1:-1]))
        if len(entities) == MAX_ENTITIES:
            break
    return entities


def expanded_size(text: str, entities: list[Entity]) -> float:
    """Characters the document has once its entities are put in, or those of its largest entity
    where that is more: a document may be cut before it uses it. Infinite when they are circular.

    Counted, not expanded: each entity's size is known from those of the entities in it.
    """
    contents = {entity.name: entity.content for entity in entities if not entity.external}
    sizes: dict[str, float] = {}
    for name in contents:
        _measure(name, contents, sizes)
    declared = text.rfind("]>") + 1
    references = _REFERENCE.findall(text, declared)[:MAX_REFERENCES]
    used = sum(sizes.get(name, 0) for name in references)
    return len(text) + max(used, max(sizes.values(), default=0))


def _measure(start: str, contents: dict[str, str], sizes: dict[str, float]) -> None:
    """Fill in `sizes` for `start` and all that it refers to, without recursion."""
    references: dict[str, list[str]] = {}
    under_way = [start]
    while under_way:
        name = under_way[-1]
        if name in sizes:
            under_way.pop()
            continue
        if name not in references:
            found = _REFERENCE.findall(contents[name])[:MAX_REFERENCES]
            references[name] = [inner for inner in found if inner in contents]
        missing = next((inner for inner in references[name] if inner not in sizes), None)
        if missing is None:
            inner = sum(sizes[inner] for inner in references[name])
            sizes[name] = len(contents[name]) + inner
            under_way.pop()
        elif missing in references:
            sizes[missing] = float("inf")
        else:
            under_way.append(missing)

"""The shape of a GraphQL document (https://spec.graphql.org/October2021/#sec-Language).

No grammar: what a server has to do is counted in a few passes over the text, each in linear time.
Broken documents have a shape too.
"""

import re
from collections import Counter
from collections.abc import Mapping
from itertools import islice

from nightlatch.checks.attacks.lazy_pattern import LazyPattern

MAX_NAMES = 4000
"""Names that are counted of one document."""
MAX_DEFINITIONS = 128
REPEATED = 100
"""Of one field. Lists of known ids are asked for by aliases, some tens at once."""

# Texts, comments and arguments select nothing; arguments have no parentheses inside.
_STRING = r"\"\"\"(?>(?:[^\"\\]|\\.|\"(?!\"\"))*)(?:\"\"\")?|\"(?>(?:[^\"\\\n]|\\.)*)\"?"
_NOISE = LazyPattern(
    rf"{_STRING}|#[^\n]*+|\((?>(?:[^()\"#]|{_STRING}|#[^\n]*+)*)\)?", re.ASCII | re.DOTALL
)
_DOCUMENT = LazyPattern(
    r"[\s\ufeff,]*+(?>(?:#[^\n]*+\s*+)*)(?:(?:query|mutation|subscription|fragment)\b|\w*+\s*+\{)",
    re.ASCII,
)
_NO_BRACES = bytes(set(range(256)) - set(b"{}"))
_OPENS = ord("{")
_DIRECTIVES = LazyPattern(r"(?>(?:@\s*+\w++\s*+)+)", re.ASCII)
_DIRECTIVE = LazyPattern(r"@\s*+\w++", re.ASCII)
_ALIASED = LazyPattern(r"[\w]\s*+:\s*+([A-Za-z_]\w*+)", re.ASCII)
# What a document is made of; after a "}" a nameless operation may begin.
_DEFINITION = LazyPattern(
    r"\b(fragment|query|mutation|subscription)\b\s*+(\w*+)|(?<=\})\s*+(?=\{)", re.ASCII
)
_SPREAD = LazyPattern(r"\.\.\.\s*+(?!on\b)([A-Za-z_]\w*+)", re.ASCII)
_SCHEMA = LazyPattern(r"(?<![\w@])__(?:schema|type)\b(?!\s*:)", re.ASCII)


def is_document(text: str) -> bool:
    """Does the text begin like a GraphQL document?"""
    return _DOCUMENT.match(text) is not None


def selections(text: str) -> str:
    """The document without its texts, comments and arguments."""
    return _NOISE.sub(" ", text.replace(",", " "))


def introspected(bare: str) -> str:
    """The field of the schema that is selected; empty when none is."""
    match = _SCHEMA.search(bare) if "__" in bare else None
    return match[0] if match else ""


def depth(bare: str) -> int:
    """The deepest selection within selections."""
    deepest = level = 0
    for brace in bare.encode("ascii", "replace").translate(None, _NO_BRACES):
        if brace == _OPENS:
            level += 1
            if level > deepest:
                deepest = level
        elif level:
            level -= 1
    return deepest


def directives(bare: str) -> int:
    """The longest row of directives on one field."""
    rows = (len(_DIRECTIVE.findall(row)) for row in _DIRECTIVES.findall(bare))
    return max(rows, default=0)


def count_aliased(bare: str) -> Counter[str]:
    """How often each field is selected under another name."""
    return Counter(islice((match[1] for match in _ALIASED.finditer(bare)), MAX_NAMES))


def repeated(bare: str) -> str:
    """A field that is selected REPEATED times one after another; empty when there is none."""
    words = bare.replace("{", " { ").replace("}", " } ").split()
    often = [word for word, times in Counter(words).items() if times >= REPEATED]
    if not often:
        return ""
    together = f" {' '.join(words)} "
    return next((word for word in often if f" {word}" * REPEATED + " " in together), "")


def has_circle(bare: str) -> bool:
    """A fragment contains itself, directly or by others."""
    parts = _DEFINITION.split(bare, MAX_DEFINITIONS)
    spreads = {
        name: set(_SPREAD.findall(body))
        for kind, name, body in zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
        if kind == "fragment"
    }
    return _leads_back(spreads)


def _leads_back(spreads: Mapping[str, set[str]]) -> bool:
    # What leads nowhere is taken away until only circles are left.
    left = {name: {spread for spread in to if spread in spreads} for name, to in spreads.items()}
    while left:
        ends = {name for name, to in left.items() if not to}
        if not ends:
            return True
        left = {name: to - ends for name, to in left.items() if name not in ends}
    return False

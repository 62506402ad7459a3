"""The shape of a GraphQL document (https://spec.graphql.org/October2021/#sec-Language).

No grammar: tokens in one pass, counting what a server has to do. Broken documents have a shape too.
"""

import re
from collections import Counter

from msgspec import Struct

MAX_TOKENS = 4000
"""Tokens that are read of one document."""
_MAX_FRAGMENTS = 64

_TOKEN = re.compile(
    r"\"\"\"(?:[^\"\\]|\\.|\"(?!\"\"))*+(?:\"\"\")?"
    r"|\"(?:[^\"\\\n]|\\.)*+\"?"
    r"|#[^\n]*+|\.\.\.|[A-Za-z_]\w*+|[{}()@:$!\[\]=|&]",
    re.ASCII | re.DOTALL,
)
_DOCUMENT = re.compile(r"[\s\ufeff,]*+(?:#[^\n]*+\s*+)*+(?:(query|mutation|subscription|fragment)\b|\w*+\s*+\{)")
_KEYWORDS = frozenset(("query", "mutation", "subscription", "fragment"))


class Shape(Struct):
    """What was counted."""

    depth: int = 0
    """The deepest selection."""
    fields: Counter[str] = {}  # noqa: RUF012 : msgspec copies an empty default.
    """How often each field is selected."""
    aliases: Counter[str] = {}  # noqa: RUF012
    """How often each field is selected under another name."""
    directives: int = 0
    """The longest row of directives on one field."""
    introspects: bool = False
    """It selects the schema, or a type of it."""
    mutates: bool = False
    circle: bool = False
    """A fragment that contains itself."""
    tokens: int = 0


def is_document(text: str) -> bool:
    """Does the text begin like a GraphQL document?"""
    return _DOCUMENT.match(text) is not None

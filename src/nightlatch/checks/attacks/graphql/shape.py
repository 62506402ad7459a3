"""The shape of a GraphQL document (https://spec.graphql.org/October2021/#sec-Language).

No grammar: tokens in one pass, counting what a server has to do. Broken documents have a shape too.
"""

import re
from collections import Counter
from collections.abc import Mapping

MAX_TOKENS = 6000
"""Tokens that are read of one document."""
MAX_FRAGMENTS = 64

_STRING = r"\"\"\"(?:[^\"\\]|\\.|\"(?!\"\"))*+(?:\"\"\")?|\"(?:[^\"\\\n]|\\.)*+\"?"
# Arguments are one token: they select nothing, and have no parentheses inside.
_TOKEN = re.compile(
    rf"{_STRING}|#[^\n]*+|\((?:[^()\"#]|{_STRING}|#[^\n]*+)*+\)?|\.\.\.|[A-Za-z_]\w*+|[{{}}@:]",
    re.ASCII | re.DOTALL,
)
_DOCUMENT = re.compile(
    r"[\s\ufeff,]*+(?:#[^\n]*+\s*+)*+(?:(?:query|mutation|subscription|fragment)\b|\w*+\s*+\{)",
    re.ASCII,
)
_OPERATIONS = frozenset(("query", "mutation", "subscription", "fragment"))
_SCHEMA_FIELDS = frozenset(("__schema", "__type"))


class Shape:
    """What was counted in one document."""

    def __init__(self, text: str) -> None:
        self.depth = 0
        """The deepest selection."""
        self.fields: Counter[str] = Counter()
        """How often each field is selected, aliased or not."""
        self.aliases: Counter[str] = Counter()
        """How often each field is selected under another name."""
        self.directives = 0
        """The longest row of directives on one selection."""
        self.introspects = ""
        """The field of the schema that is selected, or empty."""
        self.mutates = False
        self.tokens = 0
        self._spreads: dict[str, set[str]] = {}
        self._read(text)

    @property
    def circle(self) -> bool:
        """A fragment contains itself, by others or directly."""
        return _has_circle(self._spreads)

    def _read(self, text: str) -> None:
        level = row = 0
        previous = before = fragment = ""
        for match in _TOKEN.finditer(text):
            self.tokens += 1
            if self.tokens > MAX_TOKENS:
                return
            token = match[0]
            if token[0] in '"#(':
                continue
            if token == "@":
                row += 1
                self.directives = max(self.directives, row)
            elif previous != "@" and token not in ":...":
                row = 0
                if token == "{":
                    level += 1
                    self.depth = max(self.depth, level)
                elif token == "}":
                    level = max(0, level - 1)
                else:
                    fragment = self._name(token, (before, previous), level, fragment)
            before, previous = previous, token

    def _name(self, token: str, behind: tuple[str, str], level: int, fragment: str) -> str:
        """Count a name; the fragment that the names after it belong to."""
        before, previous = behind
        if not level:
            if previous == "fragment" and len(self._spreads) < MAX_FRAGMENTS:
                self._spreads.setdefault(token, set())
                return token
            if token in _OPERATIONS:
                self.mutates |= token == "mutation"
                return ""
            return fragment
        if previous == "...":
            if fragment and token != "on":
                self._spreads[fragment].add(token)
        elif before != "..." or previous != "on":
            self.fields[token] += 1
            if previous == ":":
                # The alias itself was counted as a field.
                self.aliases[token] += 1
                self.fields[before] -= 1
            if token in _SCHEMA_FIELDS:
                self.introspects = token
        return fragment


def is_document(text: str) -> bool:
    """Does the text begin like a GraphQL document?"""
    return _DOCUMENT.match(text) is not None


def _has_circle(spreads: Mapping[str, set[str]]) -> bool:
    # What leads nowhere is taken away until only circles are left.
    left = {name: {spread for spread in to if spread in spreads} for name, to in spreads.items()}
    while left:
        ends = {name for name, to in left.items() if not to}
        if not ends:
            return True
        left = {name: to - ends for name, to in left.items() if name not in ends}
    return False

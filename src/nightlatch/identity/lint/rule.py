"""The contract of a rule: one question about a token, and its help."""

from collections.abc import Callable, Iterator

from msgspec import Struct

from nightlatch.exchange.judgement import Level
from nightlatch.identity.lint.look import Look


class Rule(Struct, frozen=True):
    id: str
    """Kebab-case, stable for ever."""
    level: Level
    title: str
    source: str
    """RFC and section, or paper."""
    remedy: str
    judge: Callable[[Look], Iterator[str]]
    """What is wrong, in words, each fault once; nothing where all is well."""
    live: bool = False
    """Asked of every token that passes too: it needs neither keys nor a policy, and no issuer that
    is in its right mind would break it."""


class Fault(Struct, frozen=True):
    """One thing that is wrong with one token."""

    rule: str
    level: Level
    title: str
    evidence: str
    source: str
    remedy: str

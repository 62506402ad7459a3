"""What a flow asks of a person before it starts, for whoever draws a form."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from nightlatch.workbench.oauth.flows.call import Pairs
from nightlatch.workbench.oauth.flows.client import Client
from nightlatch.workbench.oauth.flows.metadata import Metadata
from nightlatch.workbench.oauth.flows.steps import Play

Given = Mapping[str, str]
"""The fields as they were filled in; a switch that is on says "on"."""
Build = Callable[[Client, Given, Pairs], Play[Any]]


class Field(Struct, frozen=True):
    """One thing to fill in."""

    name: str
    label: str
    kind: str = "text"
    """text, secret, lines, choice or switch."""
    choices: tuple[tuple[str, str], ...] = ()
    """Value and words; the first is the default."""
    example: str = ""
    note: str = ""
    needed: bool = False
    holds: str = ""
    """Which of the tokens at hand belongs here: a member of `Tokens`."""
    wide: bool = False

    @property
    def is_secret(self) -> bool:
        return self.kind == "secret"


class Offer(Struct, frozen=True):
    """A flow that can be played."""

    id: str
    group: str
    title: str
    what: str
    source: str
    build: Build
    fields: tuple[Field, ...] = ()
    endpoint: str = ""
    """What the server must announce for it, by the name that RFC 8414 registers."""
    grant: str = ""
    """The same, of `grant_types_supported`."""
    deprecated: str = ""
    """Why it is, where it is."""
    polls: bool = False
    serverless: bool = False
    """It needs no authorization server."""
    attacks: bool = False
    """A probe: only ever one's own."""
    parameters: bool = True
    """More parameters can be added to its request."""

    def lacks(self, metadata: Metadata) -> str:
        """What the server does not announce, in words; empty where nothing is missing."""
        if self.endpoint and not isinstance(metadata.document.get(self.endpoint), str):
            return f"the server announces no {self.endpoint}"
        known = metadata.lists("grant_types_supported")
        if self.grant and known and self.grant not in known:
            return "the server does not list this grant"
        return ""

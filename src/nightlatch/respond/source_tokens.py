"""Tokens of sources: who may send what. Only keyed digests are kept, never a token.

They lie in the documents store, so that the command line makes and revokes them for a collector
that runs: it takes them up within a second.
"""

import re
import secrets
from collections.abc import Sequence

import msgspec
from blake3 import blake3
from msgspec import Struct
from msgspec.structs import replace

from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.source import SourceKind
from nightlatch.store.ports import AuditEntry, DocumentStore

TOKENS = "source-tokens"
"""Where the documents store has them."""
MAX_TOKENS = 256
PREFIX = "nlsrc_"
"""How a token begins, so that whoever finds one in a repository knows what it is."""
SENDING = frozenset({SourceKind.TREBLLE, SourceKind.OTLP, SourceKind.GELF})
"""Kinds that send over HTTP, with a token."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class SourceToken(Struct, frozen=True):
    """One token and what it allows."""

    name: str
    """Of the source; no two that are in force share one."""
    kinds: frozenset[SourceKind]
    service: str
    """What all of it belongs to; empty: the source says."""
    bytes_per_second: int
    """0: as much as it likes."""
    digest: bytes
    """32 bytes of keyed BLAKE3 over the token."""
    author: str
    created: float
    revoked: float = 0.0
    """When; 0 while it is in force."""


class TokenRefused(ValueError):
    """Such a token cannot be made, or there is none; the text says why."""


def read_tokens(documents: DocumentStore) -> list[SourceToken]:
    """Those in force and those revoked, the oldest first. Raises StoreFailed."""
    kept = documents.state(TOKENS)
    return [] if kept is None else msgspec.msgpack.decode(kept, type=list[SourceToken])


class SourceTokens:
    def __init__(self, documents: DocumentStore, hasher: Hasher) -> None:
        self._documents = documents
        self._key = hasher.key("source tokens")

    def digest(self, token: str) -> bytes:
        return blake3(token.encode("utf-8", "surrogatepass"), key=self._key).digest()

    def all(self) -> list[SourceToken]:
        """Those in force and those revoked, the oldest first. Raises StoreFailed."""
        return read_tokens(self._documents)

    def add(
        self,
        name: str,
        kinds: Sequence[SourceKind],
        service: str,
        bytes_per_second: int,
        author: str,
        now: float,
    ) -> str:
        """Make a token: 256 random bits, told this once. Raises TokenRefused and StoreFailed."""
        known = self.all()
        self._refuse(name, kinds, service, known)
        token = PREFIX + secrets.token_urlsafe(32)
        made = SourceToken(
            name, frozenset(kinds), service, bytes_per_second, self.digest(token), author, now
        )
        self._put([*known, made])
        detail = f"{', '.join(sorted(kinds))}{f' of {service}' if service else ''}"
        self._documents.audit(AuditEntry(now, author, "add-source", name, detail))
        return token

    def revoke(self, name: str, author: str, now: float) -> None:
        """Nobody sends with it any more. Raises TokenRefused and StoreFailed."""
        known = self.all()
        if not any(one.name == name and not one.revoked for one in known):
            raise TokenRefused(f"There is no source {name!r}; see: nightlatch source list")
        self._put(
            [
                replace(one, revoked=now) if one.name == name and not one.revoked else one
                for one in known
            ]
        )
        self._documents.audit(AuditEntry(now, author, "revoke-source", name))

    def _refuse(
        self, name: str, kinds: Sequence[SourceKind], service: str, known: list[SourceToken]
    ) -> None:
        if not _NAME.fullmatch(name):
            raise TokenRefused(
                "A source's name has up to 64 letters, digits, dots, dashes and underscores."
            )
        if len(service) > 128:
            raise TokenRefused("A service's name has at most 128 characters.")
        if not kinds or not SENDING.issuperset(kinds):
            raise TokenRefused(f"Kinds that send are: {', '.join(sorted(SENDING))}.")
        in_force = [one for one in known if not one.revoked]
        if any(one.name == name for one in in_force):
            raise TokenRefused(f"There is a source {name!r} already: revoke it, or take another.")
        if len(in_force) >= MAX_TOKENS:
            raise TokenRefused(f"There are {MAX_TOKENS} sources already: revoke one first.")

    def _put(self, tokens: list[SourceToken]) -> None:
        # Of those revoked the latest stay, for whoever looks up who made one.
        over = len(tokens) - 2 * MAX_TOKENS
        gone = sorted((one for one in tokens if one.revoked), key=lambda one: one.revoked)
        kept = [one for one in tokens if one not in gone[: max(0, over)]]
        self._documents.put_state(TOKENS, msgspec.msgpack.encode(kept))

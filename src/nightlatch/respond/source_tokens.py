"""Tokens of sources: who may send what. Only keyed digests are kept, never a token.

They lie in the documents store, so that the command line makes and revokes them for a collector
that runs: it takes them up within a second.
"""

import re
import secrets
from collections.abc import Sequence
from threading import Lock

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
MAX_GRACE = 30 * 86_400.0
"""Seconds for which the token before a new one may go on working."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class SourceToken(Struct, frozen=True):
    """One token and what it allows."""

    name: str
    """Of the source. Two in force share one only while the newer takes the older's place."""
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
    until: float = 0.0
    """When it ends by itself, because a newer one takes its place; 0: it does not."""

    def in_force(self, now: float) -> bool:
        return not self.revoked and (not self.until or now < self.until)

    def allows(self, kind: SourceKind, now: float) -> bool:
        return kind in self.kinds and self.in_force(now)


class TokenRefused(ValueError):
    """Such a token cannot be made, or there is none; the text says why."""


def read_tokens(documents: DocumentStore) -> list[SourceToken]:
    """Those in force and those revoked, the oldest first. Raises StoreFailed."""
    kept = documents.state(TOKENS)
    return [] if kept is None else msgspec.msgpack.decode(kept, type=list[SourceToken])


class SourceTokens:
    """Safe for several threads of one process."""

    def __init__(self, documents: DocumentStore, hasher: Hasher) -> None:
        self._documents = documents
        self._key = hasher.key("source tokens")
        # Between reading the list and storing it again.
        self._lock = Lock()

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
        with self._lock:
            known = self.all()
            self._refuse(name, kinds, service, [one for one in known if one.in_force(now)])
            token, digest = self._new()
            self._put([*known, SourceToken(name, frozenset(kinds), service, bytes_per_second,
                                           digest, author, now)])  # fmt: skip
        detail = f"{', '.join(sorted(kinds))}{f' of {service}' if service else ''}"
        self._documents.audit(AuditEntry(now, author, "add-source", name, detail))
        return token

    def rotate(self, name: str, grace: float, author: str, now: float) -> str:
        """Make a new token in the place of this source's; the one before it goes on for `grace`
        seconds, those before that end now. Raises TokenRefused and StoreFailed."""
        if not 0 <= grace <= MAX_GRACE:
            raise TokenRefused("The token before it may go on for 30 days at most.")
        with self._lock:
            known = self.all()
            newest = _in_force(name, known, now)[-1]
            token, digest = self._new()
            ended = _ended(name, known, now)
            if grace:
                ended[known.index(newest)] = replace(newest, until=now + grace)
            made = replace(newest, digest=digest, author=author, created=now, until=0.0)
            self._put([*ended, made])
        detail = f"the one before goes on for {grace:.0f} s" if grace else "the one before ends now"
        self._documents.audit(AuditEntry(now, author, "rotate-source", name, detail))
        return token

    def revoke(self, name: str, author: str, now: float) -> None:
        """Nobody sends with it any more. Raises TokenRefused and StoreFailed."""
        with self._lock:
            known = self.all()
            _in_force(name, known, now)
            self._put(_ended(name, known, now))
        self._documents.audit(AuditEntry(now, author, "revoke-source", name))

    def _new(self) -> tuple[str, bytes]:
        """A token, and what is kept of it."""
        token = PREFIX + secrets.token_urlsafe(32)
        return token, self.digest(token)

    def _refuse(
        self, name: str, kinds: Sequence[SourceKind], service: str, in_force: list[SourceToken]
    ) -> None:
        if not _NAME.fullmatch(name):
            raise TokenRefused(
                "A source's name has up to 64 letters, digits, dots, dashes and underscores."
            )
        if len(service) > 128:
            raise TokenRefused("A service's name has at most 128 characters.")
        if not kinds or not SENDING.issuperset(kinds):
            raise TokenRefused(
                f"Kinds that send with a token are: {', '.join(sorted(SENDING))}. Whoever sends "
                "to a socket is listed in the settings; files are read by nightlatch import."
            )
        if any(one.name == name for one in in_force):
            raise TokenRefused(
                f"There is a source {name!r} already: rotate it for a new token, revoke it, or "
                "take another name."
            )
        if len(in_force) >= MAX_TOKENS:
            raise TokenRefused(f"There are {MAX_TOKENS} sources already: revoke one first.")

    def _put(self, tokens: list[SourceToken]) -> None:
        # Of those that ended the latest stay, for whoever looks up who made one.
        over = len(tokens) - 2 * MAX_TOKENS
        ended = (one for one in tokens if one.revoked or one.until)
        gone = sorted(ended, key=lambda one: one.revoked or one.until)
        kept = [one for one in tokens if one not in gone[: max(0, over)]]
        self._documents.put_state(TOKENS, msgspec.msgpack.encode(kept))


def _in_force(name: str, known: Sequence[SourceToken], now: float) -> list[SourceToken]:
    """The newest last. Raises TokenRefused where there is none."""
    found = [one for one in known if one.name == name and one.in_force(now)]
    if not found:
        raise TokenRefused(f"There is no source {name!r}; see: nightlatch source list")
    return found


def _ended(name: str, known: Sequence[SourceToken], now: float) -> list[SourceToken]:
    """All of them, with those of this source ended now that were in force."""
    return [
        replace(one, revoked=now) if one.name == name and one.in_force(now) else one
        for one in known
    ]

"""Tokens of sources: who may send what. Only keyed digests are kept, never a token.

They lie in the documents store, so that the command line makes and revokes them for a collector
that runs: it takes them up within a second.
"""

import re
import secrets
from collections.abc import Callable, Sequence

import msgspec
from blake3 import blake3
from msgspec import Struct
from msgspec.structs import replace

from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.source import SourceKind
from nightlatch.store.ports import AuditEntry, DocumentStore, StoreFailed

TOKENS = "source-tokens"
"""Where the documents store has them."""
MAX_TOKENS = 256
PREFIX = "nlsrc_"
"""How a token begins, so that whoever finds one in a repository knows what it is."""
SENDING = frozenset({SourceKind.TREBLLE, SourceKind.OTLP, SourceKind.GELF})
"""Kinds that send over HTTP, with a token."""
MAX_RATE = 10**12
"""Bytes a second that a source may be held to."""
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
    return _decoded(documents.state(TOKENS))


class SourceTokens:
    """Safe for several threads, and for other processes that change the tokens of the same store:
    nobody's new token or revocation is undone by another's."""

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
        kinds: Sequence[str],
        service: str,
        bytes_per_second: int,
        author: str,
        now: float,
    ) -> str:
        """Make a token: 256 random bits, told this once. Raises TokenRefused and StoreFailed."""
        _refuse_form(name, kinds, service, bytes_per_second)
        sent = frozenset(SourceKind(one) for one in kinds)
        token, digest = self._new()
        made = SourceToken(name, sent, service, bytes_per_second, digest, author, now)

        def added(known: list[SourceToken]) -> list[SourceToken]:
            _refuse_another(name, known, now)
            return [*known, made]

        self._change(added)
        detail = f"{', '.join(sorted(sent))}{f' of {service}' if service else ''}"
        self._documents.audit(AuditEntry(now, author, "add-source", name, detail))
        return token

    def rotate(self, name: str, grace: float, author: str, now: float) -> str:
        """Make a new token in the place of this source's; the one before it goes on for `grace`
        seconds, those before that end now. Raises TokenRefused and StoreFailed."""
        if not 0 <= grace <= MAX_GRACE:
            raise TokenRefused("The token before it may go on for 30 days at most.")
        token, digest = self._new()

        def rotated(known: list[SourceToken]) -> list[SourceToken]:
            newest = _in_force(name, known, now)[-1]
            ended = _ended(name, known, now)
            if grace:
                ended[known.index(newest)] = replace(newest, until=now + grace)
            made = replace(newest, digest=digest, author=author, created=now, until=0.0)
            return [*ended, made]

        self._change(rotated)
        detail = f"the one before goes on for {grace:.0f} s" if grace else "the one before ends now"
        self._documents.audit(AuditEntry(now, author, "rotate-source", name, detail))
        return token

    def revoke(self, name: str, author: str, now: float) -> None:
        """Nobody sends with it any more. Raises TokenRefused and StoreFailed."""

        def revoked(known: list[SourceToken]) -> list[SourceToken]:
            _in_force(name, known, now)
            return _ended(name, known, now)

        self._change(revoked)
        self._documents.audit(AuditEntry(now, author, "revoke-source", name))

    def _new(self) -> tuple[str, bytes]:
        """A token, and what is kept of it."""
        token = PREFIX + secrets.token_urlsafe(32)
        return token, self.digest(token)

    def _change(self, change: Callable[[list[SourceToken]], list[SourceToken]]) -> None:
        def changed(kept: bytes | None) -> bytes:
            return msgspec.msgpack.encode(_bounded(change(_decoded(kept))))

        self._documents.change_state(TOKENS, changed)


def _decoded(kept: bytes | None) -> list[SourceToken]:
    if kept is None:
        return []
    try:
        return msgspec.msgpack.decode(kept, type=list[SourceToken])
    except (msgspec.MsgspecError, ValueError) as error:
        # To begin anew would take every source's token from it.
        raise StoreFailed(
            "the tokens of sources cannot be read: a newer Nightlatch wrote them, or the documents "
            "store is damaged"
        ) from error


def _bounded(tokens: list[SourceToken]) -> list[SourceToken]:
    # Of those that ended the latest stay, for whoever looks up who made one.
    over = len(tokens) - 2 * MAX_TOKENS
    ended = (one for one in tokens if one.revoked or one.until)
    gone = sorted(ended, key=lambda one: one.revoked or one.until)
    return [one for one in tokens if one not in gone[: max(0, over)]]


def _refuse_form(name: str, kinds: Sequence[str], service: str, bytes_per_second: int) -> None:
    """Raises TokenRefused."""
    if not _NAME.fullmatch(name):
        raise TokenRefused(
            "A source's name has up to 64 letters, digits, dots, dashes and underscores."
        )
    if len(service) > 128 or not service.isprintable():
        raise TokenRefused("A service's name has at most 128 characters that can be printed.")
    if not 0 <= bytes_per_second <= MAX_RATE:
        raise TokenRefused("A source may send 1 TB a second at most; 0: as much as it likes.")
    strange = [one for one in kinds if one not in SENDING]
    if strange or not kinds:
        said = f"{strange[0][:40]!r} is none of them. " if strange else ""
        raise TokenRefused(
            f"Kinds that send with a token are: {', '.join(sorted(SENDING))}. {said}Whoever sends "
            "to a socket is listed in the settings; files are read by nightlatch import."
        )


def _refuse_another(name: str, known: Sequence[SourceToken], now: float) -> None:
    """Raises TokenRefused where there is one of this name, or no room for one more."""
    in_force = [one for one in known if one.in_force(now)]
    if any(one.name == name for one in in_force):
        raise TokenRefused(
            f"There is a source {name!r} already: rotate it for a new token, revoke it, or "
            "take another name."
        )
    if len(in_force) >= MAX_TOKENS:
        raise TokenRefused(f"There are {MAX_TOKENS} sources already: revoke one first.")


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

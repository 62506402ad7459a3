"""Who may open the console, until accounts come: one-time links, and the sessions they open.

A link carries a token that works once. Redeeming it opens a session, whose secret is in a cookie.
Only digests of both are kept, in the documents store, so that the command line can issue a link for
a console that runs in another process, and a restart ends nobody's session.
"""

import hashlib
import hmac
import secrets

import msgspec
from msgspec import Struct

from nightlatch.store.ports import DocumentStore

TOKEN_LIFE = 3600.0
"""Seconds until an unused link expires."""
SESSION_LIFE = 12 * 3600.0
MAX_TOKENS = 8
MAX_SESSIONS = 32
"""Bounds; the oldest are forgotten first."""

_TOKENS = "console-token"
_SESSIONS = "console-sessions"


class Session(Struct, frozen=True):
    """An open session; the secret is what the cookie carries."""

    secret: str
    expires: float

    @property
    def csrf(self) -> str:
        """What a form must carry to prove that it is ours: derived, so nothing more is kept."""
        return _digest("csrf", self.secret)

    def __repr__(self) -> str:
        return f"Session(•••, expires={self.expires})"


class _Kept(Struct, frozen=True):
    digest: str
    expires: float


class Access:
    """Issues one-time tokens, redeems them for sessions, and knows the sessions that are open."""

    def __init__(self, documents: DocumentStore) -> None:
        self._documents = documents

    def issue(self, now: float) -> str:
        """A token for one use within the hour: 43 characters, 256 random bits."""
        token = secrets.token_urlsafe(32)
        self._add(_TOKENS, token, now + TOKEN_LIFE, now, MAX_TOKENS)
        return token

    def redeem(self, token: str, now: float) -> Session | None:
        """Open a session for a token that was issued, has not expired and was never used."""
        digest = _digest(_TOKENS, token)
        # Looked up first: whoever guesses must not make others wait for the store.
        known = _find(self._live(_TOKENS, now), digest)
        if known is None or not self._forget(_TOKENS, digest, now):
            return None
        session = Session(secrets.token_urlsafe(32), now + SESSION_LIFE)
        self._add(_SESSIONS, session.secret, session.expires, now, MAX_SESSIONS)
        return session

    def session(self, secret: str, now: float) -> Session | None:
        """The open session with this secret."""
        match = _find(self._live(_SESSIONS, now), _digest(_SESSIONS, secret))
        return None if match is None else Session(secret, match.expires)

    def end(self, session: Session, now: float) -> None:
        self._forget(_SESSIONS, _digest(_SESSIONS, session.secret), now)

    def _add(self, key: str, secret: str, expires: float, now: float, limit: int) -> None:
        made = _Kept(_digest(key, secret), expires)
        self._documents.change_state(
            key, lambda raw: msgspec.msgpack.encode([*_still_good(raw, now), made][-limit:])
        )

    def _forget(self, key: str, digest: str, now: float) -> bool:
        """Was it there? Of several that ask at once, in whatever process, one is told so."""
        found = False

        def without(raw: bytes | None) -> bytes | None:
            nonlocal found
            kept = _still_good(raw, now)
            match = _find(kept, digest)
            found = match is not None
            left = [one for one in kept if one is not match]
            return msgspec.msgpack.encode(left) if found else None

        self._documents.change_state(key, without)
        return found

    def _live(self, key: str, now: float) -> list[_Kept]:
        return _still_good(self._documents.state(key), now)


def _still_good(raw: bytes | None, now: float) -> list[_Kept]:
    if raw is None:
        return []
    try:
        kept = msgspec.msgpack.decode(raw, type=list[_Kept])
    except (msgspec.MsgspecError, ValueError):
        # Another version's, or damaged: whoever was in asks for another link.
        return []
    return [entry for entry in kept if entry.expires > now]


def same_secret(given: str, wanted: str) -> bool:
    """Constant-time comparison; hostile text (any Unicode) is just unequal."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def _find(kept: list[_Kept], digest: str) -> _Kept | None:
    # Every entry is compared, so that the time tells nothing about which one matched.
    matches = [entry for entry in kept if hmac.compare_digest(entry.digest, digest)]
    return matches[0] if matches else None


def _digest(purpose: str, secret: str) -> str:
    # The secrets are 256 random bits: a plain hash leads back to none of them.
    return hashlib.sha256(f"{purpose}\0{secret}".encode("utf-8", "replace")).hexdigest()

"""Who may send: the tokens of sources, and how much each of them may send."""

import hmac
import time
from threading import Lock

from msgspec import Struct

from nightlatch.app.stores import KEY, data_dir
from nightlatch.capture.intake import Grant, OverRate, Refused
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.source import SourceKind
from nightlatch.faults import guarded
from nightlatch.respond.source_tokens import SourceToken, SourceTokens
from nightlatch.settings import Settings
from nightlatch.store.keys import load_or_create_key
from nightlatch.store.ports import DocumentStore

LOOK_EVERY = 1.0
"""Seconds after which tokens made or revoked in another process are taken up."""
BURST = 4.0
"""Seconds of its rate that a source may send at once."""
LEAST = 1_024
"""Bytes that any body counts for: to look at a small one is work, too."""
WRONG_PER_SECOND = 64 * LEAST
"""Bytes that all wrong tokens together may send before they are told to wait."""
_NO_DIGEST = bytes(32)


def source_tokens(settings: Settings, documents: DocumentStore) -> SourceTokens:
    return SourceTokens(documents, Hasher(load_or_create_key(data_dir(settings) / KEY)))


class _Rate:
    """The generic cell rate algorithm (see `detect/rates.py`) in bytes, for one sender."""

    __slots__ = ("_due", "_per_second")

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._due = 0.0

    def passes(self, size: int, now: float) -> bool:
        # A clock that was set back must not keep anybody out for longer than the bound.
        ahead = min(max(self._due - now, 0.0), 2 * BURST)
        if ahead > BURST:
            self._due = now + ahead
            return False
        # Whole: what is larger than the burst passes once, and what comes after it waits.
        self._due = now + ahead + max(size, LEAST) / self._per_second
        return True


class _Holder(Struct, frozen=True):
    token: SourceToken
    grant: Grant
    rate: _Rate | None


class TokenDoor:
    """A Doorkeeper over the tokens in the documents store. Safe for several threads."""

    def __init__(self, tokens: SourceTokens) -> None:
        self._tokens = tokens
        self._lock = Lock()
        self._holders: dict[bytes, _Holder] = {}
        self._wrong = _Rate(WRONG_PER_SECOND)
        self._looked = -LOOK_EVERY

    def admit(
        self, kind: SourceKind, token: str, size: int, now: float
    ) -> Grant | OverRate | Refused:
        digest = self._tokens.digest(token)
        with self._lock:
            self._look(now)
            holder = self._holders.get(digest)
            known = holder.token.digest if holder else _NO_DIGEST
            # The look-up is by a keyed digest that no sender can choose; compared all the same.
            right = hmac.compare_digest(known, digest)
            if holder is None or not right or not holder.token.allows(kind, now):
                return Refused.TOKEN if self._wrong.passes(0, now) else Refused.RATE
            if holder.rate is not None and not holder.rate.passes(size, now):
                return OverRate(holder.grant.name)
            return holder.grant

    def _look(self, now: float) -> None:
        elapsed = time.monotonic()
        if elapsed - self._looked < LOOK_EVERY:
            return
        self._looked = elapsed
        # Where the store fails, those who may send go on sending, for as long as they may.
        with guarded("app.doorkeeper"):
            tokens = [one for one in self._tokens.all() if one.in_force(now)]
            self._holders = {one.digest: self._holder(one) for one in tokens}

    def _holder(self, token: SourceToken) -> _Holder:
        known = self._holders.get(token.digest)
        if known is not None:
            return _Holder(token, known.grant, known.rate)
        rate = _Rate(token.bytes_per_second) if token.bytes_per_second else None
        return _Holder(token, Grant(token.name, token.kinds, token.service), rate)

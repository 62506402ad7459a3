"""Tokens of declared issuers, verified after the answer and remembered for the next request.

Who waits for an answer is never kept waiting for a signature: the inline path asks `look`, which
knows or does not; `judge` does the work, elsewhere.

Nobody is accused by keys that may be the wrong ones: as long as no token of an issuer has been
verified with what the settings name, or with what all of it was exchanged for, its tokens are
unknown and not refuted. And a key that is
missing may have been made a minute ago: a token is only said to be of an unknown key once the keys
were fetched again after it was seen.
"""

from collections.abc import Iterable, Mapping
from threading import Lock

from msgspec import Struct

from nightlatch.exchange.credential import REFUTED, Proof
from nightlatch.identity.jose import Verified, verify
from nightlatch.identity.jose.claims import LEEWAY
from nightlatch.identity.jose.keys import KeyRing
from nightlatch.identity.jwt import Token, read_token
from nightlatch.identity.lint.look import number_of

MAX_VERIFIED = 16_384
"""Verified tokens that are remembered; full, the one verified longest ago goes first."""
MAX_OTHERS = 8_192
"""All others, the oldest first: they have a place of their own, so that whoever invents tokens
pushes no good one out."""
REFUTED_FOR = 60.0
UNDECIDED_FOR = 5.0
FOREIGN_FOR = 3_600.0
"""Seconds that is remembered what is not a verified token."""
TIMELESS_FOR = 3_600.0
"""Seconds that a token without `exp` is remembered."""
GRACE = 300.0
"""Seconds after its end that a token may still be taken, by an API with a patient clock, without
anybody being accused."""
EPISODE = 600.0
"""Seconds after which a missing key is asked for anew."""
MAX_MISSING = 64
"""Keys of one issuer that are missed at a time. Nobody changes so many: what comes then is
invented, and not waited for."""
LATE = 3_600.0
"""Seconds after an exchange that its issuer's keys say nothing any more about a missing one."""

MANY = 20
"""Tokens that fail before the first is verified: then the settings are doubted."""


class Issuer(Struct, frozen=True):
    name: str
    """As `iss` has it; empty: of tokens that name none."""
    audiences: frozenset[str] = frozenset()
    """Of which a token must name one; empty: any."""


class _Verdict(Struct, frozen=True, gc=False):
    proof: Proof
    until: float
    issuer: str = ""
    thumbprint: str = ""
    """Of the key that it rests on; empty for a secret."""


class _Keys(Struct, frozen=True):
    ring: KeyRing
    at: float
    """When they were fetched."""


class _House:
    """What is known of one issuer."""

    def __init__(self, issuer: Issuer) -> None:
        self.issuer = issuer
        self.keys: _Keys | None = None
        self.believed = False
        """A token was verified with its keys and audiences: they are the right ones."""
        self.failed = 0
        """Tokens that could not be verified while none had been."""
        self.missed = 0.0
        """When a key was last missed."""
        self._missing: dict[str, float] = {}

    def take(self, ring: KeyRing, now: float) -> None:
        """These are its keys now. With none among them of those before, they may be the wrong ones
        again: somebody may have exchanged a secret here before the issuer does."""
        before = self.keys.ring.keys if self.keys is not None else ()
        kept = {key.thumbprint for key in ring.keys if key.thumbprint}
        self.believed = self.believed and any(key.thumbprint in kept for key in before)
        self.keys, self.failed = _Keys(ring, now), 0

    def believe(self, keys: _Keys) -> None:
        """A token was verified with them; they may have been exchanged meanwhile."""
        if self.keys is not None and self.keys.ring is keys.ring:
            self.believed = True

    def misses(self, key_id: str, keys: _Keys, now: float) -> bool:
        """Is the key still missing after all was fetched again?"""
        if keys.at > now + LATE:
            return False
        since = self._missing.get(key_id)
        if since is not None and 0 <= now - since < EPISODE and keys.at > since:
            return True
        self.missed = now
        if since is None and self._crowded(now):
            return True
        if since is None or not 0 <= now - since < EPISODE:
            self._missing[key_id] = now
        return False

    def _crowded(self, now: float) -> bool:
        """Is the map full of keys that were missed lately? Others are forgotten."""
        if len(self._missing) < MAX_MISSING:
            return False
        self._missing = {key: at for key, at in self._missing.items() if 0 <= now - at < EPISODE}
        return len(self._missing) >= MAX_MISSING


class Verifier:
    """`judge` and `load` may be called by different threads; `look` by any."""

    def __init__(self, issuers: Iterable[Issuer]) -> None:
        self._houses = {one.name: _House(one) for one in issuers}
        self._verified: dict[str, _Verdict] = {}
        self._others: dict[str, _Verdict] = {}
        self._lock = Lock()

    def after_fork(self) -> None:
        """In a child: the parent's lock may be held for ever."""
        self._lock = Lock()

    def load(self, issuer: str, ring: KeyRing, now: float) -> None:
        """These are its keys now. What rested on a key that is gone is forgotten, and so is all
        that could not be verified: with the new keys it may be."""
        house = self._houses[issuer]
        kept = {key.thumbprint for key in ring.keys}
        with self._lock:
            house.take(ring, now)
            self._verified = {
                digest: one
                for digest, one in self._verified.items()
                if one.issuer != issuer or (one.thumbprint and one.thumbprint in kept)
            }
            self._others = {
                digest: one for digest, one in self._others.items() if one.issuer != issuer
            }

    def confirm(self, issuer: str, now: float) -> None:
        """They were fetched again, and are the same."""
        house = self._houses[issuer]
        with self._lock:
            if house.keys is not None:
                house.keys = _Keys(house.keys.ring, now)

    def look(self, digest: str, now: float) -> Proof | None:
        """What is known of the token with this keyed hash; None where it was never judged, or not
        lately."""
        verdict = self._verified.get(digest) or self._others.get(digest)
        return None if verdict is None or now >= verdict.until else verdict.proof

    def judge(self, digest: str, text: str, now: float) -> Proof:
        """Verify it, and remember."""
        token = read_token(text)
        if token is None or token.claims is None:
            return self._keep(digest, _Verdict(_UNKNOWN, now + FOREIGN_FOR))
        house = self._houses.get(token.text_claim("iss"))
        if house is None:
            return self._keep(digest, _Verdict(_UNKNOWN, now + FOREIGN_FOR))
        keys = house.keys
        name = house.issuer.name
        if keys is None:
            return self._keep(digest, _Verdict(_UNKNOWN, now + UNDECIDED_FOR, name))
        found = verify(text, keys.ring, now)
        proof = _proof(found, token, house, keys, now)
        verdict = _Verdict(proof, _until(proof, found, now), name, found.thumbprint)
        with self._lock:
            # What rests on keys that were exchanged meanwhile is not kept.
            if house.keys is keys:
                self._remember(digest, verdict)
        return proof

    def missed(self) -> Mapping[str, float]:
        """By issuer: when a key was last missed that may be new. From any thread."""
        return {name: house.missed for name, house in self._houses.items()}

    def doubtful(self) -> tuple[str, ...]:
        """Issuers of whose tokens many came and none could be verified: their keys or audiences in
        the settings are not the right ones."""
        return tuple(
            name
            for name, house in self._houses.items()
            if house.failed >= MANY and not house.believed
        )

    def _keep(self, digest: str, verdict: _Verdict) -> Proof:
        with self._lock:
            self._remember(digest, verdict)
        return verdict.proof

    def _remember(self, digest: str, verdict: _Verdict) -> None:
        good = verdict.proof is Proof.VERIFIED
        place, most = (self._verified, MAX_VERIFIED) if good else (self._others, MAX_OTHERS)
        (self._others if good else self._verified).pop(digest, None)
        place.pop(digest, None)
        if len(place) >= most:
            del place[next(iter(place))]
        place[digest] = verdict


_UNKNOWN = Proof.UNKNOWN


def _proof(found: Verified, token: Token, house: _House, keys: _Keys, now: float) -> Proof:
    proof = _audience(found, house) if found.valid else _fault(found, token, house, keys, now)
    if proof is Proof.VERIFIED:
        house.believe(keys)
    elif proof in REFUTED and proof is not Proof.UNSIGNED and not house.believed:
        house.failed += 1
        return _UNKNOWN
    return proof


def _audience(found: Verified, house: _House) -> Proof:
    wanted = house.issuer.audiences
    given = (found.claims or {}).get("aud", ())
    named = {given} if isinstance(given, str) else set(given)
    return Proof.VERIFIED if not wanted or wanted & named else Proof.AUDIENCE


def _fault(found: Verified, token: Token, house: _House, keys: _Keys, now: float) -> Proof:
    if found.claims is not None:
        # The issuer signed it. Only its time can be over; what else its claims lack is the issuer's
        # way of writing them, or a clock's.
        expires = number_of(found.claims.get("exp"))
        return Proof.EXPIRED if expires is not None and now >= expires + GRACE else _UNKNOWN
    if not found.unproven:
        return Proof.UNSOUND
    algorithm = str(token.header.get("alg"))
    if algorithm.lower() == "none":
        return Proof.UNSIGNED
    if _is_known(token, algorithm, keys.ring):
        return Proof.FORGED
    return Proof.UNKNOWN_KEY if house.misses(_key_id(token), keys, now) else _UNKNOWN


def _is_known(token: Token, algorithm: str, ring: KeyRing) -> bool:
    """Is it certain which key must have signed it? A public key signs no HMAC, whatever comes; and
    a key that has the token's id is the one."""
    if algorithm.startswith("HS") != any(key.kty == "oct" for key in ring.keys):
        return True
    named = token.header.get("kid")
    return named is not None and any(key.id == named for key in ring.keys)


def _key_id(token: Token) -> str:
    return str(token.header.get("kid", ""))[:256]


def _until(proof: Proof, found: Verified, now: float) -> float:
    """When it is time to look again."""
    if proof is Proof.VERIFIED:
        expires = number_of((found.claims or {}).get("exp"))
        return now + TIMELESS_FOR if expires is None else expires + LEEWAY
    return now + (UNDECIDED_FOR if proof is _UNKNOWN else REFUTED_FOR)

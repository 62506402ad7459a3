"""What a request's tokens are worth: asked before the answer, found out after it.

Without a verifier, nothing is: that is as it always was.
"""

from typing import Protocol

from msgspec import Struct

from nightlatch.exchange.credential import INVENTED, REFUTED, Credential, CredentialKind, Proof
from nightlatch.exchange.exchange import Caller, Request
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.record import Posture
from nightlatch.identity.jwt import read_token
from nightlatch.identity.token_text import token_text

Credentials = tuple[Credential, ...]

MAX_NAMES = 4_096
"""Tokens of which is remembered who signed them; full, it starts over."""
MAX_INVENTORS = 4_096
"""Addresses, or networks; the one that was heard of longest ago goes first."""
DOUBTED_FOR = 600.0
"""Seconds after an invented token that others from its address prove nothing before they are
verified."""
_SHOWN = 120

# Bound once: to look a member up costs 60 ns until Python 3.12.
_JWT = CredentialKind.BEARER_JWT
_UNKNOWN = Proof.UNKNOWN
_VERIFIED = Proof.VERIFIED
_OPEN = Posture.OPEN
_PROTECTED = Posture.PROTECTED


class SecretName(Struct, frozen=True):
    """One shared secret, by what its tokens say of it."""

    issuer: str
    key_id: str
    algorithm: str

    def __str__(self) -> str:
        whose = f"tokens of {_plainly(self.issuer)}" if self.issuer else "tokens without an issuer"
        key = f", key {_plainly(self.key_id)}" if self.key_id else ""
        return f"{whose} ({self.algorithm}{key})"


class Verifier(Protocol):
    """See `identity/verifier.py`, which is not imported where nobody declared an issuer."""

    def look(self, digest: str, now: float) -> Proof | None: ...

    def judge(self, digest: str, text: str, now: float) -> Proof: ...


class Guesses(Protocol):
    """Tries common secrets, in its own time."""

    def wants(self, name: SecretName) -> bool:
        """Is it the first time that one hears of it?"""

    def take(self, name: SecretName, token: str) -> None:
        """Try them on this token, later."""

    def told(self, name: SecretName, now: float) -> str:
        """What there is to say now, in words; mostly nothing."""


class Proofs:
    """`known` and `doubts` may be asked while somebody waits; the rest is for afterwards."""

    def __init__(self, hasher: Hasher) -> None:
        self._hasher = hasher
        self._verifier: Verifier | None = None
        self._guesses: Guesses | None = None
        self._names: dict[str, SecretName | None] = {}
        """By the credential's keyed hash; None for what is no HMAC."""
        self._inventors: dict[str, float] = {}
        """By place: until when it is remembered that it sent invented tokens."""

    def verify_by(self, verifier: Verifier) -> None:
        self._verifier = verifier

    def guess_by(self, guesses: Guesses) -> None:
        self._guesses = guesses

    def known(self, credentials: Credentials, now: float) -> Credentials:
        """The credentials, each with what is known of it by now. Nothing is computed here."""
        verifier = self._verifier
        if verifier is None or not credentials:
            return credentials
        return tuple(
            [
                _with(one, verifier.look(one.digest, now)) if one.kind is _JWT else one
                for one in credentials
            ]
        )

    def found_out(self, request: Request, credentials: Credentials, now: float) -> Credentials:
        """The same, now that there is time to verify what is not known."""
        if self._verifier is None or not credentials:
            return credentials
        return tuple(
            [
                self._judged(request, one, now)
                if one.kind is _JWT and one.proof is _UNKNOWN
                else one
                for one in credentials
            ]
        )

    def note_inventor(self, caller: Caller, now: float) -> None:
        """Tokens that nobody issued came from there."""
        inventors, place = self._inventors, _place(caller)
        inventors.pop(place, None)
        if len(inventors) >= MAX_INVENTORS:
            inventors.pop(next(iter(inventors)), None)
        inventors[place] = now + DOUBTED_FOR

    def doubts(self, caller: Caller, credentials: Credentials, now: float) -> bool:
        """Is a token worth nothing that nobody has looked at yet, because of where it comes from?
        Whoever invents one for each request would be somebody else each time."""
        verifier = self._verifier
        if verifier is None or not self._inventors:
            return False
        if now >= self._inventors.get(_place(caller), 0.0):
            return False
        tokens = [one for one in credentials if one.kind is _JWT]
        if any(one.proof is _VERIFIED for one in tokens):
            return False
        return any(verifier.look(one.digest, now) is None for one in tokens)

    def weakness(
        self, request: Request, credentials: Credentials, now: float, *, accepted: bool
    ) -> str:
        """What is to be said of the secret that signs such tokens, in words; mostly nothing.

        Only tokens that are their issuer's are tried: those verified, and those that an API took
        (`accepted`) which is known to turn others away. Anybody can sign with a weak secret.
        """
        guesses = self._guesses
        if guesses is None:
            return ""
        for one in credentials:
            its = one.proof is _VERIFIED or (accepted and one.proof is _UNKNOWN)
            if one.kind is _JWT and its:
                told = self._guessed(guesses, request, one, now)
                if told:
                    return told
        return ""

    def _judged(self, request: Request, credential: Credential, now: float) -> Credential:
        verifier = self._verifier
        if verifier is None:
            return credential
        proof = verifier.look(credential.digest, now)
        if proof is None:
            text = token_text(request, credential, self._hasher)
            proof = _UNKNOWN if text is None else verifier.judge(credential.digest, text, now)
        return _with(credential, proof)

    def _guessed(
        self, guesses: Guesses, request: Request, credential: Credential, now: float
    ) -> str:
        text = None
        if credential.digest not in self._names:
            text = token_text(request, credential, self._hasher)
            if len(self._names) >= MAX_NAMES:
                self._names.clear()
            self._names[credential.digest] = _secret_name(text)
        name = self._names[credential.digest]
        if name is None:
            return ""
        if guesses.wants(name):
            text = text or token_text(request, credential, self._hasher)
            if text is not None:
                guesses.take(name, text)
        return guesses.told(name, now)


def is_stranger(credentials: Credentials, posture: Posture) -> bool:
    """Does nothing show who asks?

    A credential proves something only at a door that is known to turn others away; a verified one
    also where that is not known; and one that was refuted, nowhere. At a door that answers anybody
    even a verified one changes nothing: accounts can be had by the thousand.
    """
    if posture is _OPEN:
        return True
    closed = posture is _PROTECTED
    for one in credentials:
        if one.proof is _VERIFIED or (closed and one.proof is _UNKNOWN):
            return False
    # Where credentials cannot be seen there are none here: who passed such a door had one.
    return bool(credentials) or not closed


def invented(credentials: Credentials) -> bool:
    """Is there a token that nobody issued? One that is only old, or for another API, was issued."""
    return any(one.proof in INVENTED for one in credentials)


def refuted(credentials: Credentials) -> bool:
    """There are some, and every one of them is known to prove nothing."""
    for one in credentials:
        if one.proof not in REFUTED:
            return False
    return bool(credentials)


def _place(caller: Caller) -> str:
    """What nobody changes with each request: whoever has one IPv6 address has all of its /64."""
    widest = caller.circles[-1]
    return widest if widest.endswith("/64") else caller.address


def _with(credential: Credential, proof: Proof | None) -> Credential:
    if proof is None or proof is _UNKNOWN:
        return credential
    return Credential(
        credential.kind,
        credential.place,
        credential.name,
        credential.digest,
        credential.principal,
        proof,
    )


def _secret_name(text: str | None) -> SecretName | None:
    token = read_token(text) if text else None
    if token is None or token.header.get("alg") not in ("HS256", "HS384", "HS512"):
        return None
    key_id = token.header.get("kid", "")
    known = key_id if isinstance(key_id, str) else ""
    return SecretName(token.text_claim("iss")[:_SHOWN], known[:_SHOWN], token.header["alg"])


def _plainly(text: str) -> str:
    return "".join(letter if letter.isprintable() else "�" for letter in text)

"""A key set with a lawyer's eye: each key, and what is wrong with it."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from nightlatch.exchange.judgement import Level
from nightlatch.identity.jose.encoding import from_base64url
from nightlatch.identity.jose.keys import MAX_KEYS, Key, read_keys
from nightlatch.identity.jose.verified import Unsound
from nightlatch.workbench.tokens.making import in_order
from nightlatch.workbench.tokens.material import (
    PRIVATE,
    NoKey,
    private_fits,
    public_part,
    thumbprint,
    without_private,
)


class Remark(Struct, frozen=True):
    """One thing that is wrong."""

    level: Level
    text: str
    source: str
    """RFC and section, or paper."""


class JudgedKey(Struct, frozen=True):
    number: int
    """Its place in the set, from 0."""
    kind: str
    """In words: "RSA, 2,048 bits"."""
    id: str
    private: bool
    """It holds what must stay at home."""
    secret: bool
    """It is shared, and has no public part."""
    signs: tuple[str, ...]
    """Algorithms whose signatures it may make or verify, the best first."""
    seals: tuple[str, ...]
    """Algorithms it may encrypt or decrypt with."""
    thumbprint: str
    """RFC 7638; empty where the key is none."""
    remarks: tuple[Remark, ...]


class JudgedSet(Struct, frozen=True):
    keys: tuple[JudgedKey, ...] = ()
    remarks: tuple[Remark, ...] = ()
    """About the set as a whole."""

    @property
    def worst(self) -> Level | None:
        found = [*self.remarks, *(one for key in self.keys for one in key.remarks)]
        return max((one.level for one in found), default=None)


def judge_keys(keys: list[dict[str, Any]]) -> JudgedSet:
    """Never raises. What a verifier here would refuse is HIGH, or MEDIUM where it would only never
    use it."""
    ids = Counter(repr(key["kid"]) for key in keys if key.get("kid") is not None)
    several = len(keys) > 1
    judged = tuple(
        _judged(number, key, ids, several=several) for number, key in enumerate(keys[:MAX_KEYS])
    )
    return JudgedSet(judged, tuple(_about_all(keys)))


def describe(key: dict[str, Any]) -> str:
    """What kind of key it is."""
    kind = key.get("kty")
    if kind == "oct":
        return f"shared secret, {_bits(key, 'k'):,} bits"
    if kind == "RSA":
        return f"RSA, {_bits(key, 'n'):,} bits"
    if kind in ("EC", "OKP"):
        return f"{kind}, {str(key.get('crv', 'no curve'))[:20]}"
    return f"unknown kind {str(kind)[:20]!r}"


def public_set(keys: list[dict[str, Any]]) -> dict[str, Any]:
    """What of them may be published: secrets, and what is no key, are left out."""
    found = []
    for key in keys:
        try:
            found.append(public_part(key))
        except NoKey:
            continue
    return {"keys": found}


def _judged(number: int, given: dict[str, Any], ids: Counter[str], *, several: bool) -> JudgedKey:
    sound, remarks = _sound(given)
    if sound is not None:
        remarks += _useless(sound)
    remarks += _exposed(given)
    remarks += _unclear(given, ids, several=several)
    return JudgedKey(
        number=number,
        kind=describe(given),
        id=str(given.get("kid", ""))[:200],
        private=given.get("kty") == "oct" or not PRIVATE.isdisjoint(given),
        secret=given.get("kty") == "oct",
        signs=in_order(sound.signatures) if sound else (),
        seals=in_order(sound.encryption) if sound else (),
        thumbprint=_thumbprint(given),
        remarks=tuple(sorted(remarks, key=lambda one: -one.level)),
    )


def _sound(given: dict[str, Any]) -> tuple[Key | None, list[Remark]]:
    rsa = given.get("kty") == "RSA"
    if rsa and not private_fits(given):
        text = "its private part does not belong to its public one"
        return None, [Remark(Level.HIGH, text, "RFC 7518, section 6.3.2")]
    try:
        # Of RSA the public part: to prove that primes are prime takes a tenth of a second and more.
        return read_keys([without_private(given) if rsa else given]).keys[0], []
    except Unsound as fault:
        source = "CVE-2017-15361" if "ROCA" in str(fault) else "RFC 7517; RFC 7518, 3.2 and 3.3"
        return None, [Remark(Level.HIGH, str(fault), source)]


def _useless(key: Key) -> list[Remark]:
    if key.signatures or key.encryption:
        return []
    text = "its alg, use, key_ops and curve contradict each other: there is nothing it may do"
    return [Remark(Level.MEDIUM, text, "RFC 7517, sections 4.2 to 4.4")]


def _exposed(given: dict[str, Any]) -> list[Remark]:
    if given.get("kty") == "oct":
        text = "it is a secret: whoever may read it may sign; it belongs into no published set"
        return [Remark(Level.MEDIUM, text, "RFC 7517, section 9.2")]
    found = sorted(PRIVATE.intersection(given))
    if not found:
        return []
    text = f"it holds its private part ({', '.join(found)}): publish the public set below"
    return [Remark(Level.MEDIUM, text, "RFC 7517, section 9.2")]


def _unclear(given: dict[str, Any], ids: Counter[str], *, several: bool) -> list[Remark]:
    found = []
    if ids[repr(given.get("kid"))] > 1:
        text = "another key has the same id: readers may take either"
        found.append(Remark(Level.HIGH, text, "RFC 7517, section 4.5"))
    if several and given.get("kid") is None:
        text = "it has no id (kid), and is one of several: readers must try them in turn"
        found.append(Remark(Level.LOW, text, "RFC 7517, section 4.5"))
    if given.get("alg") is None:
        text = "it does not say its algorithm (alg), so that readers must know it elsewhere"
        found.append(Remark(Level.LOW, text, "RFC 8725, section 3.1"))
    return found


def _about_all(keys: list[dict[str, Any]]) -> Iterator[Remark]:
    if len({key.get("kty") == "oct" for key in keys}) > 1:
        text = "the set mixes secrets with public keys: a public key may be taken for a secret"
        yield Remark(Level.HIGH, text, "RFC 8725, section 2.1")
    if len(keys) > MAX_KEYS:
        yield Remark(
            Level.HIGH, f"there are more than {MAX_KEYS} keys; the rest is not judged", "RFC 7517"
        )


def _thumbprint(given: dict[str, Any]) -> str:
    try:
        return thumbprint(given)
    except NoKey:
        return ""


def _bits(key: dict[str, Any], name: str) -> int:
    try:
        data = from_base64url(str(key.get(name, "")), name)
    except Unsound:
        return 0
    return 8 * len(data) if name == "k" else int.from_bytes(data, "big").bit_length()

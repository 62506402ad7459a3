"""Rules about a token's signature and the keys behind it (RFC 7518, 8725)."""

from collections.abc import Iterator

from nightlatch.exchange.judgement import Level
from nightlatch.identity.jose.algorithms import HMAC_BITS
from nightlatch.identity.jose.encoding import from_base64url
from nightlatch.identity.jose.keys import read_keys
from nightlatch.identity.jose.verified import Unsound
from nightlatch.identity.lint.look import Look
from nightlatch.identity.lint.rule import Rule

_PRIVATE = ("d", "p", "q", "dp", "dq", "qi", "k")
_RSA_BYTES = range(128, 2_049)
_BYTES: dict[str, range | tuple[int, ...]] = {
    "HS256": (32,), "HS384": (48,), "HS512": (64,),
    "ES256": (64,), "ES256K": (64,), "ES384": (96,), "ES512": (132,),
    "EdDSA": (64, 114), "Ed25519": (64,), "Ed448": (114,),
    **{f"{kind}{bits}": _RSA_BYTES for kind in ("RS", "PS") for bits in (256, 384, 512)},
}  # fmt: skip
"""Of a signature, by its algorithm (RFC 7518, section 3; RFC 8037, section 3.1)."""


def _psychic(look: Look) -> Iterator[str]:
    if not look.algorithm.startswith("ES") or not look.token.signature:
        return
    try:
        value = from_base64url(look.token.signature, "signature")
    except Unsound:
        return
    half = len(value) // 2
    if not any(value[:half]) or not any(value[half:]):
        yield "one half of the signature is zero"


def _confusion(look: Look) -> Iterator[str]:
    kinds = {str(key.get("kty")) for key in look.keys}
    if look.algorithm.startswith("HS") and kinds and "oct" not in kinds:
        yield f"alg is {look.algorithm}, and its issuer publishes public keys alone"


def _another_algorithm(look: Look) -> Iterator[str]:
    if not look.keys or look.token.encrypted:
        return
    try:
        ring = read_keys(list(look.keys))
    except Unsound:
        # What is wrong with the keys is another rule's to say.
        return
    its = sorted(set().union(*(key.signatures for key in ring.keys)))
    if not its:
        yield "none of its issuer's keys may verify a signature (use, key_ops, alg, size)"
    elif look.algorithm not in its:
        yield f"alg is {look.algorithm[:32]}; its issuer's keys are for {', '.join(its)}"


def _weak_secret(look: Look) -> Iterator[str]:
    found = look.weak_secret
    if found is not None:
        size = f"{found.length} bytes" if found.length else "nothing at all"
        yield f"the secret ({size}) is number {found.rank:,} in a list of common ones"


def _weak_keys(look: Look) -> Iterator[str]:
    if not look.keys:
        return
    try:
        read_keys(list(look.keys))
    except Unsound as fault:
        yield str(fault)
    least = HMAC_BITS.get(look.algorithm, 0)
    for key in look.keys:
        bits = len(str(key.get("k", ""))) * 3 // 4 * 8
        if key.get("kty") == "oct" and "alg" not in key and bits < least:
            yield f"the secret has {bits} bits, which is too short for {look.algorithm}"


def _size_of_signature(look: Look) -> Iterator[str]:
    sizes = _BYTES.get(look.algorithm)
    size = len(look.token.signature.rstrip("=")) * 3 // 4
    if look.token.encrypted or not size or sizes is None:
        return
    if size not in sizes:
        yield f"the signature has {size} bytes, which no signature of {look.algorithm} has"


def _published(look: Look) -> Iterator[str]:
    for key in look.keys:
        found = [name for name in _PRIVATE if name in key]
        if found and key.get("kty") != "oct":
            yield f"a key is given with its private part ({', '.join(found)})"


SIGNATURE_RULES = (
    Rule(
        "psychic-signature", Level.HIGH, "A signature that fits everything", "CVE-2022-21449",
        "Update the library that verifies: it must refuse zero.", _psychic,
    ),
    Rule(
        "signature-size", Level.MEDIUM, "The signature is none of its algorithm",
        "RFC 7518, section 3", "Sign with a library: it was cut, or encoded as something else.",
        _size_of_signature,
    ),
    Rule(
        "key-confusion", Level.HIGH, "A public key used as a secret", "RFC 8725, section 2.1",
        "Let the key decide the algorithm: a public key verifies no HMAC.", _confusion,
    ),
    Rule(
        "another-algorithm", Level.MEDIUM, "Not the issuer's algorithm", "RFC 8725, section 3.1",
        "Accept the algorithms that your issuer's keys name.", _another_algorithm,
    ),
    Rule(
        "weak-secret", Level.HIGH, "The secret is known", "RFC 8725, section 3.5",
        "Change it now for 32 random bytes or more, and end all tokens that it signed.",
        _weak_secret,
    ),
    Rule(
        "weak-keys", Level.HIGH, "The keys are weak or ambiguous", "RFC 7518, sections 3.2 and 3.3",
        "Use RSA of 2,048 bits or more, secrets as long as the hash, and an id for each key.",
        _weak_keys,
    ),
    Rule(
        "private-key-published", Level.HIGH, "A private key is in the key set",
        "RFC 7517, section 9.2", "Publish public parts alone, and replace this key everywhere.",
        _published,
    ),
)  # fmt: skip

"""Rules about a token's form and its header (RFC 7515, 7516, 8725)."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from nightlatch.exchange.judgement import Level
from nightlatch.identity.lint.look import Look
from nightlatch.identity.lint.rule import Rule

MAX_SIZE = 8 * 1024
"""Characters. Larger tokens do not fit the header limits of common servers and proxies."""
MAX_ROUNDS = 1_000_000
MAX_KID = 256
_KNOWN = frozenset({
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
    "ES256", "ES384", "ES512", "ES256K", "EdDSA", "Ed25519", "Ed448",
})  # fmt: skip
_FOREIGN_KEYS = {
    "jwk": "brings its own key (jwk)",
    "x5c": "brings its own certificate (x5c)",
    "jku": "says where to fetch its key (jku)",
    "x5u": "says where to fetch its certificate (x5u)",
}
_PATH = re.compile(r"\.\.|^/|\\|\x00|^file:", re.IGNORECASE)
_SQL = re.compile(r"['\"]|--|/\*|;\s*\w|\bunion\b.{0,40}\bselect\b", re.IGNORECASE | re.DOTALL)
_SHELL = re.compile(r"[|`&<>\n]|\$\(")
_TYPES = frozenset({"jwt", "at+jwt", "dpop+jwt", "logout+jwt", "secevent+jwt", "id_token+jwt"})
_CLAIMS_OF = {
    "dpop+jwt": ("htm", "htu"),
    "logout+jwt": ("events",),
    "secevent+jwt": ("events",),
}
"""What a token of that kind cannot be without (RFC 9449, section 4.2; RFC 8417, section 2.2)."""


def _form(look: Look) -> Iterator[str]:
    yield from look.token.form_faults


def _size(look: Look) -> Iterator[str]:
    if look.size > MAX_SIZE:
        yield f"the token is larger than {MAX_SIZE // 1024} KB"


def _unsigned(look: Look) -> Iterator[str]:
    if look.token.encrypted:
        return
    if look.algorithm.lower() == "none":
        yield f'alg is "{look.algorithm}": the token is not signed'
    elif not look.token.signature:
        yield "the signature is empty"


def _unknown_algorithm(look: Look) -> Iterator[str]:
    signed = not look.token.encrypted and look.algorithm.lower() != "none"
    if signed and look.algorithm not in _KNOWN:
        yield f"alg is {look.algorithm[:32]!r}, which no standard registers for signatures"


def _foreign_key(look: Look) -> Iterator[str]:
    for member, words in _FOREIGN_KEYS.items():
        if member in look.token.header:
            yield f"the token {words}: whoever trusts that trusts anyone"


def _key_address(look: Look) -> Iterator[str]:
    issuer = urlsplit(look.token.text_claim("iss")).hostname
    for member in ("jku", "x5u"):
        address = look.token.header.get(member)
        if not isinstance(address, str):
            continue
        try:
            parts = urlsplit(address)
            host = parts.hostname
        except ValueError:
            yield f"{member} is no address"
            continue
        if parts.scheme != "https":
            yield f"{member} is not an https address"
        if issuer and host != issuer:
            yield f"{member} is not on the issuer's host"


def _key_id(look: Look) -> Iterator[str]:
    if "kid" not in look.token.header:
        return
    kid = look.token.header["kid"]
    if not isinstance(kid, str):
        yield "kid is not text"
        return
    if not kid:
        yield "kid is empty, which some readers take for any key"
    if len(kid) > MAX_KID:
        yield f"kid is longer than {MAX_KID} characters"
    for pattern, words in ((_PATH, "a path"), (_SQL, "SQL"), (_SHELL, "a shell command")):
        if pattern.search(kid[:MAX_KID]):
            yield f"kid holds what looks like {words}"


def _extensions(look: Look) -> Iterator[str]:
    header = look.token.header
    if header.get("b64") is False:
        yield "b64 is false, which RFC 7797 forbids for a JWT"
    if "crit" not in header:
        return
    extensions = header["crit"]
    if not isinstance(extensions, list) or not extensions:
        yield "crit is not a list of extensions"
        return
    if any(extension != "b64" for extension in extensions):
        yield "crit names an extension that nobody knows"


def _compression(look: Look) -> Iterator[str]:
    if "zip" in look.token.header:
        yield "the content is compressed before it is encrypted (zip)"


def _rounds(look: Look) -> Iterator[str]:
    rounds: Any = look.token.header.get("p2c")
    if isinstance(rounds, int) and rounds > MAX_ROUNDS:
        yield f"p2c asks for {rounds:,} rounds of work before anything is verified"


def _kind(look: Look) -> Iterator[str]:
    kind = look.token.header.get("typ")
    if kind is None:
        yield "typ is missing"
    elif not isinstance(kind, str) or kind.lower().removeprefix("application/") not in _TYPES:
        yield "typ is none of the kinds that are registered"
    elif look.token.claims is not None:
        needed = _CLAIMS_OF.get(kind.lower().removeprefix("application/"), ())
        lacking = [name for name in needed if name not in look.claims]
        if lacking:
            yield f"typ is {kind}, and the claims are of another kind (no {', '.join(lacking)})"


HEADER_RULES = (
    Rule(
        "form", Level.MEDIUM, "The encoding has two readings", "RFC 7515, section 2; RFC 8725, 2.4",
        "Encode with a library; refuse tokens that are not canonical.", _form, live=True,
    ),
    Rule(
        "size", Level.LOW, "The token is very large", "RFC 9110, section 5.4",
        "Put a reference into the token and keep the rest on the server.", _size, live=True,
    ),
    Rule(
        "unsigned", Level.HIGH, "The token is not signed", "RFC 8725, sections 2.1 and 3.2",
        "Accept the algorithm of your key and no other; never the one the token names.",
        _unsigned, live=True,
    ),
    Rule(
        "unknown-algorithm", Level.MEDIUM, "The algorithm is not registered",
        "RFC 7518, section 3.1", "Sign with ES256, EdDSA or PS256.", _unknown_algorithm,
    ),
    Rule(
        "foreign-key", Level.HIGH, "The token brings or names its own key",
        "RFC 8725, section 3.10",
        "Take keys from your issuer's JWKS alone, and ignore jwk, jku, x5u and x5c.",
        _foreign_key, live=True,
    ),
    Rule(
        "key-address", Level.HIGH, "The key's address is not the issuer's",
        "RFC 8725, section 3.10",
        "Allow only https addresses on the issuer's own host, from a list that you keep.",
        _key_address,
    ),
    Rule(
        "key-id", Level.HIGH, "The key's id is shaped like an attack", "RFC 8725, section 3.10",
        "Look the id up among the keys you know; never use it in a path, a query or a command.",
        _key_id, live=True,
    ),
    Rule(
        "extensions", Level.MEDIUM, "The header makes demands that nobody meets",
        "RFC 7515, section 4.1.11; RFC 7797, section 7",
        "Refuse tokens with crit, unless you understand what it names.", _extensions, live=True,
    ),
    Rule(
        "compression", Level.LOW, "Compressed before it was encrypted", "RFC 8725, section 3.6",
        "Do not compress: the length of the ciphertext tells of its content, and it may inflate.",
        _compression,
    ),
    Rule(
        "rounds", Level.MEDIUM, "The token orders work from whoever verifies it",
        "RFC 7518, section 8.1", "Bound p2c before you derive a key from a password.", _rounds,
    ),
    Rule(
        "type", Level.LOW, "The token does not say what it is for", "RFC 8725, section 3.11",
        'Set typ, such as "at+jwt" (RFC 9068), and let each reader accept its own kind alone.',
        _kind,
    ),
)  # fmt: skip

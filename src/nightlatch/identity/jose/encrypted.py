"""JWE, compact and as JSON (RFC 7516)."""

import re
from collections.abc import Iterator, Mapping

from joserfc._rfc7516.message import perform_decrypt
from joserfc.jwe import CompactEncryption, JWERegistry, Recipient
from msgspec import Struct

from nightlatch.identity.jose.algorithms import CONTENT_BITS
from nightlatch.identity.jose.encoding import from_base64url
from nightlatch.identity.jose.header import algorithm_of, joined, protected_header
from nightlatch.identity.jose.keys import Key, KeyRing
from nightlatch.identity.jose.signed import Opened
from nightlatch.identity.jose.verified import Document, Unsound

MAX_RECIPIENTS = 16
MAX_ROUNDS = 100_000
"""Of PBKDF2 (`p2c`), for all recipients and keys together: a token says how much work it is to try
its password, and may not say that it is seconds of ours."""
_PARTS = ("iv", "ciphertext", "tag")
_DIRECT = re.compile(r"dir|ECDH-ES")


class _Sealed(Struct, frozen=True):
    """What one recipient has to open."""

    header: Document
    encrypted_key: bytes
    protected: str
    aad: str | None
    iv: bytes
    ciphertext: bytes
    tag: bytes


def open_compact(token: str, ring: KeyRing) -> Opened:
    """Raises Unsound."""
    protected, encrypted_key, *rest = token.split(".")
    header = joined(protected_header(protected))
    _affordable(header, ring, MAX_ROUNDS)
    parts = dict(zip(_PARTS, rest, strict=True))
    return _open(_sealed(header, encrypted_key, protected, None, parts), ring)


def open_json(token: Document, ring: KeyRing) -> Opened:
    """One recipient must be one of ours. Raises Unsound with what is wrong with the last."""
    protected = token.get("protected", "")
    aad = token.get("aad")
    if not isinstance(protected, str) or not isinstance(aad, str | None) or aad == "":
        raise Unsound("the token has parts that are no text")
    reason = "the token has no recipient"
    rounds = MAX_ROUNDS
    for recipient in _recipients(token):
        try:
            members = protected_header(protected) if protected else {}
            header = joined(members, token.get("unprotected"), recipient.get("header"))
            rounds = _affordable(header, ring, rounds)
            encrypted_key = recipient.get("encrypted_key", "")
            return _open(_sealed(header, encrypted_key, protected, aad, token), ring)
        except Unsound as error:
            reason = str(error)
    raise Unsound(reason)


def _recipients(token: Document) -> Iterator[Document]:
    several = token.get("recipients")
    if several is None:
        yield token
        return
    if "encrypted_key" in token or "header" in token:
        raise Unsound("the token mixes the two JSON forms")
    if not isinstance(several, list) or len(several) > MAX_RECIPIENTS:
        raise Unsound(f"the recipients are no list of at most {MAX_RECIPIENTS}")
    for one in several:
        if not isinstance(one, dict):
            raise Unsound("a recipient is not a JSON object")
        yield one


def _affordable(header: Document, ring: KeyRing, rounds: int) -> int:
    """What is left of the rounds when every key was tried. Raises Unsound."""
    asked = header.get("p2c", 0)
    if not isinstance(asked, int) or isinstance(asked, bool) or not 0 <= asked <= MAX_ROUNDS:
        raise Unsound(f"the password's rounds (p2c) are not a number up to {MAX_ROUNDS:,}")
    tried = ring.candidates(header.get("kid"), algorithm_of(header), encryption=True)
    left = rounds - asked * sum(1 for _ in tried)
    if left < 0:
        raise Unsound(f"the password's rounds (p2c) are, for all keys, more than {MAX_ROUNDS:,}")
    return left


def _sealed(
    header: Document,
    encrypted_key: object,
    protected: str,
    aad: str | None,
    parts: Mapping[str, object],
) -> _Sealed:
    return _Sealed(
        header,
        _binary(encrypted_key, "encrypted key"),
        protected,
        aad,
        *(_binary(parts.get(name, ""), name) for name in _PARTS),
    )


def _binary(text: object, what: str) -> bytes:
    if not isinstance(text, str):
        raise Unsound(f"the {what} is no text")
    return from_base64url(text, what)


def _open(sealed: _Sealed, ring: KeyRing) -> Opened:
    header = sealed.header
    algorithm = algorithm_of(header)
    content = header.get("enc")
    if not isinstance(content, str) or content not in CONTENT_BITS:
        raise Unsound("the header names no content encryption that is known here")
    found = False
    for key in ring.candidates(header.get("kid"), algorithm, encryption=True):
        if key.content not in (None, content):
            continue
        found = True
        opened = _decrypted(sealed, algorithm, content, key)
        if opened is not None:
            return Opened(header, opened, key)
    if not found:
        raise Unsound("no key given is for this token's algorithm and kid")
    # One text for all that may go wrong: more would help to guess (RFC 7516, section 11.5).
    raise Unsound("the token cannot be decrypted with the key given")


def _decrypted(sealed: _Sealed, algorithm: str, content: str, key: Key) -> bytes | None:
    """None where anything goes wrong.

    A JSON token is opened as if it were a compact one with all its headers protected: joserfc
    would write the protected header anew before it authenticates it, in a spelling of its own.
    """
    envelope = CompactEncryption(dict(sealed.header))
    associated = sealed.protected if sealed.aad is None else f"{sealed.protected}.{sealed.aad}"
    envelope.base64_segments["aad"] = associated.encode("ascii", "replace")
    envelope.bytes_segments.update(iv=sealed.iv, ciphertext=sealed.ciphertext, tag=sealed.tag)
    envelope.recipient = recipient = Recipient(envelope, None, key.material)
    recipient.encrypted_key = sealed.encrypted_key
    if bool(sealed.encrypted_key) == bool(_DIRECT.fullmatch(algorithm)):
        return None
    registry = JWERegistry(algorithms=[algorithm, content, "DEF"], strict_check_header=False)
    try:
        perform_decrypt(envelope, registry)
    except Exception:  # noqa: BLE001 -- joserfc and cryptography raise whatever they meet
        return None
    return envelope.plaintext

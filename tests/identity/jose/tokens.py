"""Tokens and keys of every kind, sound and spoilt, made with another hand than the verifier's."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

Document = dict[str, Any]


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def un64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number(value: int, length: int = 0) -> str:
    return b64(value.to_bytes(length or (value.bit_length() + 7) // 8, "big"))


def packed(document: object) -> str:
    return b64(json.dumps(document, separators=(",", ":")).encode())


class Signer(NamedTuple):
    """One key pair, or secret, and how it signs."""

    algorithm: str
    public: Document
    sign: Callable[[bytes], bytes]

    def token(self, payload: bytes = b"foo", **header: object) -> str:
        head = packed({"alg": self.algorithm, "kid": self.public["kid"], **header})
        return self.signed(head, b64(payload))

    def signed(self, head: str, payload: str) -> str:
        return f"{head}.{payload}.{b64(self.sign(f'{head}.{payload}'.encode()))}"


_HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
_DIGESTS = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512}
_CURVES = {
    "ES256": (ec.SECP256R1(), "P-256", 32),
    "ES384": (ec.SECP384R1(), "P-384", 48),
    "ES512": (ec.SECP521R1(), "P-521", 66),
    "ES256K": (ec.SECP256K1(), "secp256k1", 32),
}


@cache
def rsa_key(bits: int = 2_048, exponent: int = 65_537) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(exponent, bits)


def rsa_jwk(key: rsa.RSAPrivateKey, **members: object) -> Document:
    numbers = key.public_key().public_numbers()
    return {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e), **members}


def hmac_signer(algorithm: str, length: int = 64) -> Signer:
    secret = bytes(range(length))
    digest = _DIGESTS[algorithm[2:]]
    jwk = {"kty": "oct", "k": b64(secret), "alg": algorithm, "use": "sig", "kid": "one"}
    return Signer(algorithm, jwk, lambda data: hmac.digest(secret, data, digest))


def rsa_signer(algorithm: str, key: rsa.RSAPrivateKey | None = None) -> Signer:
    signing = key or rsa_key()
    digest = _HASHES[algorithm[2:]]

    def sign(data: bytes) -> bytes:
        if algorithm.startswith("RS"):
            return signing.sign(data, padding.PKCS1v15(), digest)
        salted = padding.PSS(padding.MGF1(digest), digest.digest_size)
        return signing.sign(data, salted, digest)

    return Signer(algorithm, rsa_jwk(signing, alg=algorithm, use="sig", kid="one"), sign)


@cache
def ec_signer(algorithm: str) -> Signer:
    curve, name, size = _CURVES[algorithm]
    key = ec.generate_private_key(curve)
    digest = _HASHES[algorithm[2:5]]

    def sign(data: bytes) -> bytes:
        pair = decode_dss_signature(key.sign(data, ec.ECDSA(digest)))
        return b"".join(one.to_bytes(size, "big") for one in pair)

    numbers = key.public_key().public_numbers()
    point = {"x": number(numbers.x, size), "y": number(numbers.y, size)}
    jwk = {"kty": "EC", "crv": name, **point, "alg": algorithm, "use": "sig", "kid": "one"}
    return Signer(algorithm, jwk, sign)


@cache
def edwards_signer(curve: str) -> Signer:
    key: ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey
    if curve == "Ed25519":
        key = ed25519.Ed25519PrivateKey.generate()
    else:
        key = ed448.Ed448PrivateKey.generate()
    x = b64(key.public_key().public_bytes_raw())
    jwk = {"kty": "OKP", "crv": curve, "x": x, "alg": "EdDSA", "use": "sig", "kid": "one"}
    return Signer("EdDSA", jwk, key.sign)


def signers() -> list[Signer]:
    return [
        *map(hmac_signer, ("HS256", "HS384", "HS512")),
        *map(rsa_signer, ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")),
        *map(ec_signer, _CURVES),
        *map(edwards_signer, ("Ed25519", "Ed448")),
    ]


def spoilt(signer: Signer) -> Iterator[tuple[str, str]]:
    """What must never be accepted, as project Wycheproof lists it for every algorithm."""
    head, payload, signature = signer.token().split(".")
    turned = b64(bytes([un64(signature)[0] ^ 1]) + un64(signature)[1:])
    none = packed({"alg": "none", "kid": "one"})
    other = packed({"alg": signer.algorithm, "kid": "Xne"})
    yield "modified signature", f"{head}.{payload}.{turned}"
    yield "missing signature", f"{head}.{payload}."
    yield "missing signature and separator", f"{head}.{payload}"
    yield "modified payload", f"{head}.{b64(b'fop')}.{signature}"
    yield "missing payload", f"{head}..{signature}"
    yield "missing payload and separator", f"{head}.{signature}"
    yield "modified header", f"{other}.{payload}.{signature}"
    yield "missing header", f".{payload}.{signature}"
    yield "missing header and separator", f"{payload}.{signature}"
    yield "missing header and signature", f".{payload}."
    yield "only a payload", payload
    yield "nothing", ""
    yield "an empty fourth part", f"{head}.{payload}.{signature}."
    yield "a fourth part", f"{head}.{payload}.{signature}.foo"
    yield "none, unsigned", f"{none}.{payload}."
    yield "none, signed", f"{none}.{payload}.{signature}"
    for name in ("None", "NONE", "nOnE"):
        yield name, f"{packed({'alg': name})}.{payload}."
    yield (
        "truncated JSON",
        f'{{"payload":"{payload}","protected":"{head}","signature":"{signature}"',
    )
    yield "padded base64", f"{head}.{payload}.{signature}="
    yield "base64 of the other alphabet", f"{head}.{payload}.+/{signature[2:]}"
    yield "a line break", f"{head}.{payload}.{signature}\n"
    yield "a space within", f"{head}. {payload}.{signature}"
    yield "zeros", f"{head}.{payload}.{b64(bytes(len(un64(signature))))}"
    yield "cut by a byte", f"{head}.{payload}.{b64(un64(signature)[:-1])}"
    yield "longer by a byte", f"{head}.{payload}.{b64(un64(signature) + b'0')}"
    yield from _signed_nonsense(signer)


def _signed_nonsense(signer: Signer) -> Iterator[tuple[str, str]]:
    """The signature is right: it is the header that is not to be believed."""
    algorithm, payload = signer.algorithm, b64(b"foo")
    heads = {
        "an empty crit": {"alg": algorithm, "crit": []},
        "an unknown crit": {"alg": algorithm, "crit": ["exp"], "exp": 1},
        "crit that names itself": {"alg": algorithm, "crit": ["alg"]},
        "unencoded payload": {"alg": algorithm, "b64": False, "crit": ["b64"]},
        "no algorithm": {"kid": "one"},
        "an algorithm that is a list": {"alg": [algorithm]},
        "lower case": {"alg": algorithm.lower()},
        "another algorithm": {"alg": "HS256" if algorithm != "HS256" else "HS512"},
    }
    for name, head in heads.items():
        yield name, signer.signed(packed(head), payload)
    yield "alg twice", signer.signed(b64(f'{{"alg":"none","alg":"{algorithm}"}}'.encode()), payload)
    yield "a header that is a list", signer.signed(b64(b'["alg"]'), payload)
    yield "a header that is no JSON", signer.signed(b64(b"{alg}"), payload)
    yield "a header that is no UTF-8", signer.signed(b64(b'{"alg":"\xff"}'), payload)


def confused(signer: Signer) -> Iterator[tuple[str, str]]:
    """HMACs with what everybody knows: the public key, in each of its spellings."""
    jwk = signer.public
    point: str = jwk["n"] if jwk["kty"] == "RSA" else jwk["x"]
    texts = [
        json.dumps(jwk).encode(),
        json.dumps(jwk, separators=(",", ":")).encode(),
        un64(point),
        point.encode(),
        b"",
    ]
    signed = f"{packed({'alg': 'HS256', 'kid': 'one'})}.{b64(b'foo')}"
    for place, secret in enumerate(texts):
        yield f"secret {place}", f"{signed}.{b64(hmac.digest(secret, signed.encode(), 'sha256'))}"

"""What a key may be used for, by its kind (RFC 7518, 8037, 8812, 9864)."""

HMAC_BITS = {"HS256": 256, "HS384": 384, "HS512": 512}
CURVE_OF = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "ES256K": "secp256k1"}
_RSA_SIGNATURES = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
_EDWARDS = {
    "Ed25519": frozenset({"EdDSA", "Ed25519"}),
    "Ed448": frozenset({"EdDSA", "Ed448"}),
}
_WRAP_BITS = {
    "A128KW": 128, "A192KW": 192, "A256KW": 256,
    "A128GCMKW": 128, "A192GCMKW": 192, "A256GCMKW": 256,
}  # fmt: skip
_PASSWORDS = frozenset({"PBES2-HS256+A128KW", "PBES2-HS384+A192KW", "PBES2-HS512+A256KW"})
_AGREEMENTS = frozenset({"ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW"})
_RSA_ENCRYPTION = frozenset({"RSA1_5", "RSA-OAEP", "RSA-OAEP-256"})
CONTENT_BITS = {
    "A128CBC-HS256": 256, "A192CBC-HS384": 384, "A256CBC-HS512": 512,
    "A128GCM": 128, "A192GCM": 192, "A256GCM": 256,
}  # fmt: skip
"""Bits of the content encryption key."""


def signature_algorithms(kty: str, curve: str, bits: int) -> frozenset[str]:
    """Those that a key of this kind can verify, by itself; `bits` is the size of a secret."""
    if kty == "oct":
        return frozenset(name for name, least in HMAC_BITS.items() if bits >= least)
    if kty == "RSA":
        return _RSA_SIGNATURES
    if kty == "EC":
        return frozenset(name for name, its in CURVE_OF.items() if its == curve)
    return _EDWARDS.get(curve, frozenset())


def encryption_algorithms(kty: str, curve: str, bits: int) -> frozenset[str]:
    """Those that a key of this kind can decrypt."""
    if kty == "oct":
        wraps = frozenset(name for name, size in _WRAP_BITS.items() if size == bits)
        return wraps | _PASSWORDS | {"dir"}
    if kty == "RSA":
        return _RSA_ENCRYPTION
    if kty == "EC" or curve in ("X25519", "X448"):
        return _AGREEMENTS
    return frozenset()

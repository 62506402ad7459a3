"""Keyed hashes: equal identifiers give equal digests; nothing leads back without the key."""

from blake3 import blake3

KEY_SIZE = 32


class Hasher:
    """Keyed BLAKE3 under one installation's key (32 bytes).

    `purpose` separates the families, so that a phone number and a token never share a digest.
    """

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_SIZE:
            raise ValueError(f"the hashing key must be {KEY_SIZE} bytes, not {len(key)}")
        self._key = key

    def digest(self, purpose: str, value: str) -> bytes:
        """8 bytes: enough that a million subjects collide with probability 3e-8."""
        return blake3(f"{purpose}\0{value}".encode("utf-8", "surrogatepass"), key=self._key).digest(
            length=8
        )

    def hex(self, purpose: str, value: str) -> str:
        """The digest as 16 hexadecimal digits."""
        return self.digest(purpose, value).hex()

    def key(self, purpose: str) -> bytes:
        """32 bytes that only this installation has, to sign with; another key for each purpose."""
        # Derived in BLAKE3's own mode for that, so that no digest above can be part of it.
        return blake3(self._key, derive_key_context=f"Nightlatch 2026 {purpose}").digest()

    def __repr__(self) -> str:
        return "Hasher(•••)"

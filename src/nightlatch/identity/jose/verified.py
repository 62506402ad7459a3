"""What became of a token, and why a part of it was refused."""

from typing import Any

from msgspec import Struct

Document = dict[str, Any]


class Verified(Struct, frozen=True):
    valid: bool
    reason: str = ""
    """Why it is not, in words; empty when it is."""
    header: Document = {}
    """Protected and unprotected together, as the token says: to be believed only when valid."""
    payload: bytes = b""
    """Of the innermost token; empty unless its signature holds, or its decryption did."""
    claims: Document | None = None
    """The payload, where that is a JSON object; None unless the signature holds. A token that is
    only too old has them too."""
    key_id: str = ""
    """`kid` of the key that it was verified with, where that has one."""
    key_number: int | None = None
    """The place of that key among those that were given, from 0; None unless one held."""
    nested: bool = False
    """The claims come from a signed token within an encrypted one."""
    thumbprint: str = ""
    """RFC 7638, of the public key that it was verified with; of a secret there is none."""
    unproven: bool = False
    """It is a token, and no key given stands behind it: none fits, or the signature does not hold.
    """


class Unsound(Exception):
    """Something is wrong with a token or a key; the text says what. Never leaves this package."""


class Unproven(Unsound):
    """There is nothing wrong with the token itself: no key stands behind it."""

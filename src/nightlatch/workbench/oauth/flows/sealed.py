"""Tokens that a server encrypted to the client: ID tokens, and answers of the browser (JARM).

They are opened with the client's own key, whatever that says of its use: the server chose it. That
one opens proves nothing, since anybody can encrypt to a public key: the issuer must have signed
what is inside (OpenID Connect Core 1.0, section 10.2).
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from nightlatch.identity.jose import Verified, encrypted, verify
from nightlatch.identity.jose.keys import KeyRing, read_keys
from nightlatch.identity.jose.verified import Unsound
from nightlatch.workbench.oauth.flows.client import Client
from nightlatch.workbench.oauth.flows.steps import FlowFault

_ABOUT = frozenset({"use", "alg", "key_ops", "kid"})
_PUBLIC_KEY = frozenset(
    {"RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW"}
)
Unseal = Callable[[str], str]


def is_sealed(token: str) -> bool:
    return token.count(".") == 4


def verified(token: str, keys: dict[str, Any], client: Client, what: str) -> Verified:
    """By the issuer's `keys` alone, opened first where it is encrypted. Raises FlowFault where the
    client has nothing to open it with."""
    if not is_sealed(token):
        return verify(token, keys, client.clock())
    own = client.secrets.key
    if own is None:
        raise FlowFault(
            f"{what} is encrypted, and read with the client's private key (--client-key FILE)"
        )
    published = keys.get("keys")
    signers = published if isinstance(published, list) else []
    found = verify(token, [*signers, _bare(own)], client.clock())
    if found.valid and (not found.nested or found.key_number == len(signers)):
        return Verified(False, "it is encrypted, and not signed by its issuer")
    return found


def unsealer(client: Client) -> Unseal | None:
    """Tells what is inside of a token that was encrypted to the client's public key, unverified,
    and "" of others. None for a client without a key."""
    if client.secrets.key is None:
        return None
    try:
        [key] = read_keys([_bare(client.secrets.key)]).keys
    except Unsound:
        return None
    # Anybody may send an answer. Who could try as often as they like on RSA1_5 would learn from how
    # long each takes (Bleichenbacher), and what a password costs is for them to say.
    ring = KeyRing((replace(key, encryption=key.encryption & _PUBLIC_KEY),))

    def unseal(token: str) -> str:
        try:
            return encrypted.open_compact(token, ring).payload.decode("ascii")
        except Exception:  # noqa: BLE001 -- hostile input is a value, whatever a library makes of it
            return ""

    return unseal


def _bare(key: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in key.items() if name not in _ABOUT}

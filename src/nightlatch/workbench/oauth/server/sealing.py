"""What is encrypted to a client that registered for it, with a key of its `jwks`."""

from nightlatch.workbench.oauth.server.answers import Document, Refusal
from nightlatch.workbench.oauth.server.clients import Client
from nightlatch.workbench.tokens.making import contents_for, seal, sealing_algorithms
from nightlatch.workbench.tokens.material import NoKey

SEALINGS = ("RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW")


def sealed(token: str, client: Client, wanted: tuple[str, str]) -> str:
    """The token, or the same encrypted, where that is wanted (`alg`, `enc`). Raises Refusal."""
    algorithm, content = wanted
    if not algorithm:
        return token
    key = sealing_key(client, wanted)
    if key is None:
        raise Refusal("server_error", "the client has no key to encrypt to")
    return seal(token, key, alg=algorithm, enc=content)


def sealing_key(client: Client, wanted: tuple[str, str]) -> Document | None:
    algorithm, content = wanted
    return next((key for key in client.keys if _can(key, algorithm, content)), None)


def _can(key: Document, algorithm: str, content: str) -> bool:
    try:
        fits = algorithm in SEALINGS and algorithm in sealing_algorithms(key)
        return fits and content in contents_for(key, algorithm)
    except NoKey:
        return False

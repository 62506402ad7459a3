"""What a probe can find: each with how bad it is, where that is written, and what to do."""

from msgspec import Struct

from nightlatch.exchange.judgement import Level


class Weakness(Struct, frozen=True):
    id: str
    """Kebab-case, stable."""
    level: Level
    title: str
    source: str
    remedy: str


class Found(Struct, frozen=True):
    """A weakness that a server has."""

    weakness: Weakness
    evidence: str
    """What was sent and what came back, in words; no tokens."""


class Report(Struct, frozen=True):
    found: tuple[Found, ...]
    tried: tuple[str, ...]
    """Ids of the weaknesses that were looked for."""
    skipped: tuple[str, ...] = ()
    """What could not be tried, and what would be needed."""


_BCP = "RFC 8725"
_SIGNED = "Verify with a library that takes the algorithm from the key, and refuse all else."

OPEN = Weakness(
    "open",
    Level.HIGH,
    "The API answers without a token",
    "OWASP API2:2023",
    "Demand a token at this address, or name one that demands it.",
)
BROKEN = Weakness(
    "breaks",
    Level.LOW,
    "A forged token makes the API fail (5xx)",
    "CWE-755",
    "Answer 401 to whatever cannot be read, and log it.",
)
NONE = Weakness("unsigned", Level.HIGH, "Unsigned tokens are believed", f"{_BCP}, 3.2", _SIGNED)
SIGNATURE = Weakness(
    "signature-ignored",
    Level.HIGH,
    "Signatures are not checked",
    f"{_BCP}, 3.3",
    "Decode tokens with the verifying call of the library alone.",
)
CONFUSION = Weakness(
    "key-confusion", Level.HIGH, "The public key is taken for a secret", f"{_BCP}, 2.1", _SIGNED
)
EMBEDDED = Weakness(
    "embedded-key",
    Level.HIGH,
    "A token may bring its own key",
    f"{_BCP}, 3.10",
    "Ignore jwk, jku, x5u and x5c in headers: keys come from the issuer.",
)
KEY_ID = Weakness(
    "key-id-path",
    Level.HIGH,
    "The key's id is used as a path",
    f"{_BCP}, 2.9",
    "Look the id up in the issuer's key set, and nowhere else.",
)
KEY_SQL = Weakness(
    "key-id-query",
    Level.HIGH,
    "The key's id goes into a query",
    f"{_BCP}, 2.9",
    "Look the id up in the issuer's key set; bind parameters.",
)
EMPTY = Weakness(
    "empty-secret",
    Level.HIGH,
    "Tokens signed with an empty secret are believed",
    f"{_BCP}, 3.5",
    _SIGNED,
)
WEAK = Weakness(
    "weak-secret",
    Level.HIGH,
    "Tokens are signed with a common secret",
    "RFC 7518, 3.2",
    "Use an asymmetric key, or 256 random bits; replace this now.",
)
QUERY = Weakness(
    "token-in-query",
    Level.MEDIUM,
    "A token in the address is accepted",
    "RFC 9700, 4.3.2",
    "Take tokens from the Authorization header alone.",
)
EXPIRED = Weakness(
    "expired",
    Level.HIGH,
    "A token that has expired is accepted",
    "RFC 7519, 4.1.4",
    "Check exp, with no more than a minute's tolerance.",
)
AUDIENCE = Weakness(
    "other-audience",
    Level.HIGH,
    "A token for another service is accepted",
    f"{_BCP}, 3.9",
    "Check that aud names this API.",
)
ID_TOKEN = Weakness(
    "id-token",
    Level.MEDIUM,
    "An ID token opens the API",
    "RFC 9068, 4",
    "Demand typ at+jwt, and your own audience.",
)
REVOKED = Weakness(
    "revoked",
    Level.MEDIUM,
    "A revoked token is accepted",
    "RFC 7009, 2",
    "Introspect, or keep tokens short-lived and a list of revoked ones.",
)
UNPROVEN = Weakness(
    "unproven",
    Level.HIGH,
    "A bound token is accepted without its proof",
    "RFC 9449, 7.1",
    "Where cnf is in a token, demand the proof of its key.",
)
REPLAY = Weakness(
    "proof-replay",
    Level.MEDIUM,
    "A proof of possession can be used twice",
    "RFC 9449, 11.1",
    "Remember each jti while its proof is good, or use nonces.",
)

LOGIN = Weakness(
    "log-in",
    Level.HIGH,
    "The answer to a log-in does not prove whose it is",
    "RFC 9700, 4.4, 4.7",
    "Return state as it was sent, iss as announced, and nonce in the ID token.",
)
CODE_REPLAY = Weakness(
    "code-replay",
    Level.HIGH,
    "A code works twice",
    "RFC 6749, 4.1.2",
    "Refuse a code that was used, and revoke what it was exchanged for.",
)
VERIFIER = Weakness(
    "verifier-ignored",
    Level.HIGH,
    "The code verifier is not checked",
    "RFC 7636, 4.6",
    "Compare the verifier with the challenge that the code was issued for.",
)
DOWNGRADE = Weakness(
    "pkce-downgrade",
    Level.HIGH,
    "PKCE can be left out",
    "RFC 9700, 2.1.1",
    "Refuse requests of public clients without code_challenge.",
)
REDIRECT = Weakness(
    "loose-redirect",
    Level.HIGH,
    "A redirect address that is not registered gets the answer",
    "RFC 9700, 4.1",
    "Compare redirect addresses as whole texts; of loopback, all but the port.",
)
REQUEST = Weakness(
    "unsigned-request",
    Level.MEDIUM,
    "A request object without a signature is believed",
    "RFC 9101, 10.1",
    "Refuse alg none for clients that can sign.",
)
REUSE = Weakness(
    "refresh-reuse",
    Level.HIGH,
    "A refresh token that was replaced still works",
    "RFC 9700, 4.14.2",
    "Refuse it, and revoke the whole family.",
)
CACHED = Weakness(
    "cacheable",
    Level.LOW,
    "Answers with tokens may be cached",
    "RFC 6749, 5.1",
    "Send Cache-Control: no-store.",
)
INTROSPECTION = Weakness(
    "open-introspection",
    Level.MEDIUM,
    "Anybody may ask what a token is",
    "RFC 7662, 2.1",
    "Let only clients that authenticate introspect.",
)
PRIVATE = Weakness(
    "private-keys",
    Level.HIGH,
    "Private keys are published",
    "RFC 7517, 9.2",
    "Replace the keys now, and publish their public parts alone.",
)

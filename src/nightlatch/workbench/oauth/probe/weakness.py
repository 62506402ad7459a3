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
PSYCHIC = Weakness(
    "psychic-signature",
    Level.HIGH,
    "A signature of zeros is believed",
    "CVE-2022-21449",
    "Renew the library or runtime that verifies: r and s must be between 1 and n - 1.",
)
KEY_SHELL = Weakness(
    "key-id-command",
    Level.HIGH,
    "The key's id goes into a shell",
    "CWE-78",
    "Look the id up in the issuer's key set, and nowhere else.",
)
KEY_ADDRESS = Weakness(
    "foreign-keys",
    Level.HIGH,
    "A token may name where its key is",
    f"{_BCP}, 3.10",
    "Ignore jku and x5u, and iss that is not one of your issuers: keys come from these alone.",
)
FETCHES = Weakness(
    "fetches",
    Level.MEDIUM,
    "The API fetches addresses that a token names",
    f"{_BCP}, 3.10; CWE-918",
    "Fetch from addresses of your own list; whoever names others reaches into your network.",
)
REFLECTED = Weakness(
    "claims-first",
    Level.MEDIUM,
    "Claims are used before the signature is checked",
    f"{_BCP}, 3.3; CWE-345",
    "Verify first, and decode nothing that does not hold.",
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
UNBOUND = Weakness(
    "unbound",
    Level.HIGH,
    "A certificate-bound token is accepted without its certificate",
    "RFC 8705, 3",
    "Compare x5t#S256 of cnf with the certificate of the connection.",
)
FAILS = Weakness(
    "fails",
    Level.LOW,
    "The API fails now and then (5xx)",
    "CWE-755",
    "Find in its logs what fails: what is tried on it may be only in part to blame.",
)
SLOW = Weakness(
    "slow",
    Level.LOW,
    "Answers take a second or more",
    "OWASP API4:2023",
    "Find what waits: a server that is slow for one is down for many.",
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
FOREIGN_CODE = Weakness(
    "code-of-another",
    Level.HIGH,
    "A code works for another client",
    "RFC 6749, 4.1.3",
    "Compare the client that redeems a code with the one it was issued to.",
)
SCOPE = Weakness(
    "any-scope",
    Level.HIGH,
    "A scope that is not the client's is granted",
    "RFC 6749, 3.3; RFC 9700, 2.3",
    "Grant what the client is registered for, and answer invalid_scope to the rest.",
)
REQUEST_REUSE = Weakness(
    "request-uri-reuse",
    Level.MEDIUM,
    "A pushed request works twice",
    "RFC 9126, 4, 7.3",
    "Forget a request_uri once it was answered.",
)
CERTIFICATE = Weakness(
    "certificate-not-checked",
    Level.HIGH,
    "A client of mutual TLS is believed without its certificate",
    "RFC 8705, 2",
    "Demand the certificate at each endpoint, and compare it with the registered one.",
)
ISSUER = Weakness(
    "wrong-issuer",
    Level.MEDIUM,
    "The metadata are under another issuer's name",
    "RFC 8414, 3.3; RFC 9700, 4.4",
    "Set issuer to exactly the address that clients begin with.",
)

"""The API lets in a token that its issuer does not stand behind."""

from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.exchange.credential import INVENTED, Credential, Proof
from nightlatch.exchange.disclosure import Side
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.record import Posture
from nightlatch.exchange.source import Part

_WORDS = {
    Proof.UNSIGNED: "that is not signed",
    Proof.FORGED: "whose signature is not its issuer's",
    Proof.UNKNOWN_KEY: "that is signed by a key which its issuer does not have",
    Proof.EXPIRED: "that had expired",
    Proof.AUDIENCE: "that is meant for another API",
    Proof.UNSOUND: "that no strict reader takes for one",
}
# Bound once: to look a member up costs 60 ns until Python 3.12.
_UNKNOWN = Proof.UNKNOWN
_VERIFIED = Proof.VERIFIED


def judge(evidence: Evidence) -> Verdict:
    proofs = [one.proof for one in evidence.exchange.credentials if one.proof is not _UNKNOWN]
    if not proofs:
        return SKIP
    answer = evidence.exchange.response
    if answer is None or not 200 <= answer.status < 300 or _VERIFIED in proofs:
        return None
    worst = next((one for one in proofs if one in INVENTED), proofs[0])
    if not _let_in_by(worst, evidence.exchange.credentials) or not _guarded(evidence):
        return None
    return f"the API answered {answer.status} to a token {_WORDS[worst]}"


def _let_in_by(proof: Proof, credentials: tuple[Credential, ...]) -> bool:
    """Another credential may be what opened the door beside an old token. Nobody sends a forged one
    by mistake, and an invented key beside it is easily sent."""
    return proof in INVENTED or all(one.proof is not _UNKNOWN for one in credentials)


def _guarded(evidence: Evidence) -> bool:
    """Is it a door that looks at tokens at all, or is somebody's data behind it?"""
    posture = evidence.facts.posture
    if posture is Posture.PROTECTED:
        return True
    told = any(item.side is Side.RESPONSE for item in evidence.items)
    return posture is not Posture.OPEN and (told or bool(evidence.disclosure.disclosed))


CHECK = Check(
    id="token-accepted-invalid",
    title="The API takes an invalid token",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Verifies the tokens of the issuers that `tokens.issuers` declares, after the answer, and fails when
the API answered 2xx to one that is invalid: not signed, forged, signed by a key that its issuer
does not have, meant for another API, or over for more than five minutes. The endpoint must be known
to turn others away, or somebody's data must be in the answer: a door that answers anybody looks at
no token. Nothing is said before one token of the issuer has been verified, as its keys in the
settings may be the wrong ones.""",
    why="""\
Whoever can write a token that the API takes is whoever he says he is. Verifiers that read the
algorithm from the token, take a public key for a secret, or decode without verifying are among the
most frequent faults of APIs, and everything works until somebody tries.""",
    example="""\
GET /me HTTP/1.1
Host: api.example.com
Authorization: Bearer eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJzdWIiOiIxIn0.

HTTP/1.1 200 OK
Content-Type: application/json

{"email": "ada@example.com"}
""",
    remedy="""\
Verify the signature with your issuer's keys, name the algorithms, and require the claims. Then look
in the records for who came in this way.

```python
from joserfc import jwt

token = jwt.decode(value, key_set, algorithms=["ES256"])
jwt.JWTClaimsRegistry(
    exp={"essential": True},
    iss={"essential": True, "value": ISSUER},
    aud={"essential": True, "value": API},
).validate(token.claims)
```""",
    owasp="API2:2023",
    cwe=347,
    references=(
        "https://www.rfc-editor.org/rfc/rfc8725#section-3",
        "https://www.rfc-editor.org/rfc/rfc7519#section-7.2",
    ),
    needs=frozenset({Part.STATUS}),
    reads=frozenset(
        {Part.QUERY, Part.REQUEST_HEADERS, Part.CREDENTIALS, Part.SECRETS, Part.RESPONSE_BODY}
    ),
    judge=judge,
)

"""Request framing: two opinions on where the request's body ends."""

from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.exchange.judgement import Level


def judge(evidence: Evidence) -> Verdict:
    request = evidence.exchange.request
    headers = request.headers
    if b"content-length" not in headers:
        return SKIP
    if any(attack.check == "request-smuggling" for attack in evidence.attacks):
        # Said already, with what it is for.
        return None
    if request.http_version.startswith("1") and b"transfer-encoding" in headers:
        return "the request has both Content-Length and Transfer-Encoding"
    lengths = {length.strip() for length in headers.get_all(b"content-length")}
    if len(lengths) > 1:
        return f"the request has {len(lengths)} different Content-Length fields"
    if not "".join(lengths).isdecimal():
        return "Content-Length is not a number"
    return None


CHECK = Check(
    id="request-framing",
    title="The request's length is ambiguous",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Fails when an HTTP/1 request has both `Content-Length` and `Transfer-Encoding`, several different
`Content-Length` fields, or one that is not a number. Requests without `Content-Length` are not
judged, and where `request-smuggling` has spoken this check steps back.""",
    why="""\
If the proxy and the application disagree on where one request ends, the rest becomes the
beginning of the next person's request: permission rules of the proxy are passed by, answers
reach the wrong people. No honest client sends this.""",
    example="""\
POST / HTTP/1.1
Host: api.example.com
Content-Length: 6
Transfer-Encoding: chunked

0

G
""",
    remedy="""\
Update proxy and server: current nginx, HAProxy, h11 and httptools refuse such requests. Speak
HTTP/2 to the back end where you can, and never turn on tolerant parsing (`option
accept-invalid-http-request` in HAProxy). If one got as far as the application, something in
front of it let it through: find out what.""",
    owasp="API8:2023",
    cwe=444,
    references=(
        "https://www.rfc-editor.org/rfc/rfc9112#section-6.3",
        "https://www.rfc-editor.org/rfc/rfc9112#section-11.2",
    ),
    judge=judge,
)

"""Security policies: is there a Content-Security-Policy at all?"""

from nightlatch.checks.answers import own_headers
from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part


def judge(evidence: Evidence) -> Verdict:
    headers = own_headers(evidence)
    if headers is None:
        return SKIP
    policy = headers.get(b"content-security-policy")
    if policy is None:
        return "Content-Security-Policy is absent"
    return None if policy.strip(" ;") else "Content-Security-Policy is empty"


CHECK = Check(
    id="content-security-policy",
    title="No Content-Security-Policy",
    level=Level.LOW,
    scope=Scope.ENDPOINT,
    what="""\
Looks for `Content-Security-Policy` in the answer. Fails when it is absent or empty; the
report-only variant does not count, since it protects nobody. For JSON answers this is a second
wall, not a first one, so it is reported once per endpoint and never more than Low.""",
    why="""\
Should an answer ever be shown as a page (a wrong type, an error page, the interactive
documentation), the policy decides whether a script inside it may run.""",
    example="""\
GET /orders HTTP/1.1
Host: api.example.com

HTTP/1.1 200 OK
Content-Type: application/json
""",
    remedy="""\
An API needs the strictest policy there is, and it never has to be maintained:

```nginx
add_header Content-Security-Policy "default-src 'none'; frame-ancestors 'none'" always;
```

Give the interactive documentation its own, wider policy on its own path.""",
    owasp="API8:2023",
    cwe=693,
    references=(
        "https://www.w3.org/TR/CSP3/",
        "https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html#security-headers",
    ),
    needs=frozenset({Part.RESPONSE_HEADERS, Part.STATUS}),
    judge=judge,
    treblle="Security policies",
)

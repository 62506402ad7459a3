"""A dormant endpoint wakes up."""

from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.checks.wording import days
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part

ASLEEP = 30 * 86_400.0
"""Seconds without a request after which an endpoint counts as dormant."""
_NOBODY_HOME = frozenset({404, 405, 410})


def judge(evidence: Evidence) -> Verdict:
    last_seen = evidence.facts.last_seen
    response = evidence.exchange.response
    if not last_seen or response is None:
        return SKIP
    slept = evidence.exchange.at - last_seen
    if slept < ASLEEP or response.status in _NOBODY_HOME:
        return None
    return f"the first request after {days(slept)} without any"


CHECK = Check(
    id="dormant-endpoint",
    title="A dormant endpoint wakes up",
    level=Level.MEDIUM,
    scope=Scope.REQUEST,
    what=f"""\
Fails on the first request to an endpoint that nobody has used for {days(ASLEEP)}, unless the
answer is 404, 405 or 410. The requests after it pass: the endpoint is awake then.""",
    why="""\
Forgotten endpoints are where authentication was never added. When one wakes up, somebody has
found it; attackers read old clients and old documentation.""",
    example="""\
GET /internal/export HTTP/1.1        (last used 143 days ago)
Host: api.example.com

HTTP/1.1 200 OK
""",
    remedy="""\
Find out who called (the record shows the caller) and whether the endpoint is still needed. If
not, remove the route; that is the whole fix. If it serves a yearly job, declare it in the
console (must authenticate) and make an exception for this check.""",
    owasp="API9:2023",
    cwe=912,
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html#management-endpoints",
    ),
    needs=frozenset({Part.STATUS}),
    judge=judge,
)

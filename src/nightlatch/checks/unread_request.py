"""A request of which part was not read, because it went beyond a bound."""

from nightlatch.checks.check import Check, Evidence, Scope, Verdict
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.source import Part


def judge(evidence: Evidence) -> Verdict:
    unread = [evidence.unread] if evidence.unread else []
    if evidence.request.cut:
        unread.append("a part of the body")
    if evidence.exchange.request.body.fault:
        unread.append(f"the body as it was coded ({evidence.exchange.request.body.fault})")
    return f"not read: {' and '.join(unread)}" if unread else None


CHECK = Check(
    id="unread-request",
    title="Part of a request could not be read",
    level=Level.LOW,
    scope=Scope.REQUEST,
    what="""\
Fails when a bound cut the reading of a request short: more bytes than `capture.body_limit`, more
than 5,000 values or 32 levels of JSON, more than four layers of encodings or half a megabyte of
text in them, more suspicious text than may be read of one request, a compressed body that expands
beyond measure or cannot be expanded. What was read was checked as usual.""",
    why="""\
Every inspection has a limit, and padding a request until the attack lies behind it is the oldest
way around one. A client that does this often, where others do not, wants not to be read.""",
    example="""\
POST /search HTTP/1.1
Content-Type: application/json
Content-Encoding: gzip

(one megabyte that expands to ten gigabytes)
""",
    remedy="""\
Refuse what your application does not need: a limit on the body's size at the proxy
(`client_max_body_size` in nginx), on depth and number of fields where it is parsed. Where large
bodies are ordinary, raise `capture.body_limit`, or switch this check off with `checks_off`.""",
    owasp="API4:2023",
    cwe=770,
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html",
        "https://www.rfc-editor.org/rfc/rfc9110#section-15.5.14",
    ),
    reads=frozenset({Part.QUERY, Part.REQUEST_HEADERS, Part.REQUEST_BODY}),
    judge=judge,
)

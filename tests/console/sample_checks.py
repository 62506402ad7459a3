"""A catalogue for the tests: real questions, with functions that are never called here."""

from nightlatch.checks.check import SKIP, Check, Evidence, Scope, Verdict
from nightlatch.exchange.judgement import Level


def never(evidence: Evidence) -> Verdict:
    return SKIP


def _check(
    check_id: str, title: str, level: Level, owasp: str, cwe: int, scope: Scope = Scope.REQUEST
) -> Check:
    return Check(
        id=check_id,
        title=title,
        level=level,
        scope=scope,
        what=f"Reads the exchange and fails when: {title[0].lower()}{title[1:]}.",
        why="A list of identifiers goes in, and a list of people comes out. Every single request "
        "looks fine, so nobody notices until the list is for sale.",
        example="GET /v1/users/lookup/+14155550132 HTTP/1.1\nHost: api.example.com\n\n"
        'HTTP/1.1 200 OK\nContent-Type: application/json\n\n{"phone": "+14155550132", '
        '"account_id": 91827}',
        remedy="Ask for a credential before the first look-up in the store, and answer “not found” "
        "and “not yours” alike.",
        owasp=owasp,
        cwe=cwe,
        references=("https://owasp.org/API-Security/editions/2023/en/0x11-t10/",),
        judge=never,
    )


SAMPLE_CHECKS = (
    _check(
        "personal-data-to-strangers",
        "Personal data goes to a caller without a credential",
        Level.HIGH,
        "API2:2023",
        306,
    ),
    _check("secret-in-response", "The answer carries a secret", Level.HIGH, "API3:2023", 200),
    _check("missing-authentication", "No credential was sent", Level.MEDIUM, "API2:2023", 306),
    _check("sql-injection", "A parameter looks like SQL", Level.HIGH, "API10:2023", 89),
    _check("credential-in-url", "A credential travels in the URL", Level.HIGH, "API2:2023", 598),
    _check("plain-http", "The request came over plain HTTP", Level.MEDIUM, "API8:2023", 319),
    _check(
        "excessive-records", "One answer carries very many records", Level.MEDIUM, "API4:2023", 770
    ),
    _check("stack-trace", "The answer shows a stack trace", Level.MEDIUM, "API8:2023", 209),
    _check(
        "missing-rate-limit",
        "Strangers are never slowed down here",
        Level.MEDIUM,
        "API4:2023",
        799,
        Scope.ENDPOINT,
    ),
    _check(
        "cacheable-personal-data",
        "Personal data may be kept by caches",
        Level.MEDIUM,
        "API8:2023",
        525,
        Scope.ENDPOINT,
    ),
    _check(
        "hsts", "Strict-Transport-Security is missing", Level.LOW, "API8:2023", 319, Scope.ENDPOINT
    ),
    _check(
        "content-type-options",
        "X-Content-Type-Options is missing",
        Level.LOW,
        "API8:2023",
        693,
        Scope.ENDPOINT,
    ),
    _check("server-header", "The Server header tells the version", Level.LOW, "API8:2023", 200),
    _check("caller-reputation", "The caller is on a block list", Level.MEDIUM, "API6:2023", 799),
)

"""The checks' help, as Markdown: one page for the console, one reference for the documentation."""

from collections.abc import Iterable, Sequence

from nightlatch.checks.check import Check, Scope
from nightlatch.exchange.judgement import Level

_OWASP_PAGES = {
    "API1:2023": "0xa1-broken-object-level-authorization",
    "API2:2023": "0xa2-broken-authentication",
    "API3:2023": "0xa3-broken-object-property-level-authorization",
    "API4:2023": "0xa4-unrestricted-resource-consumption",
    "API5:2023": "0xa5-broken-function-level-authorization",
    "API6:2023": "0xa6-unrestricted-access-to-sensitive-business-flows",
    "API7:2023": "0xa7-server-side-request-forgery",
    "API8:2023": "0xa8-security-misconfiguration",
    "API9:2023": "0xa9-improper-inventory-management",
    "API10:2023": "0xaa-unsafe-consumption-of-apis",
}

_SCOPE_WORDS = {
    Scope.REQUEST: "each request",
    Scope.ENDPOINT: "the endpoint, reported once",
}

_PREFACE = """\
# Checks

Every exchange is judged by these checks, without looking at any other exchange; what only many
exchanges together show is the work of the detectors. A check answers in one of three ways: it
passes, it fails with the evidence in words, or it says that it had nothing to judge by. The level
of a request is at least the highest level among the checks that failed.

This page is made from the checks: `nightlatch checks --markdown > docs/reference/checks.md`.
"""


def owasp_url(owasp: str) -> str:
    """The page of an OWASP API Security Top 10 (2023) id; KeyError for an unknown one."""
    return f"https://owasp.org/API-Security/editions/2023/en/{_OWASP_PAGES[owasp]}/"


def cwe_url(cwe: int) -> str:
    return f"https://cwe.mitre.org/data/definitions/{cwe}.html"


def help_page(check: Check) -> str:
    """One check's help as Markdown, headed by its title at the third level."""
    return "\n\n".join(_sections(check)) + "\n"


def reference(checks: Sequence[Check]) -> str:
    """All checks as one Markdown page: a table, then the help grouped by level, gravest first."""
    parts = [_PREFACE, _table(checks)]
    for level in sorted(Level, reverse=True):
        chosen = [check for check in checks if check.level is level]
        if chosen:
            parts.append(f"## {level.word}\n")
            parts.extend(help_page(check) for check in chosen)
    return "\n".join(parts)


def _sections(check: Check) -> Iterable[str]:
    yield f"### {check.title}"
    yield _facts(check)
    yield check.what
    yield f"**Why it matters.** {check.why}"
    yield f"**Example**\n\n```http\n{check.example.strip()}\n```"
    yield f"**What to do.** {check.remedy}"
    yield "**Read more**\n\n" + "\n".join(f"- <{url}>" for url in _links(check))


def _facts(check: Check) -> str:
    facts = [f"`{check.id}`", check.level.word, f"about {_SCOPE_WORDS[check.scope]}"]
    facts += [check.owasp, f"CWE-{check.cwe}"]
    if check.treblle:
        facts.append(f"Treblle's “{check.treblle}”")
    return " · ".join(facts)


def _links(check: Check) -> tuple[str, ...]:
    return (owasp_url(check.owasp), cwe_url(check.cwe), *check.references)


def _table(checks: Sequence[Check]) -> str:
    rows = ["| Check | Level | About | OWASP | CWE |", "|---|---|---|---|---|"]
    rows += [
        f"| [{check.id}](#{anchor(check.title)}) | {check.level.word} "
        f"| {check.scope.value} | {check.owasp} | {check.cwe} |"
        for check in sorted(checks, key=lambda check: -check.level)
    ]
    return "\n".join(rows) + "\n"


def anchor(title: str) -> str:
    """The fragment that Markdown renderers give a heading: lower case, hyphens for spaces."""
    kept = "".join(ch for ch in title.lower() if ch.isalnum() or ch in " -_")
    return kept.replace(" ", "-")

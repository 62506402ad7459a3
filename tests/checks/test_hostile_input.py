"""Whatever arrives: no check raises, and no evidence repeats what should not be stored."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.checks.conversation import every_case, evidence_of

from nightlatch.checks import CHECKS
from nightlatch.checks.attacks.registry import ATTACK_CHECKS
from nightlatch.checks.check import Evidence
from nightlatch.checks.run import run_checks
from nightlatch.exchange.content import query_leaves, read_content
from nightlatch.exchange.exchange import Body
from nightlatch.exchange.headers import Headers
from nightlatch.exchange.signs import ALL

OTHERS = [check for check in CHECKS if check not in ATTACK_CHECKS]
PLAIN = replace(evidence_of("POST /a\n\nHTTP/1.1 200\n"), request_signs=ALL, answer_signs=ALL)
"""As if every check had to look for itself."""

NAMES = [
    *(b"accept", b"authorization", b"cookie", b"origin", b"content-length", b"transfer-encoding"),
    *(b"x-http-method-override", b"content-type", b"server", b"set-cookie", b"sunset", b"allow"),
    *(b"cache-control", b"access-control-allow-origin", b"access-control-allow-credentials"),
    *(b"strict-transport-security", b"x-frame-options", b"content-security-policy"),
]
VALUES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([b"true", b"null", b"*", b"application/json", b"max-age=\xb2", b"; ,=\x00"]),
)
HEADERS = st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=12).map(Headers)
FIELDS = st.sampled_from(["role", "password", "is_admin", "id"]) | st.text()
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(FIELDS, inner),
    max_leaves=20,
)
BODIES = st.one_of(
    st.binary(max_size=200), JSON.map(lambda value: json.dumps(value).encode("utf-8", "replace"))
)


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    exchange = PLAIN.exchange
    assert exchange.response is not None
    request = replace(
        exchange.request,
        method=draw(st.sampled_from(["GET", "POST", "TRACE", "", "X" * 50])),
        scheme=draw(st.sampled_from(["https", "http", "ws", ""])),
        host=draw(st.sampled_from(["", ":", "[", "[::1", "a.b.c", "127.0.0.1:x"]) | st.text()),
        path=draw(st.text()),
        query=draw(st.text()),
        headers=draw(HEADERS),
        peer=draw(st.sampled_from(["", "127.0.0.1", "x"])),
        body=_body(draw(BODIES)),
    )
    response = replace(
        exchange.response,
        status=draw(st.integers(100, 999)),
        headers=draw(HEADERS),
        body=_body(draw(BODIES)),
    )
    template = draw(st.sampled_from(["/a", "/{id}", "/{", "{}/{a:b:c}"]))
    return replace(
        PLAIN,
        exchange=replace(
            exchange,
            request=request,
            response=draw(st.sampled_from([response, None])),
            endpoint=replace(exchange.endpoint, template=template),
        ),
        query=query_leaves(request.query),
        request=read_content(request.body, "application/json"),
        response=read_content(response.body, "application/json"),
    )


def _body(data: bytes) -> Body:
    return Body(data, len(data))


@pytest.mark.slow
@given(evidences())
@settings(max_examples=100, deadline=None)
def test_no_check_raises(evidence: Evidence) -> None:
    findings, skipped = run_checks(evidence)
    assert len(findings) + len(skipped) <= len(CHECKS)
    for finding in findings:
        assert finding.evidence
        assert len(finding.evidence) <= 400


def test_no_evidence_repeats_a_value_or_a_credential() -> None:
    compared = 0
    for check_id, case in every_case():
        # An attack is told by its text, which the engine shortens and masks (test_evidence).
        findings, _ = run_checks(case.evidence, OTHERS)
        said = " ".join(finding.evidence for finding in findings)
        for value in _private(case.evidence):
            compared += 1
            assert value not in said, f"{check_id}: {case.name}"
    assert compared > 80


def _private(evidence: Evidence) -> list[str]:
    """Values a person or a client sent or got, as far as they are long enough to be telling."""
    leaves = (*evidence.query, *evidence.request.leaves, *evidence.response.leaves)
    values = [leaf.value for leaf in leaves if isinstance(leaf.value, str)]
    headers = evidence.exchange.request.headers
    values += [headers.get(name) or "" for name in (b"authorization", b"cookie", b"origin")]
    return [value for value in values if len(value) > 5]


ODD_NAMES = ["+15550100123", "ada@example.org", "a" * 100, "a b", "naïve", "x\x00y", "n4711x"]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_of_fields_are_not_repeated(name: str) -> None:
    body = json.dumps({name: "' or 1=1--"})
    findings, _ = run_checks(evidence_of(f"POST /a\nContent-Type: application/json\n\n{body}\n"))
    said = [finding.evidence for finding in findings if finding.check == "sql-injection"]
    assert [words.partition(" name:")[0] for words in said] == ["JSON, a field with an unusual"]


@pytest.mark.parametrize("literal", [b"js:", b".java:", b", line ", b".php(", b"at ", b"raceback"])
def test_hostile_bodies_are_read_to_the_bound(literal: bytes) -> None:
    # Patterns that backtrack would not come back from these: the suite's timeout is the judge.
    data = (b"at " * 100 + literal) * 300
    exchange = PLAIN.exchange
    assert exchange.response is not None
    response = replace(exchange.response, body=_body(data))
    run_checks(replace(PLAIN, exchange=replace(exchange, response=response)))

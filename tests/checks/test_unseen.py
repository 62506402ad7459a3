"""What a source cannot see is unknown: no check concludes anything from it."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace
from tests.checks.conversation import Case, every_case

from nightlatch.checks import CHECKS
from nightlatch.checks.attacks.registry import ATTACK_CHECKS
from nightlatch.checks.check import Evidence
from nightlatch.checks.run import run_checks
from nightlatch.exchange.content import EMPTY
from nightlatch.exchange.credential import CredentialState
from nightlatch.exchange.disclosure import Disclosure, Side
from nightlatch.exchange.exchange import NO_BODY, Exchange, Request
from nightlatch.exchange.headers import Headers
from nightlatch.exchange.record import Posture
from nightlatch.exchange.source import Part, Source, SourceKind

BY_ID = {check.id: check for check in CHECKS}
ALL = every_case()
EVERYTHING = frozenset(Part)
BY_PATH = {check.id for check in ATTACK_CHECKS} | {"sequential-ids", "wildcard-identifier"}
"""Checks that fail by the path alone, which every source sees."""


def _request(evidence: Evidence, **changes: object) -> Evidence:
    exchange = evidence.exchange
    return _exchange(evidence, request=replace(exchange.request, **changes))


def _response(evidence: Evidence, **changes: object) -> Evidence:
    answer = evidence.exchange.response
    return evidence if answer is None else _exchange(evidence, response=replace(answer, **changes))


def _exchange(evidence: Evidence, **changes: object) -> Evidence:
    return replace(evidence, exchange=replace(evidence.exchange, **changes))


def _without_credentials(evidence: Evidence) -> Evidence:
    headers = Headers(
        (name, value)
        for name, value in evidence.exchange.request.headers.raw
        if name not in {b"authorization", b"x-api-key", b"cookie"}
    )
    evidence = _exchange(
        _request(evidence, headers=headers),
        credentials=(),
        credential_state=CredentialState.UNKNOWN,
    )
    # Nobody was ever seen to be served without, either.
    facts = replace(evidence.facts, posture=Posture.UNKNOWN)
    return replace(evidence, token_faults=(), weak_secret="", facts=facts)


def _without_answer_body(evidence: Evidence) -> Evidence:
    items = tuple(item for item in evidence.items if item.side is not Side.RESPONSE)
    asked = Disclosure(evidence.disclosure.asked)
    evidence = _response(evidence, body=NO_BODY)
    return replace(evidence, response=EMPTY, items=items, disclosure=asked, answer_signs=0)


def _without_request_body(evidence: Evidence) -> Evidence:
    items = tuple(item for item in evidence.items if item.side is not Side.REQUEST)
    evidence = _request(evidence, body=NO_BODY)
    attacks = tuple(one for one in evidence.attacks if one.place in {"path", "query", "header"})
    return replace(
        evidence, request=EMPTY, items=items, attacks=attacks, unread="", request_signs=0
    )


def _without_query(evidence: Evidence) -> Evidence:
    attacks = tuple(one for one in evidence.attacks if one.place in {"path", "header"})
    return replace(_request(evidence, query=""), query=(), attacks=attacks)


def _without_sent_headers(evidence: Evidence) -> Evidence:
    attacks = tuple(one for one in evidence.attacks if one.place in {"path", "query"})
    evidence = _request(evidence, headers=Headers())
    return replace(evidence, attacks=attacks, token_faults=(), weak_secret="")


def _without_secrets(evidence: Evidence) -> Evidence:
    masked = tuple(replace(one, digest="", principal="") for one in evidence.exchange.credentials)
    return replace(_exchange(evidence, credentials=masked), token_faults=(), weak_secret="")


REMOVE: dict[Part, Callable[[Evidence], Evidence]] = {
    Part.SCHEME: lambda evidence: _request(evidence, scheme=""),
    Part.HOST: lambda evidence: _request(evidence, host=""),
    Part.QUERY: _without_query,
    Part.CLIENT: lambda evidence: replace(_request(evidence, peer=""), reputation=""),
    Part.REQUEST_HEADERS: _without_sent_headers,
    Part.REQUEST_BODY: _without_request_body,
    Part.RESPONSE_HEADERS: lambda evidence: _response(evidence, headers=Headers()),
    Part.RESPONSE_BODY: _without_answer_body,
    Part.CREDENTIALS: _without_credentials,
    Part.SECRETS: _without_secrets,
    Part.STATUS: lambda evidence: _response(evidence, status=0),
    Part.DURATION: lambda evidence: _exchange(evidence, duration=0.0),
}


def hidden(evidence: Evidence, parts: frozenset[Part]) -> Evidence:
    """The same exchange, as a source tells of it that cannot see these parts."""
    for part in sorted(parts):
        evidence = REMOVE[part](evidence)
    return _exchange(evidence, source=Source(SourceKind.LOG, "test", parts))


def outcome(check_id: str, evidence: Evidence) -> str:
    findings, skipped = run_checks(evidence, [BY_ID[check_id]])
    return "fails" if findings else "skipped" if skipped else "well"


def test_every_part_can_be_hidden() -> None:
    assert REMOVE.keys() == set(Part)


def test_with_everything_unseen_no_check_fails_but_by_the_path() -> None:
    failed = {
        check_id
        for check_id, case in ALL
        if outcome(check_id, hidden(case.evidence, EVERYTHING)) == "fails"
    }
    assert failed <= BY_PATH
    assert len({check_id for check_id, _ in ALL}) == len(CHECKS) >= 65


@pytest.mark.parametrize("part", Part)
def test_what_is_hidden_makes_nothing_worse(part: Part) -> None:
    """A request that is well does not fail because a part of it cannot be seen."""
    worse = [
        (check_id, case.name)
        for check_id, case in ALL
        if case.wanted != "bad"
        and outcome(check_id, hidden(case.evidence, frozenset({part}))) == "fails"
    ]
    assert worse == []


def test_a_typical_log_makes_nothing_worse() -> None:
    unseen = EVERYTHING - {Part.CLIENT, Part.QUERY, Part.STATUS}
    well = [(check_id, case) for check_id, case in ALL if case.wanted != "bad"]
    worse = [
        (check_id, case.name)
        for check_id, case in well
        if outcome(check_id, hidden(case.evidence, unseen)) == "fails"
    ]
    assert worse == []
    assert len(well) >= 3 * len(CHECKS)


def _silent(part: Part) -> list[tuple[str, str]]:
    """Cases that fail, and look well once a part is hidden: that would be a false promise."""
    return [
        (check_id, case.name)
        for check_id, case in ALL
        if case.wanted == "bad"
        and outcome(check_id, hidden(case.evidence, frozenset({part}))) == "well"
    ]


@pytest.mark.parametrize("part", Part)
def test_nothing_is_called_well_that_could_not_be_seen(part: Part) -> None:
    assert _silent(part) == []


def test_what_is_seen_counts_where_not_all_can_be_seen() -> None:
    ran = 0
    for check_id, case in ALL:
        check = BY_ID[check_id]
        if case.wanted == "bad" and check.reads and not check.needs:
            told = _exchange(case.evidence, source=Source(SourceKind.LOG, "", check.reads))
            assert outcome(check_id, told) == "fails"
            ran += 1
    assert ran >= 100


def test_what_sees_everything_is_judged_as_ever() -> None:
    for check_id, case in ALL:
        assert _as_wanted(case, outcome(check_id, case.evidence))


def _as_wanted(case: Case, said: str) -> bool:
    return said == {"bad": "fails", "good": "well", "skip": "skipped"}[case.wanted]


def test_requests_keep_their_path_and_method() -> None:
    exchange: Exchange = hidden(ALL[0][1].evidence, EVERYTHING).exchange
    request: Request = exchange.request
    assert request.method
    assert request.path

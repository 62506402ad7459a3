"""A decision is checked before it is taken."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.console.contracts import MAX_TEXT, contract_problems, read_contract
from nightlatch.exchange.facts import Contract, Expectation, ServiceEndpoint
from nightlatch.exchange.judgement import Mode

AT = ServiceEndpoint("shop", "GET /a")
NOW = 1_750_000_000.0
PUBLIC = {
    "expectation": "public",
    "owner": " growth team ",
    "reason": "sign-up needs it",
    "expires": "2025-12-31",
    "mode": "enforce",
    "hourly_limit": "200",
}


def test_a_whole_decision_is_read() -> None:
    contract, problems = read_contract(AT, PUBLIC, NOW)
    assert problems == []
    assert contract == Contract(
        endpoint="GET /a",
        service="shop",
        expectation=Expectation.PUBLIC,
        owner="growth team",
        reason="sign-up needs it",
        expires=1767225600.0,  # the end of the day in UTC
        mode=Mode.ENFORCE,
        hourly_limit=200,
        decided_at=NOW,
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"owner": ""}, "owner"),
        ({"reason": "  "}, "reason"),
        ({"expires": ""}, "expiry date"),
        ({"expires": "2024-01-01"}, "already passed"),
        ({"expires": "31.12.2025"}, "not a date"),
        ({"expectation": "private"}, "who may call"),
        ({"mode": "panic"}, "mode"),
        ({"hourly_limit": "-1"}, "whole number"),
        ({"hourly_limit": "1_0"}, "whole number"),
        ({"hourly_limit": "٣"}, "whole number"),
        ({"hourly_limit": "99999999"}, "between 0 and"),
        ({"owner": "x" * (MAX_TEXT + 1)}, "300 characters"),
    ],
)
def test_each_mistake_is_told(change: dict[str, str], words: str) -> None:
    _, problems = read_contract(AT, PUBLIC | change, NOW)
    assert any(words in problem for problem in problems)


def test_only_a_public_decision_needs_an_owner() -> None:
    _, problems = read_contract(AT, {"expectation": "must-authenticate"}, NOW)
    assert problems == []


def test_all_mistakes_are_told_at_once() -> None:
    contract = Contract("GET /a", Expectation.PUBLIC, hourly_limit=-1)
    assert len(contract_problems(contract, NOW)) == 4


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(PUBLIC)), st.text(max_size=40)))
def test_any_form_is_read(form: dict[str, str]) -> None:
    contract, _ = read_contract(AT, form, NOW)
    assert contract.endpoint == "GET /a"

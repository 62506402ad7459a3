import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.exchange.facts import Contract, Expectation
from nightlatch.exchange.judgement import Action, Mode, Phase
from nightlatch.exchange.standing import NOTHING_KNOWN, Spent, Standing
from nightlatch.policy.decide import decide

NOW = 1_700_000_000.0
ENDPOINT = "GET /users/{phone}"

CONVICTED = Standing(convicted=True, conviction="12 of 14 miss.")
CLOSED = Standing(walked=True, walk="Walked.", closed_to_newcomers=True)
GOOD = Standing(walked=True, walk="Walked.", known_good=True)
HOUR = Spent("address:192.0.2.1", "hour", 601, 600, 120)
ALL = Spent("strangers", "day", 20_001, 20_000, 9_000)
OVERSPENT = Standing(overspent=(HOUR, ALL))

REFUSALS = [
    (CONVICTED, "caller-enumerates", 403, 0),
    (CLOSED, "closed-to-newcomers", 429, 900),
    (OVERSPENT, "budget:address:hour", 429, 9_000),
    (Standing(overspent=(ALL,)), "budget:strangers:day", 429, 9_000),
]


@pytest.mark.parametrize(("standing", "rule", "status", "wait"), REFUSALS)
def test_refuses_at_the_request_phase(
    standing: Standing, rule: str, status: int, wait: int
) -> None:
    decision = decide(standing, None, Mode.ENFORCE, Phase.REQUEST, NOW)
    assert decision.withhold
    assert (decision.rule, decision.status, decision.retry_after) == (rule, status, wait)
    assert decision.reason


@pytest.mark.parametrize(("standing", "rule", "status", "wait"), REFUSALS)
def test_observe_stores_the_decision_it_would_have_taken(
    standing: Standing, rule: str, status: int, wait: int
) -> None:
    decision = decide(standing, None, Mode.OBSERVE, Phase.REQUEST, NOW)
    assert decision.action is Action.REFUSE
    assert decision.rule == rule
    assert not decision.withhold


@pytest.mark.parametrize(("standing", "rule", "status", "wait"), REFUSALS)
def test_an_answer_is_withheld_only_when_that_tells_nothing(
    standing: Standing, rule: str, status: int, wait: int
) -> None:
    assert not decide(standing, None, Mode.ENFORCE, Phase.RESPONSE, NOW).withhold
    settled = Standing(
        convicted=standing.convicted,
        closed_to_newcomers=standing.closed_to_newcomers,
        overspent=standing.overspent,
        settled=True,
    )
    assert decide(settled, None, Mode.ENFORCE, Phase.RESPONSE, NOW).withhold


@pytest.mark.parametrize("standing", [NOTHING_KNOWN, GOOD, Standing(walked=True, walk="Walked.")])
@pytest.mark.parametrize("phase", Phase)
def test_allows_whom_nothing_speaks_against(standing: Standing, phase: Phase) -> None:
    decision = decide(standing, None, Mode.ENFORCE, phase, NOW)
    assert decision.action is Action.ALLOW
    assert decision.mode is Mode.ENFORCE


def test_off_decides_nothing() -> None:
    assert decide(CONVICTED, None, Mode.OFF, Phase.REQUEST, NOW).action is Action.ALLOW


@pytest.mark.parametrize("mode", Mode)
def test_the_contracts_mode_overrides_the_installations(mode: Mode) -> None:
    contract = Contract(ENDPOINT, mode=mode)
    for installed in Mode:
        decision = decide(CONVICTED, contract, installed, Phase.REQUEST, NOW)
        assert decision.withhold is (mode is Mode.ENFORCE)


def test_strangers_are_refused_where_callers_must_authenticate() -> None:
    contract = Contract(
        ENDPOINT, Expectation.MUST_AUTHENTICATE, owner="ada", reason="closed", expires=NOW + 10
    )
    decision = decide(NOTHING_KNOWN, contract, Mode.ENFORCE, Phase.REQUEST, NOW)
    assert (decision.rule, decision.status) == ("must-authenticate", 401)
    assert "closed (ada)" in decision.reason
    # Whether a credential is right, the application says: were it refused here, none could ever be
    # proven.
    with_one = decide(NOTHING_KNOWN, contract, Mode.ENFORCE, Phase.REQUEST, NOW, anonymous=False)
    assert not with_one.withhold
    assert not decide(NOTHING_KNOWN, contract, Mode.ENFORCE, Phase.REQUEST, NOW + 11).withhold


def test_a_public_endpoint_is_still_guarded_against_guessers() -> None:
    contract = Contract(ENDPOINT, Expectation.PUBLIC)
    assert decide(CONVICTED, contract, Mode.ENFORCE, Phase.REQUEST, NOW).withhold


_standings = st.builds(
    Standing,
    stranger=st.booleans(),
    convicted=st.booleans(),
    walked=st.booleans(),
    closed_to_newcomers=st.booleans(),
    known_good=st.booleans(),
    overspent=st.sampled_from([(), (HOUR,), (HOUR, ALL)]),
    settled=st.booleans(),
)


@given(_standings, st.sampled_from(Phase))
@settings(max_examples=100, deadline=None)
def test_observe_and_enforce_decide_alike_and_only_enforce_withholds(
    standing: Standing, phase: Phase
) -> None:
    observed = decide(standing, None, Mode.OBSERVE, phase, NOW)
    enforced = decide(standing, None, Mode.ENFORCE, phase, NOW)
    assert (observed.action, observed.rule, observed.status, observed.reason) == (
        enforced.action,
        enforced.rule,
        enforced.status,
        enforced.reason,
    )
    assert not observed.withhold
    assert enforced.withhold is (enforced.action is Action.REFUSE)
    assert (enforced.status != 0) is enforced.withhold

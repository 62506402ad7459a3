import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.checks.attacks.clues import CERTAIN, FINDING
from nightlatch.checks.attacks.value import Attack
from nightlatch.exchange.facts import Contract, Expectation
from nightlatch.exchange.judgement import Action, Mode, Phase
from nightlatch.exchange.spent import Spent
from nightlatch.exchange.standing import NOTHING_KNOWN, Standing
from nightlatch.policy.decide import decide, decide_attack, effective_mode

NOW = 1_700_000_000.0
ENDPOINT = "GET /users/{phone}"

CONVICTED = Standing(convicted=True, conviction="12 of 14 miss.")
CLOSED = Standing(
    walked=True, walk="Walked.", closed_to_newcomers=True, challenge="Walked.", price=50_000
)
GOOD = Standing(walked=True, walk="Walked.", known_good=True)
HOUR = Spent("address:192.0.2.1", "hour", 601, 600, 120)
ALL = Spent("strangers", "day", 20_001, 20_000, 9_000)
OVERSPENT = Standing(overspent=(HOUR, ALL))

REFUSALS = [
    (CONVICTED, "caller-enumerates", 403, 0),
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


@pytest.mark.parametrize(
    ("standing", "rule"),
    [(CLOSED, "closed-to-newcomers"), (Standing(challenge="Doubt.", price=7), "suspicion")],
)
def test_challenges_those_whom_nothing_convicts(standing: Standing, rule: str) -> None:
    decision = decide(standing, None, Mode.ENFORCE, Phase.REQUEST, NOW)
    assert decision.withhold
    assert (decision.action, decision.rule) == (Action.CHALLENGE, rule)
    assert decision.price == standing.price
    assert not decide(standing, None, Mode.ENFORCE, Phase.RESPONSE, NOW).withhold


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


def attack(certainty: int, check: str = "sql-injection") -> Attack:
    return Attack(check, certainty, f"Query `q`: … ({certainty} %)", "query", "q")


def test_a_certain_attack_is_refused_with_its_evidence() -> None:
    decision = decide_attack([attack(CERTAIN)], Mode.ENFORCE)
    assert decision is not None
    assert decision.withhold
    assert (decision.rule, decision.status) == ("attack:sql-injection", 403)
    assert (decision.phase, decision.retry_after) == (Phase.REQUEST, 0)
    assert decision.reason == f"Query `q`: … ({CERTAIN} %)"


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.OFF])
def test_elsewhere_the_refusal_of_an_attack_is_only_recorded(mode: Mode) -> None:
    decision = decide_attack([attack(99)], mode)
    assert decision is not None
    assert (decision.action, decision.mode) == (Action.REFUSE, mode)
    assert not decision.withhold


def test_what_may_be_an_attack_is_found_and_not_refused() -> None:
    assert decide_attack([], Mode.ENFORCE) is None
    assert decide_attack([attack(FINDING), attack(CERTAIN - 1)], Mode.ENFORCE) is None


def test_the_surest_of_several_is_the_reason() -> None:
    attacks = [attack(70), attack(85, "path-traversal"), attack(99, "command-injection")]
    decision = decide_attack(attacks, Mode.ENFORCE)
    assert decision is not None
    assert decision.rule == "attack:command-injection"


@pytest.mark.parametrize("installed", Mode)
def test_the_mode_of_an_endpoint_is_its_contracts_or_else_the_installations(
    installed: Mode,
) -> None:
    assert effective_mode(None, installed) is installed
    assert effective_mode(Contract(ENDPOINT), installed) is installed
    for mode in Mode:
        assert effective_mode(Contract(ENDPOINT, mode=mode), installed) is mode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.measures import BLOCK, CHALLENGE, REQUESTS, measure

from nightlatch.checks.attacks.clues import CERTAIN, FINDING
from nightlatch.checks.attacks.value import Attack
from nightlatch.exchange.facts import Contract, Expectation
from nightlatch.exchange.judgement import Action, Mode, Phase
from nightlatch.exchange.spent import Spent
from nightlatch.exchange.standing import NOTHING_KNOWN, Standing
from nightlatch.policy.decide import decide, decide_attack, effective_mode
from nightlatch.policy.levers import Ruling

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


LIMIT = Spent("address:192.0.2.1", "minute", 61, 60, 9, "requests", "measure:M1")
LEFT = (Spent("address:192.0.2.1", "minute", 3, 60, 9, "requests", "measure:M1"),)
ORDERED = [
    (NOTHING_KNOWN, Ruling(block=measure(BLOCK)), "measure:M0", Action.REFUSE, 403),
    (NOTHING_KNOWN, Ruling(challenge=measure(CHALLENGE)), "measure:M0", Action.CHALLENGE, 403),
    (Standing(overspent=(LIMIT,)), Ruling(limits=(measure(REQUESTS),)), "measure:M1",
     Action.REFUSE, 429),
]  # fmt: skip


@pytest.mark.parametrize(("standing", "ruling", "rule", "action", "status"), ORDERED)
@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.ENFORCE])
def test_an_order_is_carried_out_in_observe_mode_too(
    standing: Standing, ruling: Ruling, rule: str, action: Action, status: int, mode: Mode
) -> None:
    decision = decide(standing, None, mode, Phase.REQUEST, NOW, ruling=ruling)
    assert decision.withhold
    assert (decision.rule, decision.action, decision.status) == (rule, action, status)
    assert decision.reason
    off = decide(standing, None, Mode.OFF, Phase.REQUEST, NOW, ruling=ruling)
    assert not off.withhold


def test_a_limit_says_what_it_counts_and_how_long_to_wait() -> None:
    ruling = Ruling(limits=(measure(REQUESTS),))
    over = Standing(overspent=(LIMIT, HOUR))
    decision = decide(over, None, Mode.OBSERVE, Phase.REQUEST, NOW, ruling=ruling)
    assert decision.retry_after == 9
    assert "61 requests of address:192.0.2.1 within the minute; the limit is 60" in decision.reason
    unsettled = decide(over, None, Mode.ENFORCE, Phase.RESPONSE, NOW, ruling=ruling)
    assert not unsettled.withhold


@pytest.mark.parametrize("standing", [CONVICTED, CLOSED, OVERSPENT, Standing(overspent=(LIMIT,))])
@pytest.mark.parametrize("phase", Phase)
def test_the_exempt_are_allowed_whatever_speaks_against_them(
    standing: Standing, phase: Phase
) -> None:
    contract = Contract(ENDPOINT, Expectation.MUST_AUTHENTICATE)
    ruling = Ruling(exempt=True, rule="measure:M1")
    decision = decide(standing, contract, Mode.ENFORCE, phase, NOW, ruling=ruling)
    assert (decision.action, decision.rule) == (Action.ALLOW, "measure:M1")


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.ENFORCE])
@pytest.mark.parametrize("phase", Phase)
def test_an_answer_is_altered_as_ordered(mode: Mode, phase: Phase) -> None:
    ruling = Ruling(delay=2.0, uniform=True, without=("phone",), rule="measure:M1")
    decision = decide(NOTHING_KNOWN, None, mode, phase, NOW, ruling=ruling, allowances=LEFT)
    assert decision.alters
    assert not decision.withhold
    assert (decision.delay, decision.uniform, decision.without) == (2.0, True, ("phone",))
    assert (decision.allowances, decision.rule) == (LEFT, "measure:M1")


def test_what_is_only_observed_does_not_replace_what_was_ordered() -> None:
    ruling = Ruling(without=("phone",), rule="measure:M1")
    observed = decide(CONVICTED, None, Mode.OBSERVE, Phase.REQUEST, NOW, ruling=ruling)
    assert observed.alters
    enforced = decide(CONVICTED, None, Mode.ENFORCE, Phase.REQUEST, NOW, ruling=ruling)
    assert enforced.withhold


def test_a_challenge_spares_who_has_a_clean_history_from_before() -> None:
    ruling = Ruling(challenge=measure(CHALLENGE))
    assert not decide(GOOD, None, Mode.ENFORCE, Phase.REQUEST, NOW, ruling=ruling).withhold

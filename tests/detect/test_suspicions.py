"""Suspicions as the inline path reads them, and who is known."""

from nightlatch.detect.known import ANYWHERE, VOUCHES, Known
from nightlatch.detect.suspicions import NEWCOMERS, Suspicion, Suspicions
from nightlatch.exchange.exchange import Caller

NOW = 1_000_000.0
LOGIN = "POST /login"
DOUBT = Suspicion("doubtful", NOW + 60, convicts=False)
GUILT = Suspicion("guilty", NOW + 60, convicts=True)


def caller(number: int, *narrower: str) -> Caller:
    address = f"198.51.100.{number}"
    circles = (*narrower, f"address:{address}", "headers:app", "network:198.51.100.0/24")
    return Caller(address, circles)


def test_nothing_stands_against_anybody_at_first() -> None:
    assert Suspicions().about(caller(1), LOGIN, NOW) is None


def test_a_suspicion_holds_where_and_for_as_long_as_it_was_entered() -> None:
    suspicions = Suspicions()
    suspicions.enter("address:198.51.100.1", DOUBT, LOGIN)
    assert suspicions.about(caller(1), LOGIN, NOW) is DOUBT
    assert suspicions.about(caller(1), "GET /news", NOW) is None
    assert suspicions.about(caller(2), LOGIN, NOW) is None
    assert suspicions.about(caller(1), LOGIN, NOW + 60) is None
    suspicions.enter("network:198.51.100.0/24", DOUBT)
    assert suspicions.about(caller(2), "GET /news", NOW) is DOUBT


def test_a_conviction_is_graver_than_a_doubt_in_whatever_circle() -> None:
    suspicions = Suspicions()
    suspicions.enter("address:198.51.100.1", DOUBT, LOGIN)
    suspicions.enter("network:198.51.100.0/24", GUILT)
    assert suspicions.about(caller(1), LOGIN, NOW) is GUILT
    suspicions.lift("network:198.51.100.0/24")
    assert suspicions.about(caller(1), LOGIN, NOW) is DOUBT


def test_newcomers_are_those_whom_nothing_vouches_for() -> None:
    suspicions = Suspicions()
    suspicions.enter(NEWCOMERS, DOUBT, LOGIN)
    suspicions.known.vouch(LOGIN, caller(1), b"alice")
    assert suspicions.about(caller(1), LOGIN, NOW) is None
    assert suspicions.about(caller(2), LOGIN, NOW) is DOUBT
    assert suspicions.about(caller(2), "GET /news", NOW) is None
    suspicions.lift(NEWCOMERS, LOGIN)
    assert suspicions.about(caller(2), LOGIN, NOW) is None


def test_a_pass_answers_doubts_but_no_conviction() -> None:
    suspicions = Suspicions()
    suspicions.enter(NEWCOMERS, DOUBT, LOGIN)
    suspicions.enter("address:198.51.100.1", DOUBT)
    paid = caller(1, "pass:one")
    assert suspicions.about(paid, LOGIN, NOW) is None
    suspicions.enter("pass:one", GUILT)
    assert suspicions.about(paid, LOGIN, NOW) is GUILT


def test_the_oldest_suspicion_goes_first() -> None:
    suspicions = Suspicions(capacity=2)
    for number in (1, 2, 2, 3):
        suspicions.enter(f"address:198.51.100.{number}", DOUBT)
    assert len(suspicions) == 2
    assert suspicions.about(caller(1), LOGIN, NOW) is None
    assert suspicions.about(caller(2), LOGIN, NOW) is DOUBT


def test_other_processes_are_told_and_what_they_tell_is_not_told_again() -> None:
    told: list[tuple[str, str, Suspicion | None]] = []
    suspicions = Suspicions()
    suspicions.tell = lambda circle, place, one: told.append((circle, place, one))
    suspicions.enter("address:198.51.100.1", DOUBT, LOGIN)
    suspicions.lift("address:198.51.100.1", LOGIN)
    suspicions.hear("address:198.51.100.2", LOGIN, GUILT)
    assert told == [
        ("address:198.51.100.1", LOGIN, DOUBT),
        ("address:198.51.100.1", LOGIN, None),
    ]
    assert suspicions.about(caller(2), LOGIN, NOW) is GUILT


def test_one_account_vouches_for_a_few_callers_only() -> None:
    known = Known()
    for number in range(VOUCHES + 3):
        known.vouch(LOGIN, caller(number), b"attacker")
    knows = [known.knows(LOGIN, caller(number)) for number in range(VOUCHES + 3)]
    assert knows == [True] * VOUCHES + [False] * 3


def test_a_caller_is_known_by_what_others_cannot_claim() -> None:
    known = Known()
    known.vouch(LOGIN, caller(1, "principal:alice", "session:s1"), b"alice")
    assert known.knows(LOGIN, caller(9, "session:s1"))
    assert not known.knows(LOGIN, caller(9, "principal:alice"))
    assert not known.knows("POST /other", caller(1))
    home = Caller("2001:db8::1", ("address:2001:db8::1", "network:2001:db8::/64"))
    known.vouch(LOGIN, home, b"bob")
    tomorrow = Caller("2001:db8::9", ("address:2001:db8::9", "network:2001:db8::/64"))
    assert known.knows(LOGIN, tomorrow)


def test_the_older_generation_is_forgotten() -> None:
    known = Known(capacity=3)
    for number in range(1, 8):
        known.vouch(LOGIN, caller(number), b"%d" % number)
    assert len(known) <= 6
    assert known.knows(LOGIN, caller(7))
    assert not known.knows(LOGIN, caller(1))


def test_who_signed_up_is_challenged_where_newcomers_are_refused() -> None:
    suspicions = Suspicions()
    suspicions.enter(NEWCOMERS, GUILT, LOGIN)
    suspicions.known.vouch(ANYWHERE, caller(1), b"principal:new")
    found = suspicions.about(caller(1), LOGIN, NOW)
    assert found is not None
    assert not found.convicts
    assert suspicions.about(caller(1, "pass:one"), LOGIN, NOW) is None
    assert suspicions.about(caller(2, "pass:two"), LOGIN, NOW) is GUILT

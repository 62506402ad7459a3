from hashlib import blake2b

import msgspec
import pytest
from tests.detect.books import ENDPOINT, NOW, caller, look_up
from tests.detect.test_watch import GUESSER, _guess, _learn, _watch

from nightlatch.detect.briefs import Briefs
from nightlatch.detect.callers import Callers
from nightlatch.detect.history import History
from nightlatch.detect.seen import Seen
from nightlatch.detect.suspicions import Suspicions
from nightlatch.detect.watch import Watch
from nightlatch.policy.budgets import DEFAULT_BUDGETS
from nightlatch.store.memory_counters import MemoryCounters


def _walk(watch: Watch) -> None:
    """Until newcomers are challenged."""
    for number in range(500):
        _guess(watch, caller(10_000 + number), 1, start=10**6 + number)


def _served(watch: Watch, number: int, paid: str = "pass:one") -> bool:
    """Whether a newcomer with this pass gets one more person."""
    who = caller(60_000)
    who = msgspec.structs.replace(who, circles=(paid, *who.circles))
    if watch.standing(ENDPOINT, who, True, NOW).bars:
        return False
    return not watch.note(ENDPOINT, who, True, look_up(5 * 10**6 + number, hit=True), NOW).bars


def test_what_was_learned_survives_a_restart() -> None:
    watch = _watch()
    _learn(watch)
    other = _watch()
    other.load(watch.dump())
    assert other.explain(ENDPOINT) == watch.explain(ENDPOINT)
    assert _guess(other, GUESSER, 25).convicted


def test_those_with_a_clean_history_are_known_after_a_restart() -> None:
    watch = _watch()
    _learn(watch)
    other = _watch()
    other.load(watch.dump())
    for number in range(500):
        _guess(other, caller(10_000 + number), 1, start=10**6 + number)
    assert other.standing(ENDPOINT, caller(50_000), True, NOW).challenge
    challenged = sum(
        bool(other.standing(ENDPOINT, caller(person), True, NOW).challenge) for person in range(300)
    )
    assert challenged <= 15


def test_who_got_in_at_a_log_in_is_known_after_a_restart() -> None:
    watch, other = Watch(MemoryCounters(), suspicions=Suspicions()), Suspicions()
    watch._suspicions.known.vouch("POST /login", caller(7), b"alice")
    Watch(MemoryCounters(), suspicions=other).load(watch.dump())
    assert other.known.knows("POST /login", caller(7))
    assert not other.known.knows("POST /login", caller(8))
    assert not other.known.knows("POST /elsewhere", caller(7))


def test_a_pass_is_no_fuller_and_no_emptier_after_a_restart() -> None:
    watch = _watch()
    _learn(watch)
    _walk(watch)
    had = sum(_served(watch, number) for number in range(4))
    other = _watch()
    other.load(watch.dump())
    _walk(other)
    more = sum(_served(other, number) for number in range(4, 20))
    assert had == 4
    assert had + more == DEFAULT_BUDGETS.passed


def test_the_budgets_of_those_who_pay_and_of_newcomers_survive_a_restart() -> None:
    watch, other = _watch(), _watch()
    _learn(watch)
    _walk(watch)
    served = sum(_served(watch, number, f"pass:{number}") for number in range(60))
    assert DEFAULT_BUDGETS.bare_allowance - 1 <= served <= DEFAULT_BUDGETS.bare_allowance
    other.load(watch.dump())
    _walk(other)
    assert sum(_served(other, number, f"pass:{number}") for number in range(60, 120)) <= 1
    before, after = watch._doors.get(ENDPOINT), _watch()
    after.load(watch.dump())
    loaded = after._doors.get(ENDPOINT)
    assert before is not None
    assert loaded is not None
    assert loaded.paid_people == before.paid_people >= served
    assert loaded.newcomers.owed() == before.newcomers.owed()


def test_a_memory_of_an_older_version_is_taken_up_as_far_as_it_goes() -> None:
    watch = _watch()
    _learn(watch)
    older = msgspec.msgpack.decode(watch.dump())
    for name in ("clean", "let_in", "passes"):
        older.pop(name, None)
    for door in older["doors"]:
        for name in ("newcomers_owed", "travellers_owed", "paid", "bare"):
            del door[name]
    other = _watch()
    other.load(msgspec.msgpack.encode(older))
    assert other.explain(ENDPOINT) == watch.explain(ENDPOINT)


def test_only_who_has_the_key_knows_whom_a_file_is_about() -> None:
    mine, theirs = (Watch(MemoryCounters(), key=bytes([n]) * 32) for n in (1, 2))
    _learn(mine)
    dump = mine.dump()
    for person in range(300):
        unkeyed = blake2b(f"{ENDPOINT}\0{caller(person).key}".encode(), digest_size=8).digest()
        assert unkeyed not in dump
        assert unkeyed[::-1] not in dump
    theirs.load(dump)
    again = Watch(MemoryCounters(), key=bytes([1]) * 32)
    again.load(dump)
    known = [(ENDPOINT, caller(person).key) for person in range(300)]
    assert sum(again._knows(key) for key in known) > 200
    assert sum(theirs._knows(key) for key in known) == 0


def test_callers_of_a_file_without_a_key_are_forgotten_and_that_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    watch, other = _watch(), _watch()
    _learn(watch)
    older = msgspec.msgpack.decode(watch.dump())
    older["known"] = older.pop("clean")
    older["proven"] = bytes(16)
    other.load(msgspec.msgpack.encode(older))
    assert f"{len(older['known']) // 8 + 2} callers" in caplog.text
    assert not other._known
    assert other.explain(ENDPOINT) == watch.explain(ENDPOINT), "all else is taken up"
    assert not {"known", "proven"} & set(msgspec.msgpack.decode(other.dump()))


@pytest.mark.parametrize("data", [b"", b"\xff", b"\x90", b"\x81\xa4doors\x01"])
def test_a_memory_that_cannot_be_read_is_learned_anew(
    data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NIGHTLATCH_RAISE", raising=False)
    watch = _watch()
    watch.load(data)
    assert watch.explain(ENDPOINT) == "Nothing is known of this endpoint yet."


def test_an_idle_caller_is_folded_up_and_comes_back_as_it_was() -> None:
    briefs, key = Briefs(100), (ENDPOINT, "address:a")
    history = History(NOW)
    history.account.add([b"12345678"], NOW)
    history.missed[b"abcdefgh"] = None
    history.trials, history.hits, history.misses = 2, 1, 1
    history.statistic, history.vouched_turn, history.returned = 2.5, 7, True
    assert briefs.fold(key, history)
    found = briefs.unfold(key)
    assert found is not None
    assert found.recall(b"12345678") is True
    assert found.recall(b"abcdefgh") is False
    assert (found.trials, found.hits, found.misses) == (2, 1, 1)
    assert (found.statistic, found.vouched_turn, found.returned) == (2.5, 7, True)
    assert briefs.unfold(key) is None


def test_folded_callers_are_bounded_and_the_convicted_are_not_folded() -> None:
    briefs = Briefs(1_000)
    for number in range(10_000):
        assert briefs.fold((ENDPOINT, str(number)), History(NOW))
    assert len(briefs) <= 1_000
    guilty = History(NOW)
    guilty.convicted_at = NOW
    assert not briefs.fold((ENDPOINT, "guilty"), guilty)


def test_callers_beyond_the_table_keep_their_tries() -> None:
    callers = Callers(capacity=10, max_subjects=1_000)
    callers.add((ENDPOINT, "first"), NOW).misses = 3
    for number in range(200):
        callers.add((ENDPOINT, str(number)), NOW)
    assert callers.get((ENDPOINT, "first")) is None
    found = callers.recall((ENDPOINT, "first"))
    assert found is not None
    assert found.misses == 3
    assert callers.idle <= 300


def test_seen_is_bounded_and_survives() -> None:
    seen = Seen(100)
    for number in range(1_000):
        seen.add(number)
    assert len(seen) <= 200
    assert 999 in seen
    assert 0 not in seen
    other = Seen(100)
    other.load(seen.dump() + b"???")
    assert 999 in other


@pytest.mark.slow
@pytest.mark.parametrize("addresses", [1_025, 5_001, 10_001, 40_000])
def test_no_number_of_addresses_is_too_many(addresses: int) -> None:
    """Round robin through one more address than common limiters hold."""
    watch = Watch(MemoryCounters(), max_callers=1_000)
    _learn(watch)
    taken = 0
    for number in range(max(12_000, addresses)):
        who = caller(10_000 + number % addresses)
        if not watch.standing(ENDPOINT, who, True, NOW).bars:
            hit = number % 7 == 0
            taken += hit
            watch.note(ENDPOINT, who, True, look_up(10**6 + number, hit=hit), NOW)
    assert taken <= 60

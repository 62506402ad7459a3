"""Counts that several processes keep together, on a real Redis."""

import os
import random
import time

import pytest
from tests.servers import eventually
from tests.store.redis_servers import Join, RedisServer, needs_redis

from nightlatch.store.redis_address import read_address
from nightlatch.store.shared_counts import DIRTY, WAITING
from nightlatch.store.shared_news import SharedFlags
from nightlatch.store.sharing import Sharing

pytestmark = [needs_redis, pytest.mark.slow]

HOUR, DAY = 3_600, 86_400
WINDOWS = (HOUR, DAY)


def people(how_many: int, seed: int = 1) -> list[bytes]:
    source = random.Random(seed)
    return [source.randbytes(8) for _ in range(how_many)]


def test_each_knows_what_all_have_given(join: Join) -> None:
    here, there = (join().counts.tally("GET /a\0strangers", WINDOWS) for _ in range(2))
    here.add(people(10), 100.0)
    assert here.count(HOUR, 100.0) == 10
    eventually(lambda: here.ends(HOUR) == 100.0 + HOUR, pause=0.01)
    there.add(people(13)[8:], 200.0)
    eventually(lambda: there.count(HOUR, 200.0) == 13, pause=0.01)
    assert there.most == 13
    assert (there.ends(HOUR), there.ends(DAY)) == (100.0 + HOUR, 100.0 + DAY)


def test_a_window_lasts_from_the_first_member_of_all(join: Join) -> None:
    here, there = (join().counts.tally("a", WINDOWS) for _ in range(2))
    here.add(people(10), 100.0)
    eventually(lambda: here.ends(HOUR), pause=0.01)
    there.add(people(1, seed=2), 100.0 + HOUR - 1)
    eventually(lambda: there.count(HOUR, 100.0 + HOUR - 1) == 11, pause=0.01)
    assert there.count(HOUR, 100.0 + HOUR) == 0
    there.add(people(1, seed=3), 100.0 + HOUR)
    eventually(lambda: there.count(DAY, 100.0 + HOUR) == 12, pause=0.01)
    assert there.count(HOUR, 100.0 + HOUR) == 1


def test_services_do_not_mix(server: RedisServer) -> None:
    shop, office = (Sharing(read_address(server.url), name) for name in ("shop", "office"))
    try:
        for sharing in (shop, office):
            assert sharing.start(5.0)
        mine, theirs = (one.counts.tally("a", WINDOWS) for one in (shop, office))
        mine.add(people(5), 0.0)
        theirs.add(people(1, seed=2), 0.0)
        eventually(lambda: mine.ends(HOUR) and theirs.ends(HOUR), pause=0.01)
        assert (mine.count(HOUR, 0.0), theirs.count(HOUR, 0.0)) == (5, 1)
    finally:
        shop.close()
        office.close()


def test_many_members_go_in_several_rounds(join: Join) -> None:
    here, there = (join().counts.tally("a", WINDOWS) for _ in range(2))
    here.add(people(4_500), 0.0)
    assert here.count(HOUR, 0.0) == 4_500
    eventually(lambda: not here._waiting and not here._sent, pause=0.01)
    there.add(people(1), 0.0)
    eventually(lambda: there.count(HOUR, 0.0) > 4_000, pause=0.01)
    assert abs(there.count(HOUR, 0.0) - 4_500) < 0.03 * 4_500


def test_what_happens_while_redis_is_gone_is_not_lost(join: Join, server: RedisServer) -> None:
    sharing = join()
    tally = sharing.counts.tally("a", WINDOWS)
    tally.add(people(10), 0.0)
    eventually(lambda: tally.ends(HOUR), pause=0.01)
    server.stop()
    tally.add(people(15)[10:], 1.0)
    eventually(lambda: sharing.trouble, pause=0.01)
    assert tally.count(HOUR, 1.0) == 15
    server.start()
    other = join().counts.tally("a", WINDOWS)
    eventually(lambda: not sharing.trouble, pause=0.01)
    # Redis has come back empty. What it had lost counts as long as it would have counted there.
    assert tally.count(HOUR, 2.0) == 15
    assert tally.count(HOUR, HOUR + 0.5) == 5
    other.add(people(16)[15:], 2.0)
    eventually(lambda: other.count(HOUR, 2.0) == 6, pause=0.01)


def test_a_full_redis_is_told_and_forgotten_once_it_has_room(
    join: Join, server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    sharing = join()
    tally = sharing.counts.tally("a", WINDOWS)
    server.ask("CONFIG", "SET", "maxmemory", "1")
    tally.add(people(10), 0.0)
    eventually(lambda: "full" in sharing.trouble, pause=0.01)
    tally.add(people(20), 0.0)
    assert tally.count(HOUR, 0.0) == 20
    server.ask("CONFIG", "SET", "maxmemory", "0")
    eventually(lambda: not sharing.trouble, pause=0.01)
    eventually(lambda: tally.ends(HOUR), pause=0.01)
    assert tally.count(HOUR, 0.0) == 20
    eventually(lambda: len(caplog.records) == 2, pause=0.01)
    assert "maxmemory" in caplog.records[0].message
    assert caplog.records[1].message == "Budgets are shared again"


def test_a_replica_takes_nothing(join: Join, server: RedisServer) -> None:
    sharing = join()
    server.ask("REPLICAOF", "127.0.0.1", "1")
    tally = sharing.counts.tally("a", WINDOWS)
    tally.add(people(3), 0.0)
    eventually(lambda: "replica" in sharing.trouble, pause=0.01)
    server.ask("REPLICAOF", "NO", "ONE")
    eventually(lambda: tally.ends(HOUR), pause=0.01)
    assert not sharing.trouble


def test_news_reach_everyone_and_those_who_come_later(join: Join, server: RedisServer) -> None:
    heard: list[bytes] = []
    teller, hearer = join(), join()
    hearer.news.subscribe("weather", heard.append)
    own: list[bytes] = []
    teller.news.subscribe("weather", own.append)
    for number in range(1_200):
        teller.news.tell("weather", b"%d" % number)
    eventually(lambda: len(heard) == 1_200, pause=0.01)
    assert heard == [b"%d" % number for number in range(1_200)]
    assert own == []
    late = Sharing(read_address(server.url), "shop")
    later: list[bytes] = []
    late.news.subscribe("weather", later.append)
    try:
        assert late.start(5.0)
        eventually(lambda: later == heard, pause=0.01)
    finally:
        late.close()


def test_a_tally_nobody_uses_is_forgotten(join: Join) -> None:
    counts = join().counts
    tally = counts.tally("a", WINDOWS)
    assert counts.tally("a", WINDOWS) is tally
    del tally
    assert len(counts._tallies) == 0


def test_flags_of_one_are_those_of_all(join: Join, server: RedisServer) -> None:
    sharings = [Sharing(read_address(server.url), "shop") for _ in range(2)]
    here, there = (SharedFlags(sharing.news) for sharing in sharings)
    try:
        here.set_flag("convicted\0a", "guesses", 100.0, 60)
        for sharing in sharings:
            assert sharing.start(5.0)
        eventually(lambda: there.flag("convicted\0a", 159.0) == "guesses", pause=0.01)
        assert there.flag("convicted\0a", 160.0) is None
        there.clear("convicted\0a")
        eventually(lambda: here.flag("convicted\0a", 100.0) is None, pause=0.01)
        here.set_flag("a lone \udc80", "stays here", 100.0, 60)
        assert here.flag("a lone \udc80", 100.0) == "stays here"
    finally:
        for sharing in sharings:
            sharing.close()


def test_news_of_a_redis_that_was_gone_arrive(join: Join, server: RedisServer) -> None:
    heard: list[bytes] = []
    teller, hearer = join(), join()
    hearer.news.subscribe("weather", heard.append)
    server.stop()
    eventually(lambda: teller.trouble and hearer.trouble, pause=0.01)
    for number in range(3):
        teller.news.tell("weather", b"%d" % number)
    server.start()
    eventually(lambda: len(heard) == 3, pause=0.01)
    assert heard == [b"0", b"1", b"2"]


def test_a_hearer_that_breaks_hears_the_next(
    join: Join, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("NIGHTLATCH_RAISE")
    heard: list[bytes] = []

    def hear(news: bytes) -> None:
        if news == b"bad":
            raise RuntimeError("a bug")
        heard.append(news)

    teller, hearer = join(), join()
    hearer.news.subscribe("weather", hear)
    teller.news.tell("weather", b"bad")
    eventually(lambda: caplog.records, pause=0.01)
    teller.news.tell("weather", b"good")
    eventually(lambda: heard == [b"good"], pause=0.01)


def test_a_fork_shares_for_itself(join: Join) -> None:
    sharing = join()
    tally = sharing.counts.tally("a", WINDOWS)
    tally.add(people(3), 0.0)
    eventually(lambda: tally.ends(HOUR), pause=0.01)
    child = os.fork()
    if child == 0:
        # Straight out, whatever happens: this is a copy of the test run.
        tally.add(people(5)[3:], 0.0)
        until = time.monotonic() + 30
        while tally.count(HOUR, 0.0) < 5 or tally._sent or tally._waiting:
            if time.monotonic() > until:
                os._exit(1)
            time.sleep(0.01)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    tally.add(people(6)[5:], 0.0)
    eventually(lambda: tally.count(HOUR, 0.0) == 6 and not tally._sent, pause=0.01)


def test_the_last_words_of_a_process_are_heard(join: Join, server: RedisServer) -> None:
    heard: list[bytes] = []
    stays, leaves = join(), join()
    stays.news.subscribe("weather", heard.append)
    leaves.counts.tally("a", WINDOWS).add(people(5), 0.0)
    leaves.news.tell("weather", b"bye")
    leaves.close()
    tally = stays.counts.tally("a", WINDOWS)
    tally.add(people(1, seed=2), 0.0)
    eventually(lambda: tally.count(HOUR, 0.0) == 6 and heard == [b"bye"], pause=0.01)


def test_what_waits_is_bounded(join: Join, server: RedisServer) -> None:
    sharing = join()
    server.stop()
    eventually(lambda: sharing.trouble, pause=0.01)
    tally = sharing.counts.tally("a", WINDOWS)
    tally.add(people(WAITING + 5_000), 0.0)
    assert tally.count(HOUR, 0.0) == WAITING
    kept = [sharing.counts.tally(f"{number}", WINDOWS) for number in range(DIRTY + 10)]
    for number, one in enumerate(kept):
        one.add(people(1, seed=number), 0.0)
    assert len(sharing.counts.dirty) <= DIRTY
    # The one left out is taken along with its next member.
    tally.add(people(1, seed=-1), 0.0)
    eventually(lambda: tally in sharing.counts.dirty, pause=0.01)

"""The demo's traffic against the sample API on a real server, and its tally against the truth."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.capture.conformance import serving

from nightlatch.workbench.demo.cast import Cast, attack_addresses, make_cast
from nightlatch.workbench.demo.sample_api import Accounts, create_api
from nightlatch.workbench.demo.theatre import open_session
from nightlatch.workbench.demo.traffic import Step, Tally, Traffic

pytestmark = pytest.mark.slow

CAST = make_cast(1_000)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[str]:
    accounts = Accounts()
    accounts.seed(CAST.members)
    with serving(create_api(accounts), "httptools") as port:
        yield f"http://127.0.0.1:{port}"


async def _run(api: str, cast: Cast, steps: Callable[[Traffic], list[Step]]) -> tuple[Tally, int]:
    done = 0

    def progress() -> None:
        nonlocal done
        done += 1

    async with open_session() as session:
        traffic = Traffic(api, cast, session)
        chosen = steps(traffic)
        await traffic.run(chosen, progress)
    assert done == len(chosen)
    return traffic.tally, done


async def test_honest_people_are_served_all_of_them(api: str) -> None:
    tally, visits = await _run(api, CAST, Traffic.honest_stretch)
    assert (tally.failed, tally.legit_refused, tally.attempts) == (0, 0, 0)
    assert tally.legit_requests >= visits
    assert not tally.refused_people


async def test_the_attack_finds_fifteen_percent_and_life_goes_on(api: str) -> None:
    tally, _ = await _run(api, CAST, lambda traffic: traffic.attack(attack_addresses(100)))
    assert (tally.attempts, tally.disclosed, tally.failed) == (1_000, 150, 0)
    assert tally.legit_requests > 300
    assert len(tally.sent_at) == 1_000
    assert tally.attempts_before(tally.sent_at[500]) == sum(
        sent < tally.sent_at[500] for sent in tally.sent_at
    )


async def test_requests_without_an_answer_are_failures_and_nothing_else() -> None:
    cast = make_cast(10)
    tally, steps = await _run(
        "http://127.0.0.1:9", cast, lambda traffic: traffic.attack(["192.0.2.1"])[:10]
    )
    assert tally.failed >= steps == 10
    assert (tally.disclosed, tally.legit_refused) == (0, 0)

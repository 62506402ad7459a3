"""Many threads, and several processes: one lock is enough, and nothing is lost or counted twice."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from tests.frameworks.houses import HOUSES, House, open_house
from tests.servers import Server, collector, eventually, outcomes

from nightlatch.store.duckdb_events import DuckDBEvents
from nightlatch.store.ports import EventQuery

pytestmark = pytest.mark.slow

ASKED = 400
LIMIT = 50
THREADED = [house for house in HOUSES if "threads" in house.name]


def _ask(server: Server, count: int) -> Counter[int]:
    """`count` look-ups of different people, sixteen at a time."""

    def ask(number: int) -> int:
        return server.get(f"/v1/users/1201555{number:04}/status").status_code

    with ThreadPoolExecutor(16) as callers:
        return Counter(callers.map(ask, range(count)))


@pytest.mark.parametrize("house", THREADED, ids=lambda house: house.name)
def test_a_budget_is_kept_to_the_person(house: House, tmp_path: Path) -> None:
    settings = {"MODE": "enforce", "BUDGETS_CALLER_BURST": str(LIMIT)}
    with open_house(house, tmp_path, guarded=True, **settings) as server:
        answers = _ask(server, ASKED)
        assert sum(answers.values()) == ASKED
        # Requests that are under way together are decided before any of them is counted.
        assert LIMIT <= answers[200] <= LIMIT + 4
        assert set(answers) <= {200, 403, 429}
        server.stop()
        assert "Nightlatch failed" not in server.said
        with closing(DuckDBEvents(server.log.parent / ".nightlatch" / "events.duckdb")) as events:
            assert events.count(EventQuery()) == ASKED


def test_workers_that_fork_from_one_application(tmp_path: Path) -> None:
    """Loaded once before the fork (`--preload`): every worker starts its own agent."""
    house = next(house for house in THREADED if house.name.startswith("flask"))
    several = House(
        "flask-forked", (*house.command[:-1], "--workers", "3", "--preload", house.command[-1])
    )
    with collector(tmp_path) as console:
        given = {"URL": console.url, "DATA_DIR": str(tmp_path / ".nightlatch")}
        with open_house(several, tmp_path, guarded=True, **given) as server:
            assert _ask(server, ASKED) == Counter({200: ASKED})
            eventually(lambda: outcomes(console).get("recorded") == ASKED)
            assert sum(outcomes(console).values()) == ASKED
            assert "Nightlatch failed" not in server.said

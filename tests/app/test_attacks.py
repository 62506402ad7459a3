"""Attacks against a real application on a real server: recorded, refused, excepted."""

from contextlib import closing
from pathlib import Path

import httpx
import pytest
from tests.servers import Server, eventually, shop

from nightlatch.exchange.judgement import Action, Level
from nightlatch.exchange.record import Record
from nightlatch.store.duckdb_events import DuckDBEvents
from nightlatch.store.ports import EventQuery

pytestmark = pytest.mark.slow

INJECTION = "1' UNION SELECT name, password FROM users-- "


def search(server: Server) -> httpx.Response:
    return httpx.get(f"{server.url}/health", params={"q": INJECTION})


def order(server: Server, item: str, path: str = "/v1/orders") -> httpx.Response:
    return httpx.post(f"{server.url}{path}", json={"item": item})


def records(place: Path) -> list[Record]:
    with closing(DuckDBEvents(place / ".nightlatch" / "events.duckdb")) as events:
        return sorted(events.search(EventQuery(limit=50)), key=lambda record: record.id)


def test_by_default_attacks_are_found_and_nothing_is_refused(tmp_path: Path) -> None:
    with shop(tmp_path, MODE="enforce") as server:
        assert search(server).status_code == 200
        assert order(server, INJECTION).json() == {"received": 1}
        server.stop()
    found = records(tmp_path)
    assert len(found) == 2
    for record in found:
        assert record.level is Level.HIGH
        (finding,) = [one for one in record.findings if one.check == "sql-injection"]
        assert "UNION SELECT" in finding.evidence
        assert record.decision.action is Action.ALLOW


def test_where_asked_to_they_are_refused_before_the_application_has_them(tmp_path: Path) -> None:
    with shop(tmp_path, MODE="enforce", ATTACKS_REFUSE="true") as server:
        assert search(server).status_code == 403
        refused = order(server, INJECTION)
        assert refused.status_code == 403
        assert refused.headers["content-type"] == "application/problem+json"
        assert "UNION" not in refused.text
        assert order(server, "Tom's union suit; select size 5").json() == {"received": 1}
        server.stop()
        assert "Traceback" not in server.said
    attacks = [record for record in records(tmp_path) if record.refused]
    assert [record.decision.rule for record in attacks] == ["attack:sql-injection"] * 2


def test_observe_says_what_it_would_have_refused(tmp_path: Path) -> None:
    with shop(tmp_path, MODE="observe", ATTACKS_REFUSE="true") as server:
        assert search(server).status_code == 200
        assert order(server, INJECTION).status_code == 200
        server.stop()
    for record in records(tmp_path):
        assert (record.decision.action, record.decision.withhold) == (Action.REFUSE, False)


def test_an_exception_lets_one_endpoint_pass(tmp_path: Path) -> None:
    (tmp_path / "nightlatch.toml").write_text(
        "mode = 'enforce'\n[attacks]\nrefuse = true\n"
        """exceptions = 'endpoint = "POST /v1/orders" and check = sql-injection'\n"""
    )
    with shop(tmp_path) as server:
        assert order(server, INJECTION).status_code == 200
        assert search(server).status_code == 403
        server.stop()
    asked = {record.path: record for record in records(tmp_path)}
    assert not any(one.check == "sql-injection" for one in asked["/v1/orders"].findings)


def test_a_mistake_in_an_exception_stops_the_start_and_says_where(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"line 1, column 1: chek: did you mean"):  # noqa: SIM117
        with shop(tmp_path, ATTACKS_EXCEPTIONS="chek = a") as server:
            eventually(lambda: search(server))

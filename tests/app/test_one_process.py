"""The middleware in real applications on a real server, everything in one process."""

import signal
from contextlib import closing
from pathlib import Path

import pytest
from tests.servers import Server, answer_of, environment, eventually, nightlatch, shop

from nightlatch.exchange.facts import EndpointSummary
from nightlatch.exchange.record import Posture
from nightlatch.store.duckdb_events import DuckDBEvents
from nightlatch.store.ports import EventQuery
from nightlatch.store.sqlite_documents import SQLiteDocuments

pytestmark = pytest.mark.slow

LOOK_UP = "GET /v1/users/{phone}/status"


def look_up(server: Server, *numbers: int) -> list[int]:
    """Statuses of look-ups of these numbers by one stranger."""
    return [server.get(f"/v1/users/1201555{number:04}/status").status_code for number in numbers]


def seen(place: Path) -> dict[str, EndpointSummary]:
    """What another process finds while the application runs."""
    with closing(SQLiteDocuments(place / ".nightlatch" / "documents.sqlite")) as documents:
        return {one.endpoint: one for one in documents.endpoints()}


@pytest.mark.parametrize("app", ["starlette", "fastapi"])
def test_one_line_is_all_and_what_was_learned_survives_a_restart(tmp_path: Path, app: str) -> None:
    with shop(tmp_path, app) as server:
        assert look_up(server, *range(20)) == [404 if n % 10 == 9 else 200 for n in range(20)]
        for _ in range(3):
            assert server.get("/v1/profile").status_code == 401
        eventually(lambda: sum(one.requests for one in seen(tmp_path).values()) == 23)
        known = {one["endpoint"]: one for one in answer_of(tmp_path, "endpoints")}
        door = known[LOOK_UP]
        assert (door["posture"], door["exposure_day"], door["requests"]) == ("open", 18, 20)
        assert known["GET /v1/profile"]["posture"] == "protected"
        # A healthy house, asked while it runs.
        assert nightlatch(tmp_path, "doctor").returncode == 0
        server.stop()
        assert "error" not in server.said.lower(), server.said

    with shop(tmp_path, app) as server:
        assert look_up(server, 100, 101) == [200, 200]
        server.stop()
    after = seen(tmp_path)[LOOK_UP]
    assert (after.posture, after.exposure_day, after.requests) == (Posture.OPEN, 20, 22)
    assert _records(tmp_path) == 25
    assert _modes(tmp_path / ".nightlatch") == {"key": 0o600, "documents.sqlite": 0o600}


def _records(place: Path) -> int:
    with closing(DuckDBEvents(place / ".nightlatch" / "events.duckdb")) as events:
        return events.count(EventQuery())


def _modes(data: Path) -> dict[str, int]:
    return {name: (data / name).stat().st_mode & 0o777 for name in ("key", "documents.sqlite")}


@pytest.mark.parametrize(
    ("app", "given", "limit"),
    [
        ("starlette", {}, 3),
        ("starlette", {"BUDGETS_CALLER_BURST": "6"}, 6),
        ("configured", {"BUDGETS_CALLER_BURST": "6"}, 4),
    ],
    ids=["the file", "the environment over the file", "code over all"],
)
def test_settings_from_every_source(
    tmp_path: Path, app: str, given: dict[str, str], limit: int
) -> None:
    (tmp_path / "nightlatch.toml").write_text(
        'mode = "enforce"\n[budgets]\ncaller_burst = 3\n[capture]\nexclude = ["/health*"]\n'
    )
    with shop(tmp_path, app, **given) as server:
        answers = look_up(server, *(n for n in range(30) if n % 10 != 9))
        assert answers == [200] * limit + [403] * (27 - limit)
        refused = server.get("/v1/users/12015550028/status")
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json()["challenge"]["algorithm"] == "SHA-256"
        # What is excluded is neither refused nor recorded.
        assert server.get("/health").status_code == 200
        server.stop()
    assert _records(tmp_path) == 28


def test_all_mistakes_are_told_and_the_application_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "nightlatch.toml").write_text('\nmode = "enforced"\n[budgets]\ncaller_huor = 1\n')
    given = {
        "TRUSTED_PROXIES": "10.0.0.0/99",
        "CHECKS_OFF": "sql-injectoin",
        "URL": "collector",
        "CAPTURE_BODY_LIMIT": "0",
    }
    with pytest.raises(AssertionError) as caught, shop(tmp_path, **given):
        pass
    said = str(caught.value)
    assert "has 6 mistakes" in said
    assert "nightlatch.toml:2: mode: Invalid enum value 'enforced'" in said
    assert "nightlatch.toml:4:" in said
    assert "did you mean budgets.caller_hour?" in said
    assert "'10.0.0.0/99'" in said
    assert "did you mean sql-injection?" in said
    assert "must look like http://collector:4180" in said
    assert "NIGHTLATCH_CAPTURE_BODY_LIMIT" in said
    assert said.count("has 6 mistakes") == 1
    assert "Traceback" not in said

    told = nightlatch(tmp_path, "doctor", **given)
    assert told.returncode == 2
    assert "has 6 mistakes" in told.stderr


def test_on_a_server_without_lifespan_a_mistake_answers_nobody(tmp_path: Path) -> None:
    with shop(tmp_path, "wrapped", "--lifespan", "off", MODE="enforced") as server:
        assert server.get("/").status_code == 500
        assert "Invalid enum value 'enforced'" in server.said


def test_any_asgi_application_can_be_wrapped(tmp_path: Path) -> None:
    with shop(tmp_path, "wrapped", "--lifespan", "off") as server:
        assert server.get("/anything").text == "plain"
        # Nobody says that it ends; what waits is kept all the same.
        server.stop(signal.SIGINT)
    assert _records(tmp_path) == 1


@pytest.mark.parametrize("fail", ["open", "closed"])
def test_a_data_directory_that_cannot_be(tmp_path: Path, fail: str) -> None:
    (tmp_path / "taken").write_text("a file where the directory should be")
    given = {"DATA_DIR": str(tmp_path / "taken"), "FAIL": fail}
    if fail == "closed":
        with (
            pytest.raises(AssertionError, match="Application startup failed"),
            shop(tmp_path, **given),
        ):
            pass
        return
    with shop(tmp_path, **given) as server:
        assert look_up(server, 1) == [200]
        assert "UNPROTECTED" in server.said
        assert str(tmp_path / "taken") in server.said


def test_two_workers_in_one_data_directory_both_answer_and_say_so(tmp_path: Path) -> None:
    with shop(tmp_path, "starlette", "--workers", "2") as server:
        eventually(lambda: server.said.count("Application startup complete") == 2)
        assert set(look_up(server, *range(8))) == {200}
        assert "Records are kept in memory only" in server.said
        assert "Set NIGHTLATCH_URL" in server.said


def test_mode_off_leaves_no_trace(tmp_path: Path) -> None:
    with shop(tmp_path, MODE="off") as server:
        assert look_up(server, 1, 9) == [200, 404]
    assert not (tmp_path / ".nightlatch").exists()


def test_the_environment_of_tests_has_no_settings() -> None:
    assert not [name for name in environment() if name.startswith("NIGHTLATCH_")]

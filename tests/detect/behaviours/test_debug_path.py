import pytest
from tests.detect.behaviours.world import MONDAY, Call, Desk, caller, item

from nightlatch.detect.behaviours.debug_path import DebugPath
from nightlatch.exchange.client import Network
from nightlatch.exchange.disclosure import DataClass
from nightlatch.exchange.facts import Contract, Expectation
from nightlatch.exchange.headers import Headers
from nightlatch.exchange.judgement import DetectionKind, Level

STRANGER = caller("203.0.113.9")
_HTML = Headers([(b"content-type", b"text/html; charset=utf-8")])

_ANSWERING = {
    "/actuator/heapdump": Level.HIGH,
    "/actuator/env": Level.MEDIUM,
    "/debug/pprof/heap": Level.MEDIUM,
    "/h2-console": Level.MEDIUM,
    "/.env": Level.MEDIUM,
    "/server-status": Level.MEDIUM,
    "/swagger-ui/index.html": Level.LOW,
    "/v3/api-docs": Level.LOW,
    "/openapi.json": Level.LOW,
    "/metrics": Level.LOW,
}
_ORDINARY = (
    *(
        "/health",
        "/actuator/health",
        "/actuator/info",
        "/users/42",
        "/products",
        "/metrics-of-mine",
    ),
    *("/debugging-tips", "/environment", "/blog/heapdump-explained", "/package.json"),
)


def test_each_path_of_debugging_is_told_with_its_first_answer() -> None:
    levels = {}
    for path in _ANSWERING:
        told = Desk(DebugPath).see([Call(MONDAY, STRANGER, "GET", path, size=5_000)])
        assert [detection.kind for detection in told] == [DetectionKind.DEBUG_PATH], path
        assert path in told[0].evidence
        assert "5,000 bytes" in told[0].evidence
        assert told[0].refuted_by
        levels[path] = told[0].level
    assert levels == _ANSWERING


def test_ordinary_paths_are_none() -> None:
    desk = Desk(DebugPath)
    assert not desk.see(Call(MONDAY, STRANGER, "GET", path, size=5_000) for path in _ORDINARY)


@pytest.mark.parametrize("template", ["/{path}", "/files/{name}"])
def test_a_route_that_takes_any_path_hides_none(template: str) -> None:
    path = template.rpartition("/")[0] + "/.env"
    assert Desk(DebugPath).see([Call(MONDAY, STRANGER, "GET", template, path, size=900)])


def test_secrets_make_it_high_and_are_not_served_twice() -> None:
    desk = Desk(DebugPath)
    keys = (item(DataClass.CLOUD_KEY),)
    call = Call(MONDAY, STRANGER, "GET", "/actuator/env", size=5_000, items=keys)
    (told,) = desk.see([call])
    assert told.level is Level.HIGH
    assert "cloud-key" in told.evidence
    standing = desk.stands(STRANGER, "GET /actuator/env", MONDAY + 1)
    assert standing is not None
    assert standing.convicts
    assert desk.stands(STRANGER, "GET /products", MONDAY + 1) is None


@pytest.mark.parametrize(
    "call",
    [
        Call(MONDAY, STRANGER, "GET", "/actuator/env", status=404, size=5_000),
        Call(MONDAY, STRANGER, "GET", "/actuator/env", status=401, size=5_000),
        Call(MONDAY, STRANGER, "GET", "/actuator/env", size=2),
        Call(MONDAY, caller("10.0.0.1", principal="admin"), "GET", "/actuator/env", size=5_000),
        Call(MONDAY, STRANGER, "GET", "/metrics", size=5_000, network=Network(("private",))),
        Call(
            MONDAY,
            STRANGER,
            "GET",
            "/actuator/env",
            size=2_000,
            data=b'<!doctype html><div id="root"></div>',
            answer_headers=_HTML,
        ),
        Call(MONDAY, STRANGER, "GET", "/.env", size=2_000, answer_headers=_HTML),
    ],
    ids=["missing", "guarded", "empty", "proven", "private", "start page", "a page for a file"],
)
def test_no_answer_of_substance_to_a_stranger_is_none(call: Call) -> None:
    assert not Desk(DebugPath).see([call])


def test_public_by_decision_is_none_until_it_expires() -> None:
    desk = Desk(DebugPath)
    desk.world.contracts["GET /metrics"] = Contract(
        "GET /metrics", Expectation.PUBLIC, expires=MONDAY + 10
    )
    assert not desk.see([Call(MONDAY, STRANGER, "GET", "/metrics", size=5_000)])
    assert desk.see([Call(MONDAY + 11, STRANGER, "GET", "/metrics", size=5_000)])


def test_it_is_told_once_a_day() -> None:
    desk = Desk(DebugPath)
    hourly = (Call(MONDAY + 3_600 * n, STRANGER, "GET", "/metrics", size=9_000) for n in range(48))
    assert len(desk.see(hourly)) == 2

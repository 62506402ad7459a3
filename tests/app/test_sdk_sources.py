"""Other people's SDKs and `nightlatch up`: what they send is judged and recorded."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.capture.otlp.running import running as instrumented
from tests.capture.treblle.running import django_shop, node_shop
from tests.servers import CLIENT, Server, answer_of, collector, eventually

from nightlatch.exchange.judgement import Level

pytestmark = pytest.mark.slow

PHONE = "15550001111"
PATH = f"/v1/users/{PHONE}/status"
DOOR = "GET /v1/users/{phone}/status"


class Collector:
    """`nightlatch up`, with tokens for its sources."""

    def __init__(self, server: Server, place: Path) -> None:
        self.url, self._place = server.url, place

    def token(self, name: str, kind: str) -> str:
        token: str = answer_of(self._place, "source", "add", name, "--kind", kind)["token"]
        return token

    def recorded(self, name: str) -> Any:
        """The one record of a source that is of a look-up, whole."""
        path = "/records?limit=50"
        (found,) = eventually(lambda: [one for one in self._get(path) if _is_look_up(one, name)])
        return self._get(f"/records/{found['id']}")

    def _get(self, path: str) -> Any:
        token = (self._place / ".nightlatch" / "ingest-token").read_text().strip()
        headers = {"Authorization": f"Bearer {token}"}
        return CLIENT.get(f"{self.url}/api/v1{path}", headers=headers).json()


def _is_look_up(record: Any, source: str) -> bool:
    return bool(record["source_name"] == source and record["endpoint"].endswith("/status"))


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    place = tmp_path_factory.mktemp("collector")
    with collector(place) as server:
        yield Collector(server, place)


def test_djangos_sdk_of_treblle(up: Collector, tmp_path: Path) -> None:
    with django_shop(up.url, up.token("django", "treblle"), tmp_path) as shop:
        CLIENT.get(shop + PATH, headers={"Authorization": "Bearer eyJ-secret"})
        record = up.recorded("django")
    assert record["endpoint"] == DOOR
    assert (record["method"], record["status"], record["service"]) == ("GET", 200, "shop-api")
    assert 0.05 <= record["duration"] < 5
    assert (record["credential_kind"], record["credential_state"]) == ("bearer", "accepted")
    assert record["source"] == "treblle"
    assert record["unseen"] == ["secrets"]
    assert record["level"] == Level.HIGH
    assert len(record["asked"]) == 1
    assert PHONE not in str(record)


@pytest.mark.parametrize("package", ["treblle", "@treblle/express"])
def test_nodes_sdks_of_treblle(up: Collector, tmp_path: Path, package: str) -> None:
    name = package.strip("@").replace("/", "-")
    with node_shop(package, up.url, up.token(name, "treblle"), tmp_path) as shop:
        CLIENT.get(shop + PATH)
        record = up.recorded(name)
    # It does not tell the route, which is learned from paths or known from another service.
    assert record["endpoint"].startswith("GET /v1/users/{")
    assert (record["method"], record["status"], record["service"]) == ("GET", 200, "shop-api")
    assert 0.05 <= record["duration"] < 5
    assert (record["credential_kind"], record["credential_state"]) == (None, "none")
    assert record["unseen"] == []
    assert record["level"] == Level.HIGH
    assert PHONE not in str(record)


def test_opentelemetry(up: Collector) -> None:
    pytest.importorskip("opentelemetry.instrumentation.fastapi", reason="NOT RUN: not installed")
    token = up.token("otel", "otlp")
    settings = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": up.url,
        "OTEL_EXPORTER_OTLP_HEADERS": f"Authorization=Bearer%20{token}",
        "OTEL_SERVICE_NAME": "shop",
        "OTEL_BSP_SCHEDULE_DELAY": "200",
    }
    with instrumented("opentelemetry", **settings) as shop:
        CLIENT.get(shop + PATH)
        record = up.recorded("otel")
    assert record["endpoint"] == DOOR
    assert (record["method"], record["status"], record["service"]) == ("GET", 200, "shop")
    assert 0 < record["duration"] < 5
    # A span has no headers: there may have been a credential.
    assert (record["credential_kind"], record["credential_state"]) == (None, "unknown")
    assert record["source"] == "otlp"
    assert "credentials" in record["unseen"]
    assert PHONE not in str(record)

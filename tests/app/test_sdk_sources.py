"""Other people's SDKs and `nightlatch up`: what they send is judged and recorded."""

from collections.abc import Callable
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


def source(place: Path, kind: str) -> str:
    """The token of a new one."""
    token: str = answer_of(place, "source", "add", f"shop-{kind}", "--kind", kind)["token"]
    return token


def recorded(up: Server, place: Path, holds: Callable[[Any], bool]) -> Any:
    token = (place / ".nightlatch" / "ingest-token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}"}

    def found() -> Any:
        records = CLIENT.get(f"{up.url}/api/v1/records", headers=headers).json()
        return [record for record in records if holds(record)]

    (record,) = eventually(found)
    return CLIENT.get(f"{up.url}/api/v1/records/{record['id']}", headers=headers).json()


def test_djangos_sdk_of_treblle(tmp_path: Path) -> None:
    with collector(tmp_path) as up:
        token = source(tmp_path, "treblle")
        with django_shop(up.url, token, tmp_path) as shop:
            CLIENT.get(shop + PATH, headers={"Authorization": "Bearer eyJ-secret"})
            record = recorded(up, tmp_path, lambda one: one["endpoint"] == DOOR)
    assert (record["method"], record["status"], record["service"]) == ("GET", 200, "shop-api")
    assert 0.05 <= record["duration"] < 5
    assert (record["credential_kind"], record["credential_state"]) == ("bearer", "accepted")
    assert (record["source"], record["source_name"]) == ("treblle", "shop-treblle")
    assert record["unseen"] == ["secrets"]
    assert record["level"] == Level.HIGH
    assert len(record["asked"]) == 1
    assert PHONE not in str(record)


@pytest.mark.parametrize("package", ["treblle", "@treblle/express"])
def test_nodes_sdks_of_treblle(tmp_path: Path, package: str) -> None:
    with collector(tmp_path) as up:
        token = source(tmp_path, "treblle")
        with node_shop(package, up.url, token, tmp_path) as shop:
            CLIENT.get(shop + PATH)
            record = recorded(up, tmp_path, lambda one: "status" in one["endpoint"])
    # It does not tell the route, which is learned from paths.
    assert record["endpoint"].startswith("GET /v1/users/{")
    assert (record["method"], record["status"], record["service"]) == ("GET", 200, "shop-api")
    assert 0.05 <= record["duration"] < 5
    assert (record["credential_kind"], record["credential_state"]) == (None, "none")
    assert record["unseen"] == []
    assert record["level"] == Level.HIGH
    assert PHONE not in str(record)


def test_opentelemetry(tmp_path: Path) -> None:
    pytest.importorskip("opentelemetry.instrumentation.fastapi", reason="NOT RUN: not installed")
    with collector(tmp_path) as up:
        settings = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": up.url,
            "OTEL_EXPORTER_OTLP_HEADERS": f"Authorization=Bearer%20{source(tmp_path, 'otlp')}",
            "OTEL_SERVICE_NAME": "shop",
            "OTEL_BSP_SCHEDULE_DELAY": "200",
        }
        with instrumented("opentelemetry", **settings) as shop:
            CLIENT.get(shop + PATH)
            record = recorded(up, tmp_path, lambda one: one["endpoint"] == DOOR)
    assert (record["method"], record["status"], record["service"]) == ("GET", 200, "shop")
    assert 0 < record["duration"] < 5
    # A span has no headers: there may have been a credential.
    assert (record["credential_kind"], record["credential_state"]) == (None, "unknown")
    assert (record["source"], record["source_name"]) == ("otlp", "shop-otlp")
    assert "credentials" in record["unseen"]
    assert PHONE not in str(record)

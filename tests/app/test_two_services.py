"""Two applications with the same endpoint and one collector: each is judged and decided for by
itself."""

from pathlib import Path

import pytest
from tests.app.test_with_collector import LOOK_UP, call, look_up
from tests.servers import Server, answer_of, collector, eventually, metrics, nightlatch, shop

pytestmark = pytest.mark.slow


def endpoints(up: Server, place: Path) -> dict[str, dict[str, object]]:
    """By service, of the one endpoint."""
    found = call(up, "GET", "/endpoints", place).json()
    return {one["service"]: one for one in found if one["endpoint"] == LOOK_UP}


def exposures(up: Server, place: Path) -> dict[str, object]:
    return {name: one["exposure_day"] for name, one in endpoints(up, place).items()}


def test_what_is_decided_for_one_leaves_the_other_alone(tmp_path: Path) -> None:
    with (
        collector(tmp_path) as up,
        shop(tmp_path, URL=up.url, SERVICE="shop", MODE="observe") as first,
        shop(tmp_path, URL=up.url, SERVICE="crm", MODE="observe") as second,
    ):
        assert {look_up(first, number) for number in range(40, 48)} == {200}
        assert {look_up(second, number) for number in range(60, 63)} == {200}
        eventually(lambda: exposures(up, tmp_path) == {"shop": 8, "crm": 3})
        told = {"window": "24h", "endpoint": LOOK_UP}
        assert metrics(up)[_sample(service="crm", **told)] == 3

        # The command line knows both, and asks which.
        settings = {"CONSOLE_PORT": str(up.port)}
        asked = nightlatch(tmp_path, "close", LOOK_UP, "--yes", **settings)
        assert asked.returncode == 2
        assert "say which (crm, shop)" in " ".join(asked.stderr.split())
        closing = ("close", LOOK_UP, "--service", "shop", "--yes")
        assert answer_of(tmp_path, *closing, **settings)["service"] == "shop"
        eventually(lambda: look_up(first, 1) == 401)

        # Ordered later, so who obeys it has heard of the closed door too.
        order = {"kind": "block", "whom": "everyone", "endpoint": "GET /health", "service": "crm"}
        assert call(up, "POST", "/measures", tmp_path, **order).status_code == 200
        eventually(lambda: second.get("/health").status_code == 403)
        assert look_up(second, 1) == 200
        assert first.get("/health").status_code == 200

        found = endpoints(up, tmp_path)
        assert found["shop"]["contract"] is not None
        assert found["crm"]["contract"] is None


def _sample(**labels: str) -> str:
    told = ",".join(f"{name}={text}" for name, text in sorted(labels.items()))
    return f"nightlatch_disclosed_subjects{{{told}}}"

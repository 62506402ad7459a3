"""An application whose networks are configured: from the first request, and when lists change."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.browsers import GOOGLEBOT_UA
from tests.conversations import Conversation
from tests.list_server import ListServer, list_server
from tests.records import record
from tests.servers import eventually

from nightlatch.app.agent import build_agent
from nightlatch.app.configuration import configure
from nightlatch.app.networks import NetworksKeeper
from nightlatch.app.rooms import build_rooms
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.judgement import DetectionKind, Level, Mode
from nightlatch.exchange.measure import MeasureKind
from nightlatch.flight import Rooms
from nightlatch.identity.crawlers import Crawler
from nightlatch.pipeline import Pipeline
from nightlatch.policy.orders import Order
from nightlatch.settings import ConfigurationError


@pytest.fixture
def server() -> Iterator[ListServer]:
    with list_server() as running:
        running.text = "192.0.2.0/24\n"
        yield running


def rooms_with(place: Path, **settings: object) -> tuple[Rooms, NetworksKeeper]:
    settings = {"data_dir": str(place / "data"), **settings}
    configured = configure(settings, {})
    rooms = build_rooms(configured, Hasher(bytes(32)))
    return rooms, NetworksKeeper(configured, rooms.networks)


def test_files_are_known_from_the_first_request_on(tmp_path: Path) -> None:
    (tmp_path / "drop.txt").write_text("192.0.2.0/24\n10.0.0.0/8\n")
    rooms, keeper = rooms_with(tmp_path, identity_reputation_lists=[str(tmp_path / "drop.txt")])
    try:
        assert rooms.networks.look("192.0.2.1").lists == ("drop",)
        assert rooms.reputation.look_up("192.0.2.1") == "drop"
        assert rooms.reputation.look_up("10.0.0.1") == ""
    finally:
        keeper.close()


@pytest.mark.slow
def test_feeds_are_fetched_in_the_background(
    tmp_path: Path, server: ListServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nightlatch.app.networks.EVERY", 0.05)
    rooms, keeper = rooms_with(tmp_path, networks_feeds=[f"cloud hosting {server.url}/cloud.txt"])
    try:
        eventually(lambda: rooms.networks.look("192.0.2.1").kinds == ("hosting",))
        assert rooms.reputation.look_up("192.0.2.1") is None
    finally:
        keeper.close()


def test_without_feeds_nothing_runs_and_nothing_is_made(tmp_path: Path) -> None:
    _, keeper = rooms_with(tmp_path)
    assert keeper._ticker is None
    assert not (tmp_path / "data" / "feeds").exists()
    keeper.close()


def test_mistakes_stop_the_start() -> None:
    with pytest.raises(ConfigurationError, match="no kind of feed"):
        configure({"networks_feeds": ["drop evil https://lists.example/"]}, {})


def test_records_tell_impostors_and_listed_addresses(tmp_path: Path) -> None:
    (tmp_path / "google.txt").write_text("203.0.113.0/24\n")
    (tmp_path / "drop.txt").write_text("192.0.2.0/24\n")
    feeds = [f"Googlebot crawler {tmp_path}/google.txt", f"drop bad {tmp_path}/drop.txt"]
    rooms, keeper = rooms_with(tmp_path, networks_feeds=feeds)
    keeper.close()
    talk = Conversation()
    talk.pipeline = Pipeline(rooms, Mode.OBSERVE)
    rooms.clients.verify_by(Nobody())
    googlebot = (("user-agent", GOOGLEBOT_UA),)

    real = talk.look_up(1, headers=googlebot, address="203.0.113.7")
    impostor = talk.look_up(2, headers=googlebot, address="192.0.2.7")

    assert [found.kind for found in real.detections] == []
    assert "ip-reputation" not in {finding.check for finding in real.findings}
    assert [found.kind for found in impostor.detections] == [DetectionKind.BOT]
    assert "ip-reputation" in {finding.check for finding in impostor.findings}
    assert impostor.level is Level.HIGH


class Nobody:
    """A DNS that knows no bot."""

    def ask(self, crawler: Crawler, address: str, now: float) -> bool | None:
        return False


@pytest.mark.slow
def test_an_agent_verifies_bots_unless_told_not_to(tmp_path: Path) -> None:
    for wanted in (True, False):
        settings = {
            "data_dir": str(tmp_path / "data"),
            "identity_verify_bots": wanted,
            "tokens_guess": False,
        }
        agent = build_agent(configure(settings, {}))
        try:
            assert bool(agent._background) is wanted
        finally:
            agent.close()


def test_a_preview_in_the_application_tells_networks_and_a_list_that_is_gone_is_told(
    tmp_path: Path,
) -> None:
    listed, gone = tmp_path / "cloud.txt", tmp_path / "gone.txt"
    listed.write_text("192.0.2.0/24\n")
    feeds = [f"cloud hosting {listed}", f"drop bad {gone}"]
    settings = configure({"data_dir": str(tmp_path / "data"), "networks_feeds": feeds}, {})
    agent = build_agent(settings)
    try:
        recorder = agent._sink._recorder  # type: ignore[attr-defined]
        now = time.time()
        recorder.take(
            [
                record(1, at=now - 60, address="192.0.2.7"),
                record(2, at=now - 60, address="198.51.100.9"),
            ]
        )
        order = Order(MeasureKind.BLOCK, "network = hosting")
        seen = recorder.measures.preview(order, now)
        assert (seen.blind, seen.looked, seen.requests) == (False, 2, 1)
        (told,) = [problem for problem in recorder.health(now).problems if "drop" in problem]
        assert "no such file" in told.lower()
    finally:
        agent.close()

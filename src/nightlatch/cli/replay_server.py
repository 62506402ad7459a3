"""`nightlatch replay --http`: the breached API on a real server, behind the middleware."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.request import urlopen

import msgspec
from msgspec.structs import replace
from rich.markup import escape

from nightlatch.cli.output import Refusal, screen
from nightlatch.workbench.demo.alert import first_alert
from nightlatch.workbench.demo.theatre import START_LIMIT, free_ports
from nightlatch.workbench.replay.attack import ATTACKERS
from nightlatch.workbench.replay.cast import Order, Played
from nightlatch.workbench.replay.http import ATTEMPTS, LEARNED, HttpScene, play_http
from nightlatch.workbench.replay.result import Outcome, Row
from nightlatch.workbench.replay.scenario import Scenario

_SCENARIO = "scenario.json"


def play_over_http(scenarios: Sequence[Scenario], order: Order, *, quiet: bool) -> list[Played]:
    """Every run against a server of its own."""
    played = []
    for scenario in scenarios:
        if not scenario.seen:
            row = Row(id=scenario.id, addresses=None, seen=False, reason=scenario.unseen_because)
            played.append(Played((row,), 0))
            continue
        short = replace(scenario, attempts=scenario.attempts or ATTEMPTS)
        rows = []
        for count in scenario.addresses:
            if not quiet:
                screen.print(f"{escape(scenario.id)} from {count:,} addresses, over HTTP …")
            outcomes = tuple(_play(short, name, count, order) for name in order.attackers)
            rows.append(Row(id=scenario.id, addresses=count, outcomes=outcomes))
        played.append(Played(tuple(rows), LEARNED))
    return played


def _play(scenario: Scenario, attacker: str, addresses: int, order: Order) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="nightlatch-replay-") as directory:
        data = Path(directory)
        with (
            _server(scenario, order.seed, data) as port,
            closing(HttpScene("127.0.0.1", port)) as scene,
        ):
            return play_http(
                scenario,
                ATTACKERS[attacker],
                addresses,
                scene,
                lambda: first_alert(data),
                order.seed,
                order.hash_rate,
            )


@contextmanager
def _server(scenario: Scenario, seed: int, data: Path) -> Iterator[int]:
    """The API in a process of its own, set up as a user would: by the environment."""
    (port,) = free_ports(1)
    (data / _SCENARIO).write_bytes(msgspec.json.encode(scenario))
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("NIGHTLATCH_")},
        "NIGHTLATCH_MODE": "enforce",
        "NIGHTLATCH_TRUSTED_PROXIES": "127.0.0.1",
        "NIGHTLATCH_DATA_DIR": str(data),
    }
    command = [
        sys.executable, "-m", "nightlatch", "serve-replay", str(port), str(data / _SCENARIO),
        str(seed),
    ]  # fmt: skip
    log = data / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)  # noqa: S603
    try:
        _until_ready(process, port, log)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _until_ready(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(f"http://127.0.0.1:{port}/v1/news", timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    said = log.read_text(errors="replace")[-2_000:]
    raise Refusal(f"The server did not start within {START_LIMIT:.0f} s; it said:\n{said}")


def serve_replay(port: int, scenario: Path, seed: int) -> None:
    """Serve the API of a scenario behind the middleware."""
    import uvicorn

    from nightlatch import Nightlatch
    from nightlatch.workbench.replay.api import create_api

    api = create_api(msgspec.json.decode(scenario.read_bytes(), type=Scenario), seed)
    api.add_middleware(Nightlatch)
    uvicorn.run(api, port=port, log_level="warning", access_log=False)

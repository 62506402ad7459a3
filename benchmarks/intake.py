"""What sources may send over HTTP at full rate: how much is taken, what is lost, what grows.

`nightlatch up` is a process of its own; senders send as fast as it answers, one input after the
other. At the end everything that was sent must be recorded or counted under a reason, or told to
its sender (429), who has it still. Ten minutes each: `python -m benchmarks.intake --seconds 600`.
"""

import argparse
import http.client
import itertools
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit
from urllib.request import urlopen

from msgspec import Struct
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from benchmarks.curves import Curve, watched

SECONDS = float(os.environ.get("BENCH_INTAKE_SECONDS", "5"))
"""For each input."""
SENDERS = 2
BATCH = 512
"""Spans; the SDKs' default."""
DRAIN = 60.0
"""Seconds without any change after which what waits is waited for no longer."""

Reply = tuple[int, bytes]
Post = Callable[[str, bytes, dict[str, str]], Reply]
Send = Callable[[], tuple[int, int]]
"""Sends one message: how many exchanges it had, and how often it was told to come again."""
PAUSE = 0.1
"""Seconds before coming again."""


class Input(Struct, frozen=True):
    kind: str
    """Of source."""
    sender: Callable[[Post, str, int], Send]
    """For a way to post, a token and the number of the sender."""


def _spans(post: Post, token: str, number: int) -> Send:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-protobuf"}
    message, places = _batch()
    ids = itertools.count(1 + number * 2**40)

    def send() -> tuple[int, int]:
        for place in places:
            message[place : place + 8] = next(ids).to_bytes(8, "big")
        body, refused = bytes(message), 0
        while post("/v1/traces", body, headers)[0] == 429:
            refused += 1
            time.sleep(PAUSE)
        return BATCH, refused

    return send


def _batch() -> tuple[bytearray, list[int]]:
    """A batch of spans, and where in it their ids are: each span is sent once."""
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    begin = time.time_ns()
    for number in range(BATCH):
        span = spans.add(
            trace_id=os.urandom(16),
            span_id=b"ID" + number.to_bytes(6, "big"),
            kind=2,
            name="GET /v1/users/{phone}/status",
            start_time_unix_nano=begin,
            end_time_unix_nano=begin + 25_000_000,
        )
        for name, text in (
            ("http.request.method", "GET"),
            ("url.scheme", "https"),
            ("url.path", f"/v1/users/1555{number:07}/status"),
            ("server.address", "api.example.com"),
            ("client.address", f"203.0.{number % 200}.7"),
            ("http.route", "/v1/users/{phone}/status"),
            ("user_agent.original", "Passkeeper/25.1.0 (Android 14)"),
        ):
            span.attributes.add(key=name).value.string_value = text
        span.attributes.add(key="http.response.status_code").value.int_value = 200
    message = bytearray(request.SerializeToString())
    places = [match.start() for match in re.finditer(rb"ID\x00\x00\x00\x00", message)]
    assert len(places) == BATCH
    return message, places


def _events(post: Post, token: str, number: int) -> Send:
    headers = {"x-api-key": token, "Content-Type": "application/json"}
    numbers = itertools.count(number * 10**9)

    def send() -> tuple[int, int]:
        post("/", _event(token, next(numbers)), headers)
        return 1, 0

    return send


def _event(token: str, number: int) -> bytes:
    request = {
        "ip": f"203.0.{number % 200}.7",
        "url": f"https://api.example.com/v1/users/1555{number % 100_000:07}/status",
        "method": "GET",
        "headers": {"Host": "api.example.com", "User-Agent": "Passkeeper/25.1.0 (Android 14)"},
        "body": {},
        "query": {},
        "route_path": "v1/users/{phone}/status",
    }
    answer = {"status": "active", "devices": 2, "note": "x" * 200}
    response = {
        "headers": {"content-type": "application/json"},
        "code": 200,
        "size": 250,
        "load_time": 12.5,
        "body": answer,
    }
    data = {"request": request, "response": response, "errors": []}
    names = {"api_key": token, "project_id": "shop", "version": 20, "sdk": "django"}
    return json.dumps(names | {"data": data}).encode()


def _messages(post: Post, token: str, number: int) -> Send:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    numbers = itertools.count(number * 10**9)

    def send() -> tuple[int, int]:
        post("/gelf", _message(next(numbers)), headers)
        return 1, 0

    return send


def _message(number: int) -> bytes:
    phone = f"1555{number % 100_000:07}"
    fields = {
        "version": "1.1",
        "host": "edge-1",
        "short_message": f"GET /v1/users/{phone}/status 200",
        "_http.request.method": "GET",
        "_url.path": f"/v1/users/{phone}/status",
        "_http.response.status_code": 200,
        "_client.address": f"203.0.{number % 200}.7",
        "_user_agent.original": "Passkeeper/25.1.0 (Android 14)",
        "_duration_ms": 12,
    }
    return json.dumps(fields).encode()


INPUTS: dict[str, Input] = {
    "otlp": Input("otlp", _spans),
    "treblle": Input("treblle", _events),
    "gelf": Input("gelf", _messages),
}


# The collector


@contextmanager
def _collector(place: Path) -> Iterator[str]:
    """Its URL."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    env = _environment() | {"NIGHTLATCH_CONSOLE_PORT": str(port)}
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "nightlatch", "up"], cwd=place, env=env, stdout=log, stderr=log
        )
    try:
        while _refuses(port):
            if process.poll() is not None:
                raise RuntimeError((place / "log").read_text())
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))}


def _refuses(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _ask(place: Path, *arguments: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-m", "nightlatch", *arguments, "--json"],
        cwd=place,
        env=_environment(),
        capture_output=True,
        check=True,
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def _account(place: Path, kind: str) -> dict[str, int]:
    """What became of all that the source sent, by the collector's own account."""
    sources = _ask(place, "source", "list")["sources"]
    assert isinstance(sources, list)
    (seen,) = [one for one in sources if one["name"] == f"bench-{kind}"]
    names = ("accepted", "recorded", "repeated", "failed", "lost")
    return {name: seen[name] for name in names}


def _memory(url: str) -> tuple[float, float]:
    """Bytes of the process and of its events store, as its metrics have them."""
    with urlopen(f"{url}/metrics", timeout=60) as answer:
        scraped = answer.read().decode()
    resident, store = (
        float(re.search(rf"^{name} (\S+)$", scraped, re.MULTILINE)[1])  # type: ignore[index]
        for name in ("process_resident_memory_bytes", "nightlatch_store_memory_bytes")
    )
    return resident, store


# The senders


def _poster(url: str) -> Post:
    to = urlsplit(url)
    connection = http.client.HTTPConnection(to.hostname or "", to.port)

    def post(path: str, body: bytes, headers: dict[str, str]) -> Reply:
        connection.request("POST", path, body, headers)
        reply = connection.getresponse()
        return reply.status, reply.read()

    return post


class _Sent(Struct):
    exchanges: int = 0
    refused: int = 0
    """Messages that were told to come again."""


def _run_sender(send: Send, until: float, sent: _Sent) -> None:
    while time.monotonic() < until:
        exchanges, refused = send()
        sent.exchanges += exchanges
        sent.refused += refused


def _measure(name: str, seconds: float) -> dict[str, object]:
    chosen = INPUTS[name]
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        with _collector(place) as url:
            added = ("source", "add", f"bench-{chosen.kind}", "--kind", chosen.kind, "--rate", "0")
            token = str(_ask(place, *added)["token"])
            time.sleep(1.5)
            sent = [_Sent() for _ in range(SENDERS)]
            until = time.monotonic() + seconds
            senders = [
                Thread(
                    target=_run_sender,
                    args=(chosen.sender(_poster(url), token, number), until, one),
                )
                for number, one in enumerate(sent)
            ]
            with watched(lambda: _memory(url), seconds) as curve:
                for sender in senders:
                    sender.start()
                for sender in senders:
                    sender.join()
            account = _drained(place, chosen.kind)
    return _figures(name, sent, account, seconds, curve)


def _drained(place: Path, kind: str) -> dict[str, int]:
    """The account once it stands still: the collector writes it down every few seconds."""
    changed, before = time.monotonic(), dict[str, int]()
    while time.monotonic() < changed + DRAIN:
        account = _account(place, kind)
        done = account["recorded"] + account["repeated"] + account["failed"]
        if account != before:
            changed = time.monotonic()
        elif done == account["accepted"]:
            break
        before = account
        time.sleep(6)
    return account


def _figures(
    name: str,
    sent: list[_Sent],
    account: dict[str, int],
    seconds: float,
    curve: Curve,
) -> dict[str, object]:
    exchanges = sum(one.exchanges for one in sent)
    told = account["recorded"] + account["failed"] + account["lost"]
    return {
        f"{name}_sent": exchanges,
        f"{name}_told_to_come_again": sum(one.refused for one in sent),
        f"{name}_recorded": account["recorded"],
        f"{name}_recorded_per_second": round(account["recorded"] / seconds),
        f"{name}_lost_and_counted": account["lost"] + account["failed"],
        f"{name}_unaccounted": exchanges - told,
        f"{name}_mb_all_and_store": str(curve),
        f"{name}_second_half_mb_a_minute": round(curve.slope(), 1),
    }


def run(seconds: float = SECONDS, names: list[str] | None = None) -> dict[str, object]:
    figures: dict[str, object] = {"seconds_each": seconds}
    for name in names or INPUTS:
        figures |= _measure(name, seconds)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.intake", description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for each input")
    parser.add_argument("--only", nargs="*", choices=sorted(INPUTS), help="these inputs alone")
    arguments = parser.parse_args()
    for name, figure in run(arguments.seconds, arguments.only).items():
        print(f"{name:32}{figure}")


if __name__ == "__main__":
    main()

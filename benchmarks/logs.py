"""How many lines a second: parsed, and with all that `nightlatch import` does with them.

`python -m benchmarks.logs profile` says where the time of the parsing goes.
"""

import cProfile
import os
import pstats
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from msgspec.structs import replace

import nightlatch
from nightlatch.capture.logs.assembly import Assembler
from nightlatch.capture.logs.detection import SAMPLE
from nightlatch.capture.logs.envelopes import envelope_of
from nightlatch.capture.logs.lines import CHUNK
from nightlatch.capture.logs.reading import Reading
from nightlatch.capture.logs.registry import format_by_id
from nightlatch.exchange.observed import Observed

LINES = 100_000
IMPORTED = 20_000
BEGAN = 1_795_000_000
_SOURCE = Path(nightlatch.__file__).parents[1]
_BROWSERS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    f"Chrome/{version}.0.0.0 Safari/537.36"
    for version in range(90, 140)
]


def run() -> dict[str, object]:
    figures: dict[str, object] = {}
    common = combined(LINES)
    upstream = " 85 0.004 [shop-80] [] 10.2.0.7:80 24 0.004 200 a1"
    for name, lines in (
        ("nginx-combined", common),
        ("nginx-combined, nobody twice", combined(LINES, strangers=True)),
        ("nginx-combined, in docker's envelope", docker(common)),
        ("nginx-ingress", [line + upstream for line in common]),
        ("caddy", caddy(LINES // 4)),
        ("json", json_lines(LINES // 4)),
    ):
        figures[f"{name}: lines a second of CPU"] = round(len(lines) / _parsed(name, lines))
    figures["import with all behind it: lines a second of CPU"] = round(_imported())
    return figures


def combined(number: int, *, strangers: bool = False) -> list[str]:
    """The log of an API: some thousand callers, fifty browsers; or each line somebody else's."""
    chance = random.Random(1)
    lines = []
    for place in range(number):
        at = datetime.fromtimestamp(BEGAN + place // 40, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
        who = place if strangers else chance.randrange(4_000)
        agent = f"agent/{place}" if strangers else chance.choice(_BROWSERS)
        status, size = chance.choice((200, 200, 200, 404)), chance.randrange(5_000)
        lines.append(
            f"10.{who >> 16}.{who >> 8 & 255}.{who & 255} - - [{at}] "
            f'"GET {_path(chance)} HTTP/1.1" {status} {size} "-" "{agent}"'
        )
    return lines


def docker(lines: Sequence[str]) -> list[str]:
    time_told = "2026-11-18T19:18:28.123456789Z"
    return [
        msgspec.json.encode({"log": f"{line}\n", "stream": "stdout", "time": time_told}).decode()
        for line in lines
    ]


def caddy(number: int) -> list[str]:
    chance = random.Random(1)
    return [
        f'{{"level":"info","ts":{BEGAN + place / 40},"msg":"handled request","request":{{'
        f'"remote_ip":"10.0.0.{place & 255}","remote_port":"1","proto":"HTTP/2.0","method":"GET",'
        f'"host":"shop.example","uri":"{_path(chance)}","headers":{{"User-Agent":["'
        f'{chance.choice(_BROWSERS)}"],"Accept":["*/*"],"Accept-Encoding":["gzip"]}}}},'
        f'"bytes_read":0,"duration":0.01,"size":500,"status":200,"resp_headers":{{"Server":["C"],'
        f'"Content-Type":["application/json"]}}}}'
        for place in range(number)
    ]  # fmt: skip


def json_lines(number: int) -> list[str]:
    chance = random.Random(1)
    return [
        f'{{"@timestamp":"{datetime.fromtimestamp(BEGAN + place / 40, UTC).isoformat()}",'
        f'"client":{{"ip":"10.0.0.{place & 255}"}},"http":{{"request":{{"method":"GET"}},'
        f'"response":{{"status_code":200}}}},"url":{{"path":"{_path(chance)}","domain":"shop.example"}},'
        f'"user_agent":{{"original":"{chance.choice(_BROWSERS)}"}},"event":{{"duration":1000000}}}}'
        for place in range(number)
    ]  # fmt: skip


def _path(chance: random.Random) -> str:
    return chance.choice(
        (
            f"/v1/users/49{chance.randrange(10**9):09}/status",
            f"/v1/orders/{chance.randrange(10**5)}",
            "/v1/profile",
            "/health",
        )
    )


def _parsed(name: str, lines: Sequence[str]) -> float:
    """Seconds of CPU, the best of three."""
    data = "\n".join([*lines, ""]).encode()
    return min(_timed(lambda: _read(name, data, len(lines))) for _ in range(3))


def _read(name: str, data: bytes, number: int) -> None:
    chosen = format_by_id(name.partition(",")[0])
    assert chosen is not None
    envelope = envelope_of(data[:CHUNK].decode("latin-1").split("\n")[:SAMPLE])
    reading = Reading(
        replace(chosen, envelope=envelope), Assembler("api"), "0" * 32, lambda *_: None
    )
    last: list[Observed] = []
    for at in range(0, len(data), CHUNK):
        last = reading.feed(data[at : at + CHUNK])
    assert reading.tally.exchanges == number
    assert last


def _timed(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _imported() -> float:
    """Lines a second of CPU: twice the lines less once the lines, so that the start of the process
    does not count."""
    with TemporaryDirectory() as place:
        _import(Path(place), 100)
        once, twice = (_import(Path(place), number) for number in (IMPORTED, 2 * IMPORTED))
    return IMPORTED / (twice - once)


_COMMAND = """
import resource, sys
from nightlatch.cli import cli
try:
    cli(["import", sys.argv[1], "--json"])
finally:
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(used.ru_utime + used.ru_stime)
"""


def _import(place: Path, number: int) -> float:
    """Seconds of CPU of a process that imports so many lines into an empty directory."""
    with TemporaryDirectory(dir=place) as house:
        (Path(house) / "access.log").write_text("\n".join([*combined(number), ""]))
        command = [sys.executable, "-c", _COMMAND, "access.log"]
        environment = {**os.environ, "PYTHONPATH": str(_SOURCE)}
        done = subprocess.run(
            command, cwd=house, env=environment, capture_output=True, text=True, check=True
        )
    return float(done.stdout.split()[-1])


def main() -> None:
    data = "\n".join([*combined(LINES), ""]).encode()
    with cProfile.Profile() as profile:
        _read("nginx-combined", data, LINES)
    pstats.Stats(profile).sort_stats("tottime").print_stats(20)


if __name__ == "__main__":
    main()

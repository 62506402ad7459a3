"""From an application to its collector: CPU on both sides, and what the disk in between takes.

A real collector on loopback, a sink that only counts. CPU is of the whole process, divided by the
records; the collector is a process of its own.
"""

import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from tests.records import record

from nightlatch.capture.ingest import Ingest
from nightlatch.capture.shipping import Shipper
from nightlatch.capture.spool import Spool
from nightlatch.capture.wire import encode_record
from nightlatch.exchange.agent import AgentReport
from nightlatch.exchange.facts import Directives
from nightlatch.exchange.record import Record

RECORDS = 200_000
AT_ONCE = 1_000
SPOOLED = 50
"""Batches of a thousand."""
_TOKEN = "a-token-for-benchmarks"


class _Counting:
    """A sink that does nothing else."""

    directives = Directives()
    taken = 0
    leaving = False

    def take(self, records: Sequence[Record]) -> None:
        self.taken += len(records)
        if self.leaving:
            used = resource.getrusage(resource.RUSAGE_SELF)
            print(self.taken, used.ru_utime + used.ru_stime, flush=True)

    def report(self, report: AgentReport, now: float) -> None:
        self.leaving = report.leaving

    def reject(self, reason: str) -> None:
        raise RuntimeError(reason)


def run() -> Mapping[str, object]:
    records = [record(number) for number in range(AT_ONCE)]
    with tempfile.TemporaryDirectory() as place:
        return _shipped(records) | _spooled(records, Path(place))


def _shipped(records: list[Record]) -> dict[str, object]:
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.shipping"], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        port, idle = server.stdout.readline().split()
        shipper = Shipper(f"http://127.0.0.1:{port}", _TOKEN, "shop")
        began, cpu = time.perf_counter(), time.process_time()
        for sent in range(AT_ONCE, RECORDS + 1, AT_ONCE):
            shipper.send(records)
            while sent - shipper.shipment().shipped > 10 * AT_ONCE:
                time.sleep(0.001)
        shipper.close(30.0)
        took, cpu = time.perf_counter() - began, time.process_time() - cpu
        taken, used = server.stdout.readline().split()
        server.kill()
    if int(taken) != RECORDS or shipper.shipment().lost:
        raise RuntimeError(f"{taken} of {RECORDS} records arrived")
    return {
        "records_per_second": round(RECORDS / took),
        "application_us_per_record": round(cpu / RECORDS * 1e6, 2),
        "collector_us_per_record": round((float(used) - float(idle)) / RECORDS * 1e6, 2),
    }


def _spooled(records: list[Record], place: Path) -> dict[str, object]:
    encoded = [encode_record(one) for one in records]
    spool = Spool(place)
    began = time.perf_counter()
    for _ in range(SPOOLED):
        spool.put(encoded)
    written = time.perf_counter() - began
    size = sum(file.stat().st_size for file in place.iterdir())
    began = time.perf_counter()
    found = 0
    while (batch := spool.take()) is not None:
        found += len(batch.records)
        batch.remove()
    if found != SPOOLED * AT_ONCE:
        raise RuntimeError(f"{found} records came back")
    return {
        "spool_write_ms_per_1000": round(written / SPOOLED * 1e3, 2),
        "spool_read_ms_per_1000": round((time.perf_counter() - began) / SPOOLED * 1e3, 2),
        "spool_bytes_per_record": round(size / found, 1),
    }


def main() -> None:
    ingest = Ingest(_Counting(), _TOKEN)
    config = uvicorn.Config(Starlette(routes=[ingest.route]), log_config=None)
    listener = socket.create_server(("127.0.0.1", 0))
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(listener.getsockname()[1], used.ru_utime + used.ru_stime, flush=True)
    uvicorn.Server(config).run([listener])


if __name__ == "__main__":
    main()

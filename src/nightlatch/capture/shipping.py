"""Application side: records go to the collector from a thread of their own, directives come back.

The application never waits: `send` encodes and appends. What the collector does not take in time is
dropped, the oldest first, and counted.
"""

import logging
import os
import random
import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from threading import Lock, Thread

from msgspec import Struct

from nightlatch.capture import wire
from nightlatch.capture.collector import (
    BatchRefused,
    BatchTooLarge,
    CollectorFailed,
    CollectorLine,
)
from nightlatch.capture.outbox import MAX_RECORDS, Outbox
from nightlatch.exchange.agent import AgentReport
from nightlatch.exchange.facts import Directives
from nightlatch.exchange.judgement import Outcome
from nightlatch.exchange.record import Record
from nightlatch.faults import FAULTS, guarded

log = logging.getLogger("nightlatch.shipping")

POLL_EVERY = 2.0
"""Seconds between two questions for directives while there is nothing to send."""
FIRST_PAUSE = 0.25
LONGEST_PAUSE = 5.0
"""Seconds between attempts: doubled from the first to the longest, each shortened at random by up
to a half, so that a hundred processes do not come back as one."""
LOG_EVERY = 60.0
"""Seconds between two log lines of the same words."""


class Shipment(Struct, frozen=True):
    """How the shipping fares, for `doctor`."""

    waiting: int
    shipped: int
    lost: dict[str, int]
    problem: str
    """Why the collector does not take records right now; empty while it does."""
    revision: int


class Shipper:
    _thread: Thread | None

    def __init__(
        self,
        url: str,
        token: str,
        service: str,
        *,
        version: str = "",
        on_directives: Callable[[Directives], None] = lambda _directives: None,
        queue_depth: Callable[[], int] = lambda: 0,
        trouble: Callable[[], str] = str,
        max_records: int = MAX_RECORDS,
    ) -> None:
        """`queue_depth` tells how many exchanges wait before they become records, `trouble` why no
        budgets are shared. Raises ValueError for a URL or token that cannot work."""
        self._url = url
        self._token = token
        self._service = service
        self._version = version
        self._on_directives = on_directives
        self._queue_depth = queue_depth
        self._trouble = trouble
        self._max_records = max_records
        self._begin()

    def start(self) -> None:
        """Begin to ask for directives; `send` does it as well."""
        if self._pid != os.getpid():
            # After a fork there is no thread here, and what waits is the parent's to send.
            self._begin()
        with self._starting:
            if self._thread is None and not self._outbox.closed:
                self._thread = Thread(target=self._run, name="nightlatch-shipping", daemon=True)
                self._thread.start()

    def send(self, records: Sequence[Record]) -> None:
        """Take them over. Never waits, never raises."""
        with guarded("capture.shipping"):
            if self._thread is None or self._pid != os.getpid():
                self.start()
            encoded = [one for one in map(_encoded, records) if one is not None]
            self.count(Outcome.LOST_FAULT, len(records) - len(encoded))
            if self._outbox.closed:
                self.count(Outcome.LOST_COLLECTOR_GONE, len(encoded))
            else:
                self.count(Outcome.LOST_COLLECTOR_GONE, self._outbox.put(encoded))

    def count(self, outcome: Outcome, number: int = 1) -> None:
        """Exchanges lost in this process; the collector is told with the next batch."""
        if number:
            with self._counting:
                self._lost[outcome.value] += number

    def close(self, timeout: float = 2.0) -> None:
        """Send what waits, within `timeout` seconds; the rest is lost, counted and logged."""
        self._outbox.close()
        thread = self._thread
        if thread is not None and self._pid == os.getpid():
            thread.join(timeout * 0.9)
            if thread.is_alive():
                self._line.abort()
                thread.join(timeout * 0.1)
        lost = self._outbox.give_up()
        if lost:
            self.count(Outcome.LOST_COLLECTOR_GONE, lost)
            log.error("%d records were not taken by the collector before the end", lost)

    def shipment(self) -> Shipment:
        with self._counting:
            lost = dict(self._lost)
        return Shipment(len(self._outbox), self._shipped, lost, self._problem, self._revision)

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._instance = f"{self._pid}-{secrets.token_hex(4)}"
        self._line = CollectorLine(self._url, self._token, self._version)
        self._outbox = Outbox(self._max_records)
        self._starting = Lock()
        self._counting = Lock()
        self._thread = None
        self._lost: Counter[str] = Counter()
        self._shipped = 0
        self._revision = 0
        self._problem = ""
        self._logged_at = 0.0

    def _run(self) -> None:
        while True:
            batch = self._outbox.take(POLL_EVERY)
            leaving = self._outbox.closed and not len(self._outbox)
            with guarded("capture.shipping"):
                self._ship(batch, leaving=leaving)
            # Only a bug of ours leaves any.
            self._lose(Outcome.LOST_FAULT, len(batch))
            if leaving:
                self._line.close()
                return

    def _ship(self, batch: Sequence[bytes], *, leaving: bool) -> None:
        """Until it is taken, refused for good, or the process ends."""
        pause = FIRST_PAUSE
        while True:
            try:
                self._settle(self._post(batch, leaving=leaving))
                self._shipped += self._outbox.settle(len(batch))
                return
            except CollectorFailed as failure:
                self._complain(str(failure))
                if not batch and not self._outbox.closed:
                    # A poll is not worth repeating: records may have come meanwhile.
                    self._outbox.wait(_shortened(pause))
                    return
                if self._outbox.closed:
                    self._lose(Outcome.LOST_COLLECTOR_GONE, len(batch))
                    return
                self._outbox.wait(max(_shortened(pause), failure.retry_after))
                pause = min(pause * 2, LONGEST_PAUSE)
            except BatchRefused as refusal:
                self._complain(str(refusal))
                self._lose(Outcome.LOST_FAULT, len(batch))
                return
            except BatchTooLarge:
                self._split(batch, leaving=leaving)
                return

    def _post(self, batch: Sequence[bytes], *, leaving: bool) -> wire.Answer:
        with self._counting:
            lost = dict(self._lost)
        report = AgentReport(
            service=self._service,
            instance=self._instance,
            version=self._version,
            revision=self._revision,
            queue_depth=self._queue_depth() + len(self._outbox),
            lost=lost,
            faults=FAULTS.counts(),
            trouble=self._trouble(),
            leaving=leaving,
        )
        return self._line.post(wire.pack(report, batch))

    def _settle(self, answer: wire.Answer) -> None:
        if self._problem:
            self._problem = ""
            log.warning("The collector takes records again")
        if answer.directives is not None:
            with guarded("capture.directives"):
                self._on_directives(answer.directives)
                self._revision = answer.revision

    def _split(self, batch: Sequence[bytes], *, leaving: bool) -> None:
        if len(batch) <= 1:
            self._complain("The collector finds one single record too large; it is dropped.")
            self._lose(Outcome.LOST_FAULT, len(batch))
            return
        middle = len(batch) // 2
        self._ship(batch[:middle], leaving=leaving)
        self._ship(batch[middle:], leaving=leaving)

    def _lose(self, outcome: Outcome, number: int) -> None:
        """What was under way is lost, unless `close` has given it up already."""
        self.count(outcome, self._outbox.settle(number))

    def _complain(self, problem: str) -> None:
        now = time.monotonic()
        if problem != self._problem or now - self._logged_at > LOG_EVERY:
            self._logged_at = now
            waiting = len(self._outbox) + self._outbox.under_way
            log.error("%s Your application is not affected; %d records wait.", problem, waiting)
        self._problem = problem


def _encoded(record: Record) -> bytes | None:
    try:
        return wire.encode_record(record)
    except UnicodeEncodeError:
        # A lone surrogate from a hostile path: not text that can leave the process.
        return None


def _shortened(pause: float) -> float:
    return pause * random.uniform(0.5, 1.0)  # noqa: S311 -- spreads load, guards nothing

"""Application side: records go to the collector from a thread of their own, directives come back.

The application never waits: `send` encodes and appends. What the collector does not take goes to
disk and follows when it is back; only what has no room there is dropped, the oldest first, and
counted.
"""

import logging
import os
import random
import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from threading import Lock, Thread
from typing import NamedTuple

from msgspec import Struct

from nightlatch.capture import wire
from nightlatch.capture.collector import (
    BatchRefused,
    BatchTooLarge,
    CollectorFailed,
    CollectorLine,
)
from nightlatch.capture.outbox import BATCH_RECORDS, MAX_RECORDS, Outbox
from nightlatch.capture.spool import MAX_BYTES, Spool
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
    spooled: int
    """Records on disk, those of the application's other processes included, as last seen."""
    shipped: int
    lost: dict[str, int]
    problem: str
    """Why the collector does not take records right now; empty while it does."""
    revision: int


class _Delivery(NamedTuple):
    """What became of a batch."""

    taken: int = 0
    refused: int = 0
    """Never to be taken."""
    rest: Sequence[bytes] = ()
    """What may be taken later."""
    failed: bool = False
    """The collector did not answer, or not as one: it may later."""


class Shipper:
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
        spool: Path | None = None,
        spool_bytes: int = MAX_BYTES,
    ) -> None:
        """`queue_depth` tells how many exchanges wait before they become records, `trouble` why no
        budgets are shared. `spool` is the folder for what the collector does not take; without one
        it stays in memory. Raises ValueError for a URL or token that cannot work."""
        self._service = service
        self._version = version
        self._on_directives = on_directives
        self._queue_depth = queue_depth
        self._trouble = trouble
        self._instance = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._line = CollectorLine(url, token, version)
        self._outbox = Outbox(max_records)
        self._starting = Lock()
        self._counting = Lock()
        self._thread: Thread | None = None
        self._lost: Counter[str] = Counter()
        self._shipped = 0
        self._revision = 0
        self._problem = ""
        self._logged_at = 0.0
        self._pause = FIRST_PAUSE
        self._again_at = 0.0
        """When the collector may be tried again (monotonic)."""
        self._spool = self._opened(spool, spool_bytes)

    def start(self) -> None:
        """Begin to ask for directives; `send` does it as well."""
        with self._starting:
            if self._thread is None and not self._outbox.closed:
                self._thread = Thread(target=self._run, name="nightlatch-shipping", daemon=True)
                self._thread.start()

    def send(self, records: Sequence[Record]) -> None:
        """Take them over. Never waits, never raises."""
        with guarded("capture.shipping"):
            if self._thread is None:
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
        """Send what waits, or write it to disk, within `timeout` seconds; the rest is lost, counted
        and logged."""
        self._outbox.close()
        thread = self._thread
        if thread is not None:
            thread.join(timeout * 0.7)
            if thread.is_alive():
                self._line.abort()
                thread.join(timeout * 0.3)
        lost = self._outbox.give_up()
        if lost:
            self.count(Outcome.LOST_COLLECTOR_GONE, lost)
            log.error("%d records were not taken by the collector before the end", lost)

    @property
    def in_memory(self) -> int:
        """Records that neither the collector nor the disk has yet."""
        return len(self._outbox) + self._outbox.under_way

    def shipment(self) -> Shipment:
        with self._counting:
            lost = dict(self._lost)
        return Shipment(
            waiting=len(self._outbox),
            spooled=self._spool.waiting if self._spool else 0,
            shipped=self._shipped,
            lost=lost,
            problem=self._problem,
            revision=self._revision,
        )

    def _opened(self, folder: Path | None, max_bytes: int) -> Spool | None:
        if folder is None or not max_bytes:
            return None
        try:
            return Spool(folder, max_bytes, partial(self.count, Outcome.LOST_COLLECTOR_GONE))
        except OSError as error:
            log.error(
                "Records that the collector does not take stay in memory: %s cannot be used (%s)",
                folder, error.strerror,
            )  # fmt: skip
            return None

    def _run(self) -> None:
        # What people decided is asked for at once: a block must not wait for the first records.
        patience = 0.0
        while True:
            batch = self._outbox.take(patience)
            patience = POLL_EVERY
            leaving = self._outbox.closed and not len(self._outbox)
            with guarded("capture.shipping"):
                self._ship(batch, leaving=leaving)
            # Only a bug of ours leaves any.
            self._lose(Outcome.LOST_FAULT, len(batch))
            if leaving:
                self._line.close()
                return
            with guarded("capture.shipping.spool"):
                self._catch_up()

    def _ship(self, batch: Sequence[bytes], *, leaving: bool) -> None:
        """Until all of it is taken, refused for good, on disk, or the process ends."""
        while True:
            if self._may_try():
                done = self._deliver(batch, leaving=leaving)
                self._enter(done, self._outbox.settle)
                if not done.failed:
                    return
                batch = done.rest
            if batch and self._keep(batch):
                self._outbox.settle(len(batch))
                return
            if self._outbox.closed:
                self._lose(Outcome.LOST_COLLECTOR_GONE, len(batch))
                return
            self._outbox.wait(max(0.0, self._again_at - time.monotonic()))
            if not batch:
                # A poll is not worth repeating: records may have come meanwhile.
                return

    def _catch_up(self) -> None:
        """Send what is on disk, as long as what comes meanwhile need not wait for it."""
        while self._spool is not None and self._idle() and self._may_try():
            batch = self._spool.take()
            if batch is None:
                return
            done = self._deliver(batch.records)
            self._enter(done, int)
            if done.failed:
                batch.close()
                return
            batch.remove()

    def _idle(self) -> bool:
        return not self._outbox.closed and len(self._outbox) < BATCH_RECORDS

    def _may_try(self) -> bool:
        if self._outbox.closed:
            # There is no later; but a collector that does not answer would use up what time is
            # left, and the disk is there.
            return self._spool is None or not self._problem
        return time.monotonic() >= self._again_at

    def _deliver(self, batch: Sequence[bytes], *, leaving: bool = False) -> "_Delivery":
        try:
            self._hear(self._post(batch, leaving=leaving))
        except CollectorFailed as failure:
            self._complain(str(failure))
            self._again_at = time.monotonic() + max(_shortened(self._pause), failure.retry_after)
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
            return _Delivery(rest=batch, failed=True)
        except BatchRefused as refusal:
            self._complain(str(refusal))
            return _Delivery(refused=len(batch))
        except BatchTooLarge:
            return self._deliver_halves(batch, leaving=leaving)
        return _Delivery(taken=len(batch))

    def _deliver_halves(self, batch: Sequence[bytes], *, leaving: bool) -> "_Delivery":
        if len(batch) <= 1:
            self._complain("The collector finds one single record too large; it is dropped.")
            return _Delivery(refused=len(batch))
        middle = len(batch) // 2
        first = self._deliver(batch[:middle], leaving=leaving)
        if first.failed:
            return first._replace(rest=(*first.rest, *batch[middle:]))
        second = self._deliver(batch[middle:], leaving=leaving)
        return second._replace(
            taken=first.taken + second.taken, refused=first.refused + second.refused
        )

    def _enter(self, done: "_Delivery", settle: Callable[[int], int]) -> None:
        """Into the counts, each record once: `settle` says how many have no other fate already."""
        self._shipped += settle(done.taken)
        self.count(Outcome.LOST_FAULT, settle(done.refused))

    def _keep(self, batch: Sequence[bytes]) -> bool:
        """Is it safe on disk?"""
        if self._spool is None:
            return False
        try:
            self._spool.put(batch)
        except OSError as error:
            self._complain(f"{self._problem} Nor is there room on disk ({error.strerror}).")
            return False
        return True

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
            spooled=self._spool.waiting if self._spool else 0,
            trouble=self._trouble(),
            leaving=leaving,
            sorts_directives=True,
        )
        return self._line.post(wire.pack(report, batch))

    def _hear(self, answer: wire.Answer) -> None:
        self._pause = FIRST_PAUSE
        if self._problem:
            self._problem = ""
            log.warning("The collector takes records again")
        if answer.directives is not None:
            with guarded("capture.directives"):
                self._on_directives(answer.directives)
                self._revision = answer.revision

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

"""Live export: what is recorded leaves for its destinations, and never slows the recorder.

Each destination has a thread, a bounded queue of records (the feed's own: the oldest go first, and
are counted) and its own troubles. What cannot be delivered is tried again, later and later.
"""

import logging
import ssl
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Thread
from typing import Protocol

from msgspec import Struct

from nightlatch.exchange.incident import Alert
from nightlatch.exchange.record import Record
from nightlatch.faults import guarded
from nightlatch.respond.exports.destination import Destination, open_sender
from nightlatch.respond.exports.formats import Format
from nightlatch.respond.exports.report import report_of_alert, reports_of
from nightlatch.respond.exports.sending import Sender, Undelivered, Unwanted
from nightlatch.store.codec import encode_record

log = logging.getLogger("nightlatch.exports")

QUEUE = 10_000
"""Records that wait for one destination."""
ALERTS = 1_000
BATCH = 500
PAUSE = 0.2
"""Seconds between two looks at the queue."""
FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0
"""Seconds after which a destination that failed is tried again: twice as long each time."""
FAREWELL = 2.0
"""Seconds that stopping waits for what is in the queue."""


class Subscription(Protocol):
    def take(self) -> tuple[Sequence[Record], int]:
        """What came since the last call, and how many were lost before it."""

    @property
    def waiting(self) -> int:
        """What came since the last call."""

    def close(self) -> None: ...


class Exported(Struct):
    """What became of the events for one destination. Written by its thread alone."""

    sent: int = 0
    lost: int = 0
    """Records for which the queue had no room, while the destination was slow or gone, events that
    were still there at the end, and those that could not be written."""
    unwanted: int = 0
    """Events that the other end refused for good."""
    trouble: str = ""
    """Why it does not go on; empty while it does."""


class Exporter:
    """One destination, from now on until `stop`."""

    def __init__(
        self,
        destination: Destination,
        subscription: Subscription,
        *,
        tls: ssl.SSLContext | None = None,
        sender: Sender | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._destination = destination
        self._subscription = subscription
        self._sender = sender or open_sender(destination, tls)
        self._clock = clock
        self._alerts: deque[Alert] = deque(maxlen=ALERTS)
        self._pending: deque[bytes] = deque()
        self._again_at = 0.0
        self._wait = FIRST_WAIT
        self._stopping = Event()
        self.counts = Exported()
        self._thread = Thread(target=self._run, name=f"nightlatch-export-{destination.form.id}",
                              daemon=True)  # fmt: skip
        self._thread.start()

    @property
    def name(self) -> str:
        return self._destination.name

    @property
    def waiting(self) -> int:
        """Events and records that are not yet sent."""
        return len(self._pending) + len(self._alerts) + self._subscription.waiting

    def notify(self, alert: Alert) -> None:
        """People are told of an incident, and so is the destination."""
        if len(self._alerts) == ALERTS:
            self.counts.lost += 1
        self._alerts.append(alert)

    def finish(self) -> None:
        """Begin to stop, without waiting for it."""
        self._stopping.set()

    def stop(self, patience: float = FAREWELL) -> None:
        """Send what is there, if the other end takes it, and end."""
        self._stopping.set()
        self._thread.join(patience)

    def _run(self) -> None:
        while not self._stopping.wait(PAUSE):
            with guarded("respond.exports"):
                self._work()
        self._again_at = 0.0
        with guarded("respond.exports"):
            self._work()
            self._fetch()
        self.counts.lost += len(self._pending)
        self._subscription.close()
        self._sender.close()

    def _work(self) -> None:
        """Fetch and send until nothing is left, or it does not go on."""
        while self._clock() >= self._again_at:
            if not self._pending:
                self._fetch()
            if not self._pending or not self._send():
                return

    def _fetch(self) -> None:
        form = self._destination.form
        while self._alerts:
            alert = self._alerts.popleft()
            with self._counted_unless_written():
                self._pending.append(form.report(report_of_alert(alert)))
        records, missed = self._subscription.take()
        self.counts.lost += missed
        for record in records:
            with self._counted_unless_written():
                if self._destination.wanted(record):
                    self._pending.extend(_events(form, record))

    @contextmanager
    def _counted_unless_written(self) -> Iterator[None]:
        """What a format cannot say is lost by itself, and not with all that came after it."""
        self.counts.lost += 1
        with guarded("respond.exports"):
            yield
            self.counts.lost -= 1

    def _send(self) -> bool:
        """One batch; False when it must wait."""
        batch = [self._pending[number] for number in range(min(BATCH, len(self._pending)))]
        try:
            self._sender.send(batch)
        except Undelivered as reason:
            self._done(reason.delivered)
            self._trouble(str(reason))
            self._again_at = self._clock() + max(self._wait, reason.retry_after)
            self._wait = min(2 * self._wait, LONGEST_WAIT)
            return False
        except Unwanted as reason:
            self._trouble(str(reason))
            # The other end may say that it rejected more than it was sent.
            unwanted = len(batch) if reason.number is None else min(reason.number, len(batch))
            self.counts.unwanted += unwanted
            self.counts.sent -= unwanted
        else:
            self._trouble("")
        self._done(len(batch))
        self._wait = FIRST_WAIT
        return True

    def _trouble(self, reason: str) -> None:
        """Said once, when it begins and when it is over."""
        before, self.counts.trouble = self.counts.trouble, reason
        if reason and not before:
            log.warning("Nothing gets through to %s: %s. It is tried again.", self.name, reason)
        elif before and not reason:
            lost = self.counts.lost + self.counts.unwanted
            log.warning("%s takes events again; %d were lost so far.", self.name, lost)

    def _done(self, number: int) -> None:
        for _ in range(number):
            self._pending.popleft()
        self.counts.sent += number


def _events(form: Format, record: Record) -> list[bytes]:
    try:
        return _written(form, record)
    except UnicodeEncodeError:
        # A path that is no text, as only a hostile client sends it: the store has "?" there, too.
        return _written(form, encode_record(record)[0])


def _written(form: Format, record: Record) -> list[bytes]:
    return [form.exchange(record), *[form.report(one) for one in reports_of(record)]]

"""Doubt: enough to ask a caller for a solved puzzle, not enough to turn it away.

An address behind which there may be a hundred people, a partner's first day and a list in which
every identifier exists look alike from here. The puzzle tells them apart: people's programs solve
it once, and are then judged each by itself.
"""

from collections.abc import Callable

from nightlatch.detect import words
from nightlatch.detect.alarms import Alarms
from nightlatch.detect.history import History
from nightlatch.detect.pricing import price
from nightlatch.detect.visit import Visit
from nightlatch.exchange.judgement import Detection, DetectionKind, Level
from nightlatch.exchange.standing import Standing
from nightlatch.policy.budgets import Window

LASTS = 3_600.0
"""Seconds the first doubt about a caller lasts; each next one twice as long."""
LONGEST = 86_400.0
YOUNG = 86_400.0
"""Seconds in which everybody at an endpoint is new and asks for someone new: a partner's first job
looks like a list. It is asked for a puzzle all the same; to people it is of low importance."""


class Doubts:
    def __init__(self, alarms: Alarms) -> None:
        self._alarms = alarms

    def enter(
        self, visit: Visit, kind: DetectionKind, alpha: float, reason: Callable[[], str]
    ) -> None:
        """Doubt the caller from now on, and tell; once while it lasts."""
        history, now = visit.history, visit.now
        if now < history.doubted_until or history.convicted_at is not None:
            return
        evidence = reason()
        history.doubted_until = now + min(LONGEST, LASTS * 2**history.doubts)
        history.doubts = min(history.doubts + 1, 30)
        history.novelty = 0.0
        history.standing = Standing(
            stranger=visit.stranger, challenge=evidence, price=price(0, history.doubts)
        )
        visit.door.ceilings.forget(history)
        if self._alarms.due(kind, visit.door.key, visit.key[1], now):
            self._alarms.raise_(_detection(visit, kind, alpha, evidence))


def insist(history: History, now: float) -> None:
    """A doubted caller asks on without solving anything: the doubt lasts. Where many people share
    the address, those who come first have not been told yet: it does not last for them."""
    if not history.shared:
        history.doubted_until = max(history.doubted_until, now + LASTS)


def _detection(visit: Visit, kind: DetectionKind, alpha: float, evidence: str) -> Detection:
    history = visit.history
    return Detection(
        kind,
        visit.door.key,
        visit.key[1],
        Level.LOW if visit.now - visit.door.since < YOUNG else Level.MEDIUM,
        visit.now,
        evidence,
        alpha,
        history.account.count(Window.DAY, visit.now),
        history.asked,
        confidence=0.9,
        refuted_by=words.REFUTED_BY_PEOPLE,
    )

"""Trials and verdicts: what each identifier asked for says of the caller and of the endpoint."""

from collections.abc import Callable

from nightlatch.detect import words
from nightlatch.detect.alarms import Alarms
from nightlatch.detect.baseline import LAST_TRIAL
from nightlatch.detect.convictions import Convictions
from nightlatch.detect.door import Door
from nightlatch.detect.enumeration import (
    ALPHA,
    ALPHA_WALK,
    GUILTY,
    GUILTY_WALK,
    RUN,
    Run,
)
from nightlatch.detect.history import History
from nightlatch.detect.spending import STRANGERS
from nightlatch.detect.visit import Visit
from nightlatch.detect.walk import ALPHA as WALK_ALPHA
from nightlatch.exchange.disclosure import Disclosure, Subject
from nightlatch.exchange.judgement import Detection, DetectionKind, Level
from nightlatch.policy.budgets import Window


class Evidence:
    def __init__(self, alarms: Alarms, convictions: Convictions) -> None:
        self._alarms = alarms
        self._convictions = convictions

    def weigh(self, visit: Visit, disclosure: Disclosure) -> None:
        """Take every identifier asked for as a trial, before its subjects are entered."""
        asked = disclosure.asked
        if len(asked) == 1:
            self._try(visit, asked[0], hit=bool(disclosure.hit))
        else:
            for subject, hit in _answers(disclosure):
                self._try(visit, subject, hit=hit)
        if visit.stranger and not visit.door.oracle.told and visit.door.oracle.found:
            self._tell_oracle(visit)

    def _try(self, visit: Visit, subject: Subject, *, hit: bool) -> None:
        history, door = visit.history, visit.door
        before = history.recall(subject.digest)
        if visit.stranger and not door.oracle.told:
            door.oracle.note(before=before, hit=hit)
        if not history.trial(subject.digest, before=before, hit=hit):
            return
        visit.news = True
        nth = history.trials
        if history.convicted_at is None and nth <= LAST_TRIAL:
            self._teach(visit, history, nth, miss=not hit)
        steps = door.steps
        if steps is not None:
            statistic = history.weigh(steps, hit=hit)
            if visit.network is not None:
                visit.network.hits += hit
                visit.network.misses += not hit
                visit.network.weigh(steps, hit=hit)
            if statistic >= GUILTY_WALK:
                self._try_verdict(visit, history, statistic)
        if before is None and subject.shape is not None and visit.stranger:
            self._follow(visit, history, subject.shape)

    def _teach(self, visit: Visit, history: History, nth: int, *, miss: bool) -> None:
        door = visit.door
        door.learn(history, miss=miss)
        walk = door.walk
        # Once walked, those with a clean history say nothing of whether the walk goes on.
        if not visit.stranger or (walk.alarmed_at is not None and not visit.newcomer):
            return
        if walk.note(miss=miss, nth=nth, now=visit.now):
            door.set_walk_standings(words.walked(walk, door.steps, door.rate.share or 0.0))
        if walk.alarmed_at is not None:
            self._tell_walk(door, visit.now)

    def _try_verdict(self, visit: Visit, history: History, statistic: float) -> None:
        door = visit.door
        steps = door.steps
        easier = door.walk.alarmed_at is not None and visit.newcomer
        if steps is None or (statistic < GUILTY and not easier):
            return
        alpha = ALPHA_WALK if statistic < GUILTY else ALPHA
        self._convict(visit, alpha, lambda: words.guessing(history, steps, alpha))

    def _follow(self, visit: Visit, history: History, shape: int) -> None:
        run = history.run
        if run is None:
            run = history.run = Run()
        if run.step(shape) >= RUN:
            self._convict(visit, 0.0, lambda: words.sequence(history))

    def _convict(self, visit: Visit, alpha: float, reason: Callable[[], str]) -> None:
        """Convict the caller, or tell again that it goes on."""
        history, kind, circle = visit.history, DetectionKind.ENUMERATION, visit.key[1]
        first = history.convicted_at is None
        if not self._alarms.due(kind, visit.door.key, circle, visit.now) and not first:
            return
        evidence = reason()
        if first:
            self._convictions.enter(
                visit.key, history, evidence, visit.now, stranger=visit.stranger
            )
        self._alarms.raise_(
            Detection(
                kind,
                visit.door.key,
                circle,
                Level.HIGH,
                visit.now,
                evidence,
                alpha,
                history.account.count(Window.DAY, visit.now),
                history.asked,
            )
        )

    def _tell_walk(self, door: Door, now: float) -> None:
        kind = DetectionKind.DISTRIBUTED_ENUMERATION
        if self._alarms.due(kind, door.key, STRANGERS, now):
            walk = door.walk
            self._alarms.raise_(
                Detection(
                    kind,
                    door.key,
                    STRANGERS,
                    Level.HIGH,
                    now,
                    words.walked(walk, door.steps, door.rate.share or 0.0),
                    WALK_ALPHA,
                    walk.disclosed,
                    walk.trials,
                )
            )

    def _tell_oracle(self, visit: Visit) -> None:
        door = visit.door
        door.oracle.told = True
        self._alarms.raise_(
            Detection(
                DetectionKind.EXISTENCE_ORACLE,
                door.key,
                STRANGERS,
                Level.MEDIUM,
                visit.now,
                words.oracle(door),
                0.0,
                door.strangers.count(Window.DAY, visit.now),
                door.oracle.hits + door.oracle.misses,
            )
        )


def _answers(disclosure: Disclosure) -> list[tuple[Subject, bool]]:
    """For a bulk look-up: which of the identifiers were hits. Records that came back under another
    identifier than the one asked for are counted off against those that did not come back."""
    gone = {subject.digest for subject in disclosure.disclosed}
    confirmed = [subject.digest in gone for subject in disclosure.asked]
    other = len(gone) - sum(confirmed)
    answers = []
    for subject, hit in zip(disclosure.asked, confirmed, strict=True):
        if not hit and other > 0:
            other -= 1
            hit = True  # noqa: PLW2901
        answers.append((subject, hit))
    return answers

"""Trials and verdicts: what each identifier asked for says of the caller and of the endpoint."""

from collections.abc import Callable

from nightlatch.detect import words
from nightlatch.detect.alarms import Alarms
from nightlatch.detect.baseline import LAST_TRIAL
from nightlatch.detect.convictions import Convictions
from nightlatch.detect.door import Door
from nightlatch.detect.doubts import Doubts
from nightlatch.detect.enumeration import (
    ALPHA,
    ALPHA_WALK,
    GUILTY,
    GUILTY_WALK,
    RUN,
    RUN_PROVEN,
    Run,
    Steps,
)
from nightlatch.detect.history import History
from nightlatch.detect.newcomers import NEWCOMERS
from nightlatch.detect.novelty import ALPHA as NOVELTY_ALPHA
from nightlatch.detect.novelty import ALPHA_WALK as NOVELTY_ALPHA_WALK
from nightlatch.detect.novelty import DOUBTFUL, DOUBTFUL_WALK, NoveltySteps
from nightlatch.detect.order import dense
from nightlatch.detect.seen import Seen
from nightlatch.detect.spending import STRANGERS
from nightlatch.detect.visit import Visit
from nightlatch.detect.walk import ALPHA as WALK_ALPHA
from nightlatch.detect.walk import ORDER
from nightlatch.exchange.disclosure import Disclosure, Subject
from nightlatch.exchange.judgement import Detection, DetectionKind, Level
from nightlatch.policy.budgets import Window

MET = 400_000
"""Subjects remembered as asked for, at all endpoints together, twice."""


class Evidence:
    def __init__(self, alarms: Alarms, convictions: Convictions, doubts: Doubts) -> None:
        self._alarms = alarms
        self._convictions = convictions
        self._doubts = doubts
        self._met = Seen(MET)

    def weigh(self, visit: Visit, disclosure: Disclosure) -> None:
        """Take every identifier asked for as a trial, before its subjects are entered."""
        asked = disclosure.asked
        if len(asked) == 1:
            self._try(visit, asked[0], hit=bool(disclosure.hit))
        else:
            self._weigh_batch(visit, disclosure)
        if visit.stranger and not visit.door.oracle.told and visit.door.oracle.found:
            self._tell_oracle(visit)

    def meet(self, door: Door, disclosure: Disclosure) -> None:
        """These have been asked for here, and answered."""
        key, add = door.key, self._met.add
        for subject in disclosure.asked:
            add(hash((key, subject.digest)))

    def unheard(self, visit: Visit, disclosure: Disclosure) -> bool:
        """Whether nobody has asked here for most of these, before they are entered. While numbers
        are asked for one after the other, a number that is next to none of them explains itself."""
        key, met, recall = visit.door.key, self._met, visit.history.recall
        asked = disclosure.asked
        new = sum(
            recall(subject.digest) is None and hash((key, subject.digest)) not in met
            for subject in asked
        )
        shape = asked[0].shape if len(asked) == 1 else None
        if new and shape is not None:
            visit.near = visit.door.neighbours.near(shape)
            walk = visit.door.walk
            if walk.alarmed_at is not None and walk.sign == ORDER and not visit.near:
                return False
        return 2 * new > len(asked)

    def _weigh_batch(self, visit: Visit, disclosure: Disclosure) -> None:
        numbers = [subject.shape for subject in disclosure.asked if subject.shape is not None]
        close = dense(numbers)
        if close and not visit.history.shared:
            self._convict(visit, 0.0, lambda: words.batch(len(numbers), close))
        # Not in the order of the list: an address book may begin with those who are here, and the
        # first trials of a caller weigh most.
        for subject, hit in sorted(_answers(disclosure), key=_shuffled):
            self._try(visit, subject, hit=hit)

    def _try(self, visit: Visit, subject: Subject, *, hit: bool) -> None:
        history, door, digest = visit.history, visit.door, subject.digest
        before = history.recall(digest)
        if visit.stranger and not door.oracle.told:
            door.oracle.note(before=before, hit=hit)
        fresh = before is None and hash((door.key, digest)) not in self._met
        # Who comes from elsewhere is explained by that: launches look like lists otherwise.
        novel = None if visit.travelled else fresh
        shape = subject.shape
        # It explains the first one.
        further = fresh and history.hits > 0 if visit.travelled and hit else None
        near = None
        if shape is not None and novel is not None:
            near = novel and (door.neighbours.near(shape) if visit.near is None else visit.near)
        if not history.trial(digest, before=before, hit=hit):
            return
        visit.news = True
        nth = history.trials
        if history.convicted_at is None and nth <= LAST_TRIAL:
            self._teach(visit, nth, hit=hit, fresh=fresh, novel=novel, near=near, further=further)
        if door.steps is not None:
            self._test_misses(visit, door.steps, digest, hit=hit)
        # An address may be a carrier's on the day of a launch; an account is nobody's but its own.
        own = novel if visit.stranger else fresh
        if hit and own is not None and door.novelty is not None:
            self._test_novelty(visit, door.novelty, novel=own)
        if before is None:
            if shape is not None:
                self._follow(visit, history, shape)
        elif hit and not history.returned and history.vouched_turn is not None:
            history.returned = True
            (door.travellers if visit.travelled else door.newcomers).settle(history.owed)
            history.owed = 0

    def _teach(
        self,
        visit: Visit,
        nth: int,
        *,
        hit: bool,
        fresh: bool,
        novel: bool | None,
        near: bool | None,
        further: bool | None,
    ) -> None:
        door, miss = visit.door, not hit
        new = novel if hit else None
        door.learn(visit.history, miss=miss, fresh=fresh, novel=new, near=near, further=further)
        walk = door.walk
        # Once walked, those with a clean history say nothing of whether the walk goes on.
        if walk.alarmed_at is not None and not visit.newcomer:
            return
        if walk.note(miss=miss, nth=nth, now=visit.now, novel=new, near=near, further=further):
            door.set_walk_standings(words.walked(door))
        if walk.alarmed_at is not None:
            self._tell_walk(visit)

    def _test_misses(self, visit: Visit, steps: Steps, digest: bytes, *, hit: bool) -> None:
        history = visit.history
        if visit.payer is not None and not hit:
            visit.door.astray.add((digest,), visit.now, 0)
        statistic = history.weigh(steps, hit=hit)
        if visit.network is not None:
            visit.network.hits += hit
            visit.network.misses += not hit
            visit.network.weigh(steps, hit=hit)
        if statistic < GUILTY_WALK:
            return
        if statistic >= GUILTY or self._easier(visit):
            alpha = ALPHA_WALK if statistic < GUILTY else ALPHA
            self._convict(visit, alpha, lambda: words.guessing(history, steps, alpha))

    def _test_novelty(self, visit: Visit, steps: NoveltySteps, *, novel: bool) -> None:
        history = visit.history
        statistic = history.weigh_novelty(steps, novel=novel)
        if statistic < DOUBTFUL_WALK:
            return
        if statistic >= DOUBTFUL or self._easier(visit):
            alpha = NOVELTY_ALPHA_WALK if statistic < DOUBTFUL else NOVELTY_ALPHA
            kind = DetectionKind.ENUMERATION
            self._doubts.enter(visit, kind, alpha, lambda: words.ever_new(history, steps, alpha))

    def _easier(self, visit: Visit) -> bool:
        return visit.door.walk.alarmed_at is not None and visit.newcomer

    def _follow(self, visit: Visit, history: History, shape: int) -> None:
        run = history.run
        if run is None:
            run = history.run = Run()
        if run.step(shape) >= (RUN if visit.stranger else RUN_PROVEN) and not history.shared:
            self._convict(visit, 0.0, lambda: words.sequence(history))

    def _convict(self, visit: Visit, alpha: float, reason: Callable[[], str]) -> None:
        """Convict the caller, or tell again that it goes on."""
        history, kind, circle = visit.history, DetectionKind.ENUMERATION, visit.key[1]
        if visit.stranger and history.shared:
            self._doubts.enter(visit, kind, alpha, reason)
            return
        first = history.convicted_at is None
        if not self._alarms.due(kind, visit.door.key, circle, visit.now) and not first:
            return
        evidence = reason()
        if first and visit.payer is not None:
            visit.payer.doubts += 1
        if first:
            visit.door.ceilings.forget(history)
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
                confidence=1 - alpha if alpha else 0.95,
                refuted_by=words.REFUTED_BY_OWNER,
            )
        )

    def _tell_walk(self, visit: Visit) -> None:
        door, kind = visit.door, DetectionKind.DISTRIBUTED_ENUMERATION
        circle = STRANGERS if visit.stranger else NEWCOMERS
        if self._alarms.due(kind, door.key, circle, visit.now):
            self._alarms.raise_(
                Detection(
                    kind,
                    door.key,
                    circle,
                    Level.HIGH,
                    visit.now,
                    words.walked(door),
                    WALK_ALPHA,
                    door.walk.disclosed,
                    door.walk.trials,
                    confidence=0.99,
                    refuted_by=words.REFUTED_BY_NEWS,
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


def _shuffled(answer: tuple[Subject, bool]) -> bytes:
    return answer[0].digest


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

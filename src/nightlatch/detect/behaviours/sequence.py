"""A step of a flow is called without the step that leads to it."""

import math
import re
from collections import OrderedDict
from collections.abc import Sequence

from msgspec import Struct

from nightlatch.detect.behaviour import DetectorHelp, Reporter, Sighting
from nightlatch.detect.behaviours.asking import EVERYONE, asker
from nightlatch.detect.suspicions import Suspicion
from nightlatch.detect.table import RecentTable, SegmentedTable
from nightlatch.detect.visit import address_of
from nightlatch.exchange.exchange import Ending
from nightlatch.exchange.judgement import Detection, DetectionKind, Level

SESSION = 3_600.0
"""Seconds of quiet after which a caller's flow begins anew."""
LETTER = 86_400.0
"""Seconds for which a step taken for somebody counts, whoever takes the next one."""
SUPPORT = 50
"""Times a step was taken, each by another caller or in another session, before it has a rule."""
EXCEPTIONS = 0.15
"""Largest share of honest exceptions, as an upper bound, that a rule may have."""
RARE = 0.02
"""Up to this bound one exception at a door of accounts is told at Medium."""
BOUND = 2.33
"""Standard errors of that upper bound: 99 % (Wilson 1927)."""
REPEATED = math.log(1e6)
"""Where a caller's test tells: one honest caller in a million, per run from its start."""
CERTAIN = math.log(1e7)
SKIPPER = 0.9
"""Share of a skipper's calls that lack the step before."""
TOGETHER = 1e6
"""Evidence over all callers at which they are told together; 1/false alarms per call."""
CALLERS = 25_000
"""At most twice as many flows are held; quiet longest goes first. 400 bytes each."""

_HEIRS = 3
"""Principals that come from one address up to which what its strangers did explains them: a home.
Where more do, somebody has always done everything."""
_STEPS = 12
_PREDECESSORS = 32
_FLOWS = 2_048
_SKIPPERS = 4_096
_LETTERS = 8_192
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_ACCOUNT = re.compile(
    r"password|passwd|reset|confirm|verif|activat|token|otp\b|mfa|2fa|login|signin|sign-in|register"
    r"|credential|recover",
    re.IGNORECASE,
)

HELP = DetectorHelp(
    kind=DetectionKind.OUT_OF_SEQUENCE,
    title="A step is taken without the one before",
    what=f"""\
Learns, for each endpoint that changes something, which other endpoint callers have nearly always
used successfully before it in the same session (or, for the same person, within a day): confirming
a reset after asking for one, paying after filling a cart. A rule holds from {SUPPORT} sessions on,
while at most {EXCEPTIONS:.0%} of them lack the step, as a 99 % upper bound. One success without it
is told at endpoints of accounts and passwords; elsewhere repetition is needed (a sequential test
per caller, and an e-process over all callers together).""",
    evidence="Which step is missing, how many honest sessions had it, and how many lacked it.",
    errors=f"""\
One exception: the rule's own share of exceptions among honest sessions, which each detection states
(at Medium at most {RARE:.0%} of sessions, otherwise Low). Repeated: 1 in {math.exp(REPEATED):,.0f}
callers; together: once in {TOGETHER:,.0f} calls. People who change their address within a flow are
such exceptions and are learned as such: where many do, there is no rule. Nothing is judged within
an hour of a start or after memory ran short. Blind for steps that are skipped by reading (GET), and
for callers that take every step.""",
    refuted_by="The letter was opened on another device, or a release changed the order of steps.",
    remedy="""\
Check in the later step that the earlier one happened, in the server's own state: a token that it
issued, for this account, once.""",
    owasp="API2:2023",
    references=(
        "https://owasp.org/API-Security/editions/2023/en/0xa6-unrestricted-access-to-sensitive-business-flows/",
    ),
)


class _Flow:
    """What one caller did in this session."""

    __slots__ = ("heirs", "last", "steps")

    def __init__(self, now: float) -> None:
        self.last = now
        self.steps: list[str] = []
        """Endpoint keys, each once, the oldest first."""
        self.heirs: tuple[str, ...] = ()
        """Of an address, the principals that came from it, up to one more than `_HEIRS`."""

    def inherit(self, who: str) -> bool:
        """Whether what the address did is what this principal did before it had signed in."""
        if who not in self.heirs and len(self.heirs) <= _HEIRS:
            self.heirs += (who,)
        return len(self.heirs) <= _HEIRS


class _Rule(Struct):
    before: str
    exceptions: float
    """Upper bound of their share among honest sessions."""
    skipped: float
    """What a call without the step adds to a caller's test, and one with it."""
    taken: float


class _Step:
    """One endpoint that changes something: what came before it."""

    __slots__ = ("before", "evidence", "missing", "rule", "sessions", "wary_since")

    def __init__(self) -> None:
        self.sessions = 0
        self.before: dict[str, int] = {}
        self.rule: _Rule | None = None
        self.evidence = 0.0
        """Of the e-process over all callers."""
        self.missing = 0
        """Calls without the step since that evidence was last low."""
        self.wary_since: float | None = None

    def wary(self, now: float) -> bool:
        """Many lack the step just now: that shall not teach that it is normal. What goes on for a
        day is a new release and has to."""
        if self.evidence < TOGETHER / 1_000:
            self.wary_since = None
            return False
        if self.wary_since is None:
            self.wary_since = now
        return now - self.wary_since < LETTER

    def learn(self, steps: Sequence[str], own: str) -> None:
        self.sessions += 1
        before = self.before
        for step in steps:
            if step != own:
                before[step] = before.get(step, 0) + 1
        if len(before) > _PREDECESSORS:
            kept = sorted(before, key=before.__getitem__, reverse=True)[: _PREDECESSORS // 2]
            self.before = before = {step: before[step] for step in kept}
        if self.sessions >= SUPPORT and before:
            self.rule = self._rule()

    def _rule(self) -> _Rule | None:
        # A step that changes something belongs to a flow; a page may only be where all begin.
        for best in sorted(self.before, key=self._rank, reverse=True):
            missing = max(0, self.sessions - self.before[best])
            share = _upper_bound(missing, self.sessions)
            if share <= EXCEPTIONS:
                skipped, taken = SKIPPER / share, (1 - SKIPPER) / (1 - share)
                return _Rule(best, share, math.log(skipped), math.log(taken))
        return None

    def _rank(self, step: str) -> tuple[bool, int]:
        return step.partition(" ")[0] not in _SAFE, self.before[step]


class OutOfSequence:
    def __init__(self, reporter: Reporter, callers: int = CALLERS) -> None:
        self._reporter = reporter
        self._flows: SegmentedTable[str, _Flow] = SegmentedTable(callers)
        self._steps: RecentTable[str, _Step] = RecentTable(_FLOWS, _Step)
        self._letters: OrderedDict[bytes, _Flow] = OrderedDict()
        """Person → what was done in their name; entered longest ago goes first."""
        self._skippers: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._whole_from: float | None = None
        """Every flow that began since is known from its beginning."""

    def note(self, sighting: Sighting) -> None:
        exchange = sighting.exchange
        answer = exchange.response
        if answer is None or exchange.ending is Ending.REFUSED or 400 <= answer.status < 500:
            return
        now, key = exchange.at, exchange.endpoint.key
        flow = self._flow(asker(sighting), now)
        steps = flow.steps
        # Where the server failed, the caller did take the step: it counts for the ones after it.
        if answer.status < 400 and exchange.endpoint.method not in _SAFE:
            self._take(sighting, key, flow)
        if key not in steps:
            steps.append(key)
            if len(steps) > _STEPS:
                del steps[0]

    def _flow(self, who: str, now: float) -> _Flow:
        """The caller's flow, begun anew after a long quiet."""
        flow = self._flows.touch(who)
        if flow is None:
            flow = _Flow(now)
            gone = self._flows.add(who, flow)
            if self._whole_from is None:
                self._whole_from = now + SESSION
            elif gone is not None and now - gone[1].last < SESSION:
                # Somebody was forgotten in the middle: for an hour nobody can be called new.
                self._whole_from = gone[1].last + SESSION
        elif abs(now - flow.last) > SESSION:
            flow.steps.clear()
        flow.last = now
        return flow

    def _take(self, sighting: Sighting, key: str, flow: _Flow) -> None:
        """A step that changes something was taken."""
        now = sighting.exchange.at
        named = sighting.disclosure.asked
        own, before = self._before(sighting, flow, now)
        again = key in flow.steps
        # Once more in the same session is a trial only if it is about somebody else.
        fresh = len(named) == 1 and self._letter(named[0].digest, key, now)
        if (again and not fresh) or self._whole_from is None or now < self._whole_from:
            return
        step = self._steps.touch(key)
        rule = step.rule
        if rule is not None:
            self._judge(sighting, step, rule, missing=rule.before not in before, again=again)
        if not again and not step.wary(now):
            step.learn(own, key)

    def _before(self, sighting: Sighting, flow: _Flow, now: float) -> tuple[list[str], list[str]]:
        """What the caller did, and anyone for the same person, which teaches the rule; and with
        what others at its address did, by which it is judged: it may have been the caller."""
        own = list(flow.steps)
        for subject in sighting.disclosure.asked[:1]:
            letter = self._letters.get(subject.digest)
            if letter is not None and now - letter.last < LETTER:
                own += (step for step in letter.steps if step not in own)
        if sighting.stranger:
            return own, own
        shared = self._flows.get(address_of(sighting.exchange.caller))
        if shared is None or now - shared.last >= SESSION:
            return own, own
        before = [*own, *(step for step in shared.steps if step not in own)]
        return (before if shared.inherit(asker(sighting)) else own), before

    def _letter(self, digest: bytes, key: str, now: float) -> bool:
        """A step was taken for this person; True when it is the first of its kind."""
        letter = self._letters.get(digest)
        if letter is None:
            if len(self._letters) >= _LETTERS:
                self._letters.popitem(last=False)
            letter = self._letters[digest] = _Flow(now)
        letter.last = now
        if key in letter.steps:
            return False
        letter.steps = [*letter.steps[1 - _STEPS :], key]
        return True

    def _judge(
        self, sighting: Sighting, step: _Step, rule: _Rule, *, missing: bool, again: bool
    ) -> None:
        who, key = asker(sighting), sighting.exchange.endpoint.key
        # Together callers are judged, each once in a session: one that goes through a list of
        # customers is no crowd.
        if not again:
            self._weigh_together(sighting, step, rule, missing=missing)
        statistic = self._skippers.pop((key, who), 0.0)
        statistic = max(0.0, statistic + (rule.skipped if missing else rule.taken))
        if statistic:
            if len(self._skippers) >= _SKIPPERS:
                self._skippers.popitem(last=False)
            self._skippers[key, who] = statistic
        if missing:
            self._tell_caller(sighting, step, rule, statistic)

    def _weigh_together(
        self, sighting: Sighting, step: _Step, rule: _Rule, *, missing: bool
    ) -> None:
        share = rule.exceptions
        # Half of all: far more than the rule has, and what a few attackers among many reach.
        likelihood = 0.5 / share if missing else 0.5 / (1 - share)
        step.evidence = min(TOGETHER * 1e3, (step.evidence + 1) * likelihood)
        step.missing = step.missing + missing if step.evidence > 2 else 0
        if step.evidence < TOGETHER or not missing:
            return
        told = f"{_words(step, rule)} Now {step.missing} callers in a row or nearly so lacked it."
        self._tell(sighting, EVERYONE, Level.HIGH, told, 1 / TOGETHER, 0.9)

    def _tell_caller(self, sighting: Sighting, step: _Step, rule: _Rule, statistic: float) -> None:
        now, key, who = sighting.exchange.at, sighting.exchange.endpoint.key, asker(sighting)
        told = _words(step, rule)
        if statistic >= REPEATED:
            certain = statistic >= CERTAIN
            told = f"{told} This caller lacked it again and again."
            suspicion = Suspicion(told, now + SESSION, convicts=False)
            self._reporter.suspicions.enter(who, suspicion, key)
            level = Level.HIGH if certain else Level.MEDIUM
            self._tell(sighting, who, level, told, math.exp(-REPEATED), 0.9)
        elif _ACCOUNT.search(key):
            level = Level.MEDIUM if rule.exceptions <= RARE else Level.LOW
            confidence = 0.7 if level is Level.MEDIUM else 0.4
            self._tell(sighting, who, level, told, rule.exceptions, confidence)

    def _tell(
        self,
        sighting: Sighting,
        circle: str,
        level: Level,
        told: str,
        rate: float,
        confidence: float,
    ) -> None:
        exchange = sighting.exchange
        kind, key = DetectionKind.OUT_OF_SEQUENCE, exchange.endpoint.key
        # A graver word than the last one is not held back for having been said.
        if not self._reporter.alarms.due(kind, f"{key} {level.word}", circle, exchange.at):
            return
        self._reporter.alarms.raise_(
            Detection(
                kind,
                key,
                circle,
                level,
                exchange.at,
                told,
                rate,
                len(sighting.disclosure.disclosed),
                1,
                confidence=confidence,
                refuted_by=HELP.refuted_by,
            )
        )


def _words(step: _Step, rule: _Rule) -> str:
    had = step.before.get(rule.before, 0)
    return (
        f"Called without {rule.before} before it, which {had:,} of {step.sessions:,} sessions had"
        f" done; at most {rule.exceptions:.1%} of honest ones lack it."
    )


def _upper_bound(missing: int, sessions: int) -> float:
    """Of the share of honest sessions that lack the step (Wilson 1927)."""
    share, z = missing / sessions, BOUND
    centre = share + z * z / (2 * sessions)
    spread = z * math.sqrt(share * (1 - share) / sessions + z * z / (4 * sessions * sessions))
    return (centre + spread) / (1 + z * z / sessions)

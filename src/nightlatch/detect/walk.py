"""Is an endpoint being walked by many callers together? An e-detector over all its newcomers.

Each caller alone looks fine (one try per address); together they give themselves away by one of
four signs: they miss too often, nobody ever asked before for whom they ask and they never ask
again, they ask for one number after the other, or, where their way through other endpoints explains
the first one, they take further people. Each sign is a bet (see `bets`), and the alarm is raised by
the average of the four. First the aggregate, then the participants (Javed and Paxson,
CCS 2013): after the alarm those without a clean history are challenged.
"""

from nightlatch.detect.baseline import trial_weight
from nightlatch.detect.bets import Bets

ALPHA = 1e-9
"""False alarms per trial."""
ALARM = 1 / ALPHA
ALPHA_AGAIN = 1e-6
"""The same within a day after a walk: who paused is expected back."""
CALM = 10.0
"""Below this mean nothing speaks for a walk: the last such moment is where one began."""
WARY = 3_000.0
"""From this mean on the baselines learn nothing, and a walk goes on."""
QUIET = 900.0
"""Seconds without evidence, and without a crowd that solves no challenge, that end a walk."""
MISSES_A_PERSON = 5
"""Misses that weigh as much as one person who left."""
_FEW = 5
"""Unanswered challenges in that time that nobody takes for a crowd."""
DAY = 86_400.0
SIGNS = 4

MISSES = "misses"
NOVELTY = "novelty"
ORDER = "order"
FURTHER = "further"


class Walk:
    """The detector of one endpoint. `turn` counts trials: the walk's own clock, which no clock that
    jumps can disturb."""

    __slots__ = (
        "_answered",
        "_calm_turn",
        "_ended_at",
        "_knocks",
        "_since",
        "_spent",
        "_spent_at",
        "alarmed_at",
        "allowance",
        "began_turn",
        "disclosed",
        "fresh",
        "further",
        "misses",
        "missing",
        "more",
        "near",
        "novelty",
        "order",
        "sign",
        "trials",
        "turn",
    )

    def __init__(self, allowance: int) -> None:
        self.allowance = allowance
        self.missing = Bets((0.25, 0.5, 0.8))
        self.novelty = Bets((0.5, 0.8, 0.95))
        self.order = Bets((0.5, 0.8, 0.95))
        self.further = Bets((0.5, 0.8, 0.95))
        self.turn = 0
        self.began_turn = 0
        """Turn at which the walk began, not the later one at which it was noticed."""
        self.alarmed_at: float | None = None
        self.sign = MISSES
        """Which of the four spoke the loudest."""
        self.trials = 0
        """Trials since the walk began; how many missed, asked for someone nobody had asked for,
        were next to another, and asked for a further person after travelling."""
        self.misses = 0
        self.fresh = 0
        self.near = 0
        self.more = 0
        self.disclosed = 0
        self._calm_turn = 0
        self._spent = 0.0
        self._spent_at = 0.0
        self._ended_at = -DAY
        self._since = 0.0
        """Since when newcomers that knock, and those that are answered, are counted."""
        self._knocks = 0
        self._answered = 0

    def learn(
        self,
        misses: float | None,
        novelty: float | None = None,
        order: float | None = None,
        further: float | None = None,
    ) -> None:
        """Bet against these honest shares from now on; None switches a sign off."""
        self.missing.against(misses)
        self.novelty.against(novelty)
        self.order.against(order)
        self.further.against(further)

    @property
    def mean(self) -> float:
        means = self.missing.mean + self.novelty.mean + self.order.mean + self.further.mean
        return means / SIGNS

    @property
    def feigned(self) -> bool:
        """Those who walk open the app first."""
        return self.alarmed_at is not None and self.sign == FURTHER

    @property
    def wary(self) -> bool:
        return self.alarmed_at is not None or self.mean > WARY

    def closed(self, now: float) -> bool:
        """The allowance is used up, in people or in misses: those without a clean history are to
        be challenged. A guesser's few hits may each open a door behind which there are thousands.
        """
        if self.alarmed_at is None:
            return False
        return self.misses >= MISSES_A_PERSON * self.allowance or self._used(now) >= self.allowance

    def note(
        self,
        *,
        miss: bool,
        nth: int,
        now: float,
        novel: bool | None = None,
        near: bool | None = None,
        further: bool | None = None,
    ) -> bool:
        """Take one trial of a newcomer, its `nth`; True when this one raises the alarm. `novel`:
        a hit about someone nobody had asked for; `near`: next to another's number; `further`: a hit
        about one more such person, of a caller that was elsewhere before; None where the trial says
        nothing of it."""
        self.turn += 1
        weight = trial_weight(nth)
        mean = self.missing.take(weight, yes=miss)
        mean += self.novelty.mean if novel is None else self.novelty.take(weight, yes=novel)
        mean += self.order.mean if near is None else self.order.take(weight, yes=near)
        mean += self.further.mean if further is None else self.further.take(weight, yes=further)
        mean /= SIGNS
        if self.alarmed_at is None and mean < CALM:
            self._calm_turn = self.turn
            self._forget()
            return False
        self.trials += 1
        self.misses += miss
        self.fresh += novel is True
        self.near += near is True
        self.more += further is True
        if self.alarmed_at is None:
            return mean >= self._alarm(now) and self._begin(now)
        if mean >= WARY:
            self._reset()
            self._count_from(now)
        return False

    def give(self, subjects: int, now: float) -> None:
        """So many more subjects left to callers without a clean history."""
        self._spent = self._used(now) + subjects
        self._spent_at = now
        self.disclosed += subjects

    def knock(self) -> None:
        """Someone without a clean history asked, and will be challenged."""
        self._knocks += 1

    def answer(self) -> None:
        """Someone without a clean history was answered: a challenge was solved, or nobody asked for
        it."""
        self._answered += 1

    def over(self, now: float) -> bool:
        """True once when the walk has ended: for `QUIET` seconds no answer spoke for it, and those
        who were challenged solved it, as people's browsers do."""
        if self.alarmed_at is None or abs(now - self._since) <= QUIET:
            return False
        crowd = self._knocks > 2 * self._answered + _FEW
        self._count_from(now)
        return not crowd and self._finish()

    def _alarm(self, now: float) -> float:
        return 1 / ALPHA_AGAIN if abs(now - self._ended_at) < DAY else ALARM

    def _begin(self, now: float) -> bool:
        signs = (
            (self.missing, MISSES),
            (self.novelty, NOVELTY),
            (self.order, ORDER),
            (self.further, FURTHER),
        )
        self.sign = max(signs, key=lambda sign: sign[0].mean)[1]
        self.alarmed_at = now
        self.began_turn = self._calm_turn
        self.disclosed = self.trials - self.misses
        # What left before the alarm counts against the allowance as well.
        self._spent = min(self._used(now) + self.disclosed, float(self.allowance))
        self._spent_at = now
        self._reset()
        self._count_from(now)
        return True

    def _finish(self) -> bool:
        self.alarmed_at = None
        self._ended_at = self._since
        self._reset()
        self._calm_turn = self.turn
        self._forget()
        return True

    def _forget(self) -> None:
        self.trials = self.misses = self.fresh = self.near = self.more = 0

    def _reset(self) -> None:
        self.missing.reset()
        self.novelty.reset()
        self.order.reset()
        self.further.reset()

    def _count_from(self, now: float) -> None:
        self._since = now
        self._knocks = self._answered = 0

    def _used(self, now: float) -> float:
        refilled = self.allowance * max(0.0, now - self._spent_at) / DAY
        return max(0.0, self._spent - refilled)

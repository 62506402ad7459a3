"""What is remembered of one log-in: its answers, its honest failures, and who tried what there."""

from msgspec import Struct, field

from nightlatch.detect.behaviours.attempts import Attempt
from nightlatch.detect.behaviours.failures import BLIND_FROM, FailureShare
from nightlatch.detect.behaviours.outcomes import Outcomes
from nightlatch.detect.bets import Bets
from nightlatch.detect.enumeration import HONEST, Steps, steps_for
from nightlatch.detect.table import SegmentedTable
from nightlatch.exchange.exchange import Caller

DAY = 86_400.0
HOUR = 3_600.0
OWNERS = 8
MAX_ACCOUNTS = 64
"""Of one caller that are remembered; the one it tried first is forgotten first."""
SHARED = 3
"""From so many accounts opened on, an address is shared: its people are asked, not refused."""
_CALLERS = 8_192
_ACCOUNTS = 8_192
_GUESSES = 4_096


class Tries:
    """One caller at one log-in. 500 bytes for one that came once, its place in the table
    included."""

    __slots__ = ("accounts", "convicted_until", "failed", "guesses", "opened", "statistic")

    def __init__(self) -> None:
        self.accounts: dict[bytes, int] = {}
        """Account to the day it was last tried on."""
        self.guesses: tuple[bytes, ...] | set[bytes] = ()
        """Different guesses that failed, up to `MAX_ACCOUNTS`; a set only for whoever made some."""
        self.opened: tuple[bytes, ...] = ()
        """Accounts opened, up to `SHARED`."""
        self.failed = 0
        """Accounts whose first try of a day failed, since the last conviction."""
        self.statistic = 0.0
        self.convicted_until = 0.0
        """What a convicted caller does tells nothing of the others."""

    @property
    def shared(self) -> bool:
        return len(self.opened) >= SHARED

    def first(self, account: bytes, day: int) -> bool:
        """Whether this is the caller's first try at the account today; takes note of it."""
        accounts = self.accounts
        if accounts.get(account) == day:
            return False
        if len(accounts) >= MAX_ACCOUNTS:
            del accounts[next(iter(accounts))]
        accounts[account] = day
        return True

    def guess(self, guess: bytes) -> None:
        """Take note of a failed guess."""
        if type(self.guesses) is not set:
            self.guesses = set()
        if len(self.guesses) < MAX_ACCOUNTS:
            self.guesses.add(guess)

    def open(self, account: bytes) -> None:
        if len(self.opened) < SHARED and account not in self.opened:
            self.opened += (account,)

    def weigh(self, steps: Steps, *, failed: bool) -> float:
        """Wald's test over accounts, as of hits and misses (`detect/enumeration.py`)."""
        self.statistic = max(HONEST, self.statistic + (steps.miss if failed else steps.hit))
        return self.statistic


class Guessed:
    """One account that is being guessed at."""

    __slots__ = ("askers", "began", "guesses", "owners", "told")

    def __init__(self, now: float) -> None:
        self.began = now
        self.guesses: dict[bytes, None] = {}
        """Different guesses that failed since it was last opened, within a day."""
        self.askers: dict[str, int] = {}
        """Who made them, and how many."""
        self.owners: tuple[str, ...] = ()
        """Callers that opened it, up to `OWNERS`; the one that did first is forgotten first."""
        self.told = False


class Value:
    """One guessed value, whatever the account. `weights` are the logarithms of its test."""

    __slots__ = ("accounts", "askers", "count", "seen", "told", "weights")

    def __init__(self, seen: int) -> None:
        self.accounts: set[bytes] = set()
        self.askers: set[str] = set()
        self.count = 0
        self.seen = seen
        """Number of the failed first try that it was last met in."""
        self.weights: tuple[float, ...] = ()
        self.told = False


class Campaign(Struct):
    """An attack of many callers on one log-in, from the alarm on."""

    began: float
    tried: int
    """First tries of newcomers since it began, and how many failed."""
    failed: int
    share: float
    """Of honest first tries that fail, as it was known then."""
    learned: bool
    doubtful: bool
    """Callers known here failed as well."""
    heard: float
    opened: int = 0
    names: tuple[str, ...] = ()
    """Of the first accounts that newcomers opened meanwhile, masked."""
    convicted: int = 0
    window: float = 0.0
    paid: int = 0
    """First tries since the alarm: of callers who solved a challenge, where any is asked for."""
    price: int = 0
    shut: bool = False
    """Those who paid have tried enough: newcomers are refused."""
    tries: dict[str, int] = field(default_factory=dict)
    """How many accounts newcomers tried from each address; the first ones that are held."""
    bad: int = 0
    """Within the window: newcomers that failed or were turned away, and those that got in."""
    good: int = 0


class LoginDoor:
    """One endpoint at which accounts are opened. Each of its tables forgets first the newcomer
    that was quiet longest."""

    __slots__ = (
        "accounts",
        "bets",
        "callers",
        "campaign",
        "codes",
        "failures",
        "guesses",
        "hour",
        "known_failing",
        "outcomes",
        "p0",
        "steps",
        "streaks_ended",
        "streaks_went_on",
        "trials_failed",
        "tried",
        "tried_failed",
    )

    def __init__(self) -> None:
        self.outcomes = Outcomes()
        self.failures = FailureShare()
        self.bets = Bets((0.25, 0.5, 0.8))
        """That newcomers' first tries fail too often."""
        self.tried = self.tried_failed = 0
        """Such tries since nothing spoke for an attack, and how many failed."""
        self.campaign: Campaign | None = None
        self.callers: SegmentedTable[str, Tries] = SegmentedTable(_CALLERS)
        self.accounts: SegmentedTable[bytes, Guessed] = SegmentedTable(_ACCOUNTS)
        self.guesses: SegmentedTable[bytes, Value] = SegmentedTable(_GUESSES)
        self.trials_failed = 0
        self.streaks_ended = 0
        self.streaks_went_on = 0
        self.known_failing = 0.0
        """Recent share of tries at their own account that failed for callers known here."""
        self.hour = -1
        self.p0 = 0.0
        self.steps: Steps | None = None
        """None where honest people fail so often that failing tells nothing."""

    def at(self, hour: int) -> None:
        """Use what is known of this hour of the day from now on."""
        self.hour = hour
        p0 = self.p0 = self.failures.bound(hour)
        blind = p0 > BLIND_FROM
        self.steps = None if blind else steps_for(p0)
        self.bets.against(None if blind else p0)

    def restart(self) -> None:
        """After a campaign: the test begins anew."""
        self.campaign = None
        self.bets.reset()
        self.tried = self.tried_failed = 0


class Try(Struct, gc=False):
    """One attempt with its outcome, as the detectors weigh it."""

    door: LoginDoor
    endpoint: str
    attempt: Attempt
    caller: Caller
    circle: str
    """What counts as one caller."""
    tries: Tries
    opened: bool
    known: bool
    """The caller got in here before."""
    first: bool
    """Its first try at this account today."""
    now: float

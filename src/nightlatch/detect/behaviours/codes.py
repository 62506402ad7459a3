"""Guessing one account's code or password, from however many addresses.

Different guesses are counted, so that a device that repeats an old password for ever counts once,
and a code that was sent again and mistyped a few times. An honest person who failed with one guess
fails with yet another in a share of cases that is learned; so many in a row that it would happen to
one in a million is guessing.
"""

import math

from nightlatch.detect.behaviour import DetectorHelp, Reporter
from nightlatch.detect.behaviours.attempts import Guess
from nightlatch.detect.behaviours.login_door import DAY, OWNERS, Guessed, LoginDoor, Try
from nightlatch.detect.behaviours.verdicts import HELD, challenge_newcomers, convict, tell
from nightlatch.exchange.judgement import DetectionKind

ALPHA = 1e-6
"""Per account that somebody failed to open once."""
UNLEARNED = 0.5
LEAST, MOST = 0.3, 0.7
"""Bounds of the share of failures that are followed by another one: 12 to 39 guesses are
guessing."""
LEARNED_AFTER = 100
"""Second tries seen."""
_TAUGHT = 8
"""Guesses at one account that teach; an attack must not teach its own length."""
_TOOK_PART = 3
"""Different guesses of one caller at the account that make it a participant."""
_ASKERS = 64


class CodeGuessing:
    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter

    def weigh(self, one: Try) -> None:
        door, account = one.door, one.attempt.account
        guessed = door.accounts.touch(account)
        if guessed is None:
            # Whoever opens an account at once is not worth remembering but for being its owner.
            guessed = Guessed(one.now)
            door.accounts.add(account, guessed)
        elif guessed.guesses and one.now - guessed.began > DAY:
            _end(door, guessed, one.now)
        if one.opened:
            _end(door, guessed, one.now)
            if one.circle not in guessed.owners:
                guessed.owners = (*guessed.owners[1 - OWNERS :], one.circle)
        else:
            self._fail(one, guessed)

    def _fail(self, one: Try, guessed: Guessed) -> None:
        guesses, guess = guessed.guesses, one.attempt.guess
        if not guesses:
            guessed.began = one.now
            one.door.accounts.keep(one.attempt.account)
        if guess in guesses:
            return
        if 0 < len(guesses) < _TAUGHT:
            one.door.streaks_went_on += 1
        limit = guesses_allowed(one.door)
        if len(guesses) < limit + _ASKERS:
            guesses[guess] = None
        if one.circle in guessed.askers or len(guessed.askers) < _ASKERS:
            guessed.askers[one.circle] = guessed.askers.get(one.circle, 0) + 1
        if len(guesses) >= limit:
            self._found(one, guessed)

    def _found(self, one: Try, guessed: Guessed) -> None:
        words = _words(one, guessed)
        for circle, count in guessed.askers.items():
            if count < _TOOK_PART or circle in guessed.owners:
                continue
            tries = one.door.callers.get(circle)
            if tries is None or not tries.shared:
                convict(self._reporter, circle, words, one.now)
        if len(guessed.askers) > _TOOK_PART:
            challenge_newcomers(self._reporter, one.endpoint, words, one.now + HELD / 4)
        circle = f"account:{one.attempt.masked}"
        kind = DetectionKind.CODE_GUESSING
        if guessed.told and not self._reporter.alarms.due(kind, one.endpoint, circle, one.now):
            return
        if not guessed.told:
            self._reporter.alarms.due(kind, one.endpoint, circle, one.now)
        guessed.told = True
        tell(
            self._reporter,
            kind,
            one.endpoint,
            circle,
            one.now,
            words,
            false_alarm_rate=ALPHA,
            confidence=0.9 if one.attempt.kind is Guess.CODE else 0.8,
            refuted_by=(
                "The account's owner, trying every password they ever had; or a program of theirs"
                " that makes up a new one each time: a clock-driven code with a wrong clock."
            ),
            attempts=len(guessed.guesses),
        )


def guesses_allowed(door: LoginDoor) -> int:
    """Different failed guesses at one account from which on it is guessing."""
    went_on, ended = door.streaks_went_on, door.streaks_ended
    seen = went_on + ended
    share = UNLEARNED
    if seen >= LEARNED_AFTER:
        share = went_on / seen
        share += 2 * math.sqrt(share * (1 - share) / seen) + 0.05
    share = min(MOST, max(LEAST, share))
    return math.ceil(math.log(ALPHA) / math.log(share))


def _end(door: LoginDoor, guessed: Guessed, now: float) -> None:
    """The row of failures is over: the account was opened, or a day went by."""
    if guessed.guesses:
        if not guessed.told:
            door.streaks_ended += 1
        guessed.guesses.clear()
        guessed.askers.clear()
        guessed.told = False
    guessed.began = now


def _words(one: Try, guessed: Guessed) -> str:
    what = "codes" if one.attempt.kind is Guess.CODE else "passwords"
    minutes = max(1, round((one.now - guessed.began) / 60))
    return (
        f"{len(guessed.guesses)} different {what} failed at one account ({one.attempt.masked})"
        f" within {minutes:,} minutes, from {len(guessed.askers)} callers. Fewer than one honest"
        f" person in {1 / ALPHA:,.0f} fails with {guesses_allowed(one.door)}."
    )


HELP = DetectorHelp(
    kind=DetectionKind.CODE_GUESSING,
    title="A code or password is being guessed",
    what="""\
Counts different guesses that failed at one account since it was last opened, within a day, from
all callers together; a device that repeats an old password counts once. An account is what the
request names, or the log-in under way that a code belongs to. Fires as well when newcomers fail
at codes of many accounts, or one code at many. Callers who made three guesses or more are
refused, except those who opened this account before; where the guesses come from many callers,
newcomers are challenged.""",
    evidence="""\
How many different guesses failed, within how long, from how many callers; the account masked.""",
    errors="""\
At most one honest person in 10^6 who failed once: the share of failures followed by another one is
learned between 0.3 and 0.7, so 12 to 39 guesses are guessing, 20 before anything is learned. Fewer
guesses a day than that are not seen: let codes expire and count tries.""",
    refuted_by="""\
The account's owner, trying every password they ever had; or a program of theirs that makes up a
new one each time, such as a clock-driven code with a wrong clock.""",
    remedy="""\
Let a code be tried five times and then make a new one (NIST SP 800-63B, 5.2.2, allows a hundred
for a password). Six digits at least.""",
    owasp="API2:2023",
    references=(
        "https://pages.nist.gov/800-63-3/sp800-63b.html#throttle",
        "https://cheatsheetseries.owasp.org/cheatsheets/Multifactor_Authentication_Cheat_Sheet.html",
    ),
)

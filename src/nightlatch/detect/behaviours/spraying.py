"""Password spraying: one guess, or a handful, at ever more accounts.

The guessed value is weighed, not only the source (StopGuessing, Tian et al. 2019; DALock, Blocki
and Zhang 2022): among honest failures no single value makes up more than one in a hundred, whoever
makes them. Per value a CUSUM over failed first tries: at each failure that is this value its
logarithms rise, at all others they fall, never below nothing (Page 1954). Values are kept as hashes
under a key of this process.
"""

import math

from nightlatch.detect.behaviour import DetectorHelp, Reporter
from nightlatch.detect.behaviours.attempts import Guess
from nightlatch.detect.behaviours.login_door import HOUR, LoginDoor, Try, Value
from nightlatch.detect.behaviours.verdicts import (
    HELD,
    STRANGERS,
    challenge,
    challenge_newcomers,
    convict,
    tell,
)
from nightlatch.exchange.judgement import DetectionKind

HONEST_SHARE = 0.01
"""Of failed first tries, for the value that is guessed most: "123456" made up 0.9 % of the
passwords of RockYou, and fewer of the mistyped ones."""
ALPHA = 1e-9
"""Per failed first try and value; as the shares of all values sum to one, at most a hundred can be
as frequent as allowed: 1e-7 for all of them."""
FALSE_ALARMS = ALPHA / HONEST_SHARE
_SHARES = (0.05, 0.2, 0.6)
_ALARM = math.log(len(_SHARES) / ALPHA)
_THIS = tuple(math.log(share / HONEST_SHARE) for share in _SHARES)
_OTHER = tuple(math.log((1 - share) / (1 - HONEST_SHARE)) for share in _SHARES)
_REMEMBERED = 256
"""Accounts and callers of one value."""


class Spraying:
    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter

    def weigh(self, one: Try) -> None:
        """Take a failed first try at an account."""
        door = one.door
        door.trials_failed += 1
        value = self._value(door, one)
        if not _is_new(value, one.attempt.account):
            return
        if len(value.askers) < _REMEMBERED:
            value.askers.add(one.circle)
        _step(value, door.trials_failed)
        if max(value.weights) >= _ALARM:
            self._found(one, value)

    def _value(self, door: LoginDoor, one: Try) -> Value:
        guess = one.attempt.guess
        value = door.guesses.touch(guess)
        if value is None:
            value = Value(door.trials_failed)
            door.guesses.add(guess, value)
        elif value.count == 1:
            door.guesses.keep(guess)
        return value

    def _found(self, one: Try, value: Value) -> None:
        words = _words(one, value)
        newly = () if value.told else tuple(value.askers)
        value.told = True
        for circle in (*newly, one.circle):
            self._hold(one, circle, words)
        alone = len(value.askers) == 1
        if not alone:
            challenge_newcomers(self._reporter, one.endpoint, words, one.now + HOUR / 4)
        whom = one.circle if alone else STRANGERS
        kind = (
            DetectionKind.CODE_GUESSING
            if one.attempt.kind is Guess.CODE
            else DetectionKind.PASSWORD_SPRAYING
        )
        if self._reporter.alarms.due(kind, one.endpoint, whom, one.now):
            tell(
                self._reporter,
                kind,
                one.endpoint,
                whom,
                one.now,
                words,
                false_alarm_rate=FALSE_ALARMS,
                confidence=0.9,
                refuted_by=(
                    "A client that sends the same wrong value for everyone (an empty or default"
                    " one), or a first password that many people were given and that has expired."
                ),
                attempts=value.count,
            )

    def _hold(self, one: Try, circle: str, words: str) -> None:
        """Refuse who used it on several accounts; ask the others, one of whom may just be a person
        with a bad password."""
        tries = one.door.callers.get(circle)
        if tries is not None and tries.failed > 1 and not tries.shared:
            convict(self._reporter, circle, words, one.now)
        else:
            challenge(self._reporter, circle, words, one.now + HELD, one.endpoint)


def _is_new(value: Value, account: bytes) -> bool:
    if account in value.accounts:
        return False
    if len(value.accounts) < _REMEMBERED:
        value.accounts.add(account)
    value.count += 1
    return True


def _step(value: Value, number: int) -> None:
    others = max(0, number - value.seen - 1)
    value.seen = number
    before = value.weights or (0.0,) * len(_SHARES)
    value.weights = tuple(
        max(0.0, weight + others * fall) + rise
        for weight, fall, rise in zip(before, _OTHER, _THIS, strict=True)
    )


def _words(one: Try, value: Value) -> str:
    what = "code" if one.attempt.kind is Guess.CODE else "password"
    return (
        f"One and the same {what} failed at {value.count} different accounts, from"
        f" {len(value.askers)} callers; honest people's failures share one value in"
        f" {1 / HONEST_SHARE:.0f} at most."
    )


HELP = DetectorHelp(
    kind=DetectionKind.PASSWORD_SPRAYING,
    title="One password is tried at many accounts",
    what="""\
Weighs the guessed value, not only who guesses: fires when one password fails at far more accounts
than honest mistakes share one, or when one caller fails at ever more accounts with few passwords.
An account's own name counts as one value. Values are compared by their hashes under a key that
never leaves the process.""",
    evidence="""\
At how many accounts the one value failed, and from how many callers; never the value.""",
    errors="""\
At most one false alarm in 10^7 failed first tries, as long as no value makes up more than 1 % of
honest failures. Six accounts in a row are enough, twenty where honest failures lie between.
Passwords that the client hashes with the account's name cannot be compared; then only the
callers tell.""",
    refuted_by="""\
A client that sends the same wrong value for everyone (an empty or default one), or a first
password that many people were given and that has expired.""",
    remedy="""\
Refuse the passwords that lists of leaked ones begin with. Ask accounts that were opened with a
sprayed value for a second factor.""",
    owasp="API2:2023",
    references=(
        "https://owasp.org/www-community/attacks/Password_Spraying_Attack",
        "https://doi.org/10.56553/popets-2022-0084",
    ),
)

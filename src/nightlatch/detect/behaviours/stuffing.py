"""Credential stuffing: many accounts are tried, each a few times, from however many addresses.

Endpoint-wide an e-detector over newcomers' first tries (`detect/bets.py`): each address alone looks
like a person who mistypes, together their share of failures gives them away (Javed and Paxson, CCS
2013). Per caller Wald's test over distinct accounts. A first try is one caller's first at one
account on one day, so that neither a person who mistypes five times nor a device with an old
password counts more than once.
"""

from nightlatch.detect.baseline import trial_weight
from nightlatch.detect.behaviour import DetectorHelp, Reporter
from nightlatch.detect.behaviours.attempts import Guess
from nightlatch.detect.behaviours.login_door import DAY, HOUR, Campaign, LoginDoor, Try
from nightlatch.detect.behaviours.verdicts import (
    HELD,
    STRANGERS,
    challenge,
    challenge_newcomers,
    convict,
    refuse_newcomers,
    tell,
)
from nightlatch.detect.enumeration import ALPHA, ALPHA_WALK, GUILTY, GUILTY_WALK
from nightlatch.detect.known import ANYWHERE
from nightlatch.detect.pricing import price
from nightlatch.detect.suspicions import NEWCOMERS
from nightlatch.detect.visit import address_of
from nightlatch.exchange.judgement import DetectionKind

CAMPAIGN_ALPHA = 1e-9
"""False alarms per first try of a newcomer."""
CALM = 10.0
"""Below this mean nothing speaks for an attack: the last such moment is where one began."""
WARY = 3_000.0
"""From this mean on the honest share learns nothing."""
QUIET = 900.0
"""Seconds in which more newcomers get in than fail or are turned away end a campaign."""
_LEARNED_TRIES = 4
"""Of each caller and day that teach what is normal."""
_GUESSED_AT = 3
"""Failed guesses at one account after which further ones are that account's matter."""
_OUTAGE = 0.5
"""Of the recent tries at their own account by callers known here that failed."""
_RECENT = 0.1
_NAMES = 5
EXPLAINED = 5
"""Accounts that may be tried during a campaign from an address that an account explains which was
accepted elsewhere: its owner's, and what the owner mistypes."""
_TRIED_FROM = 100_000
"""Addresses of a campaign that are held; of further ones it is not known that they tried."""
_ATTACKED = 16
_FEW_VALUES = 3
"""One guess for so many accounts or more is spraying."""
_BAD_SHARE = 2
_BAD_ANYWAY = 3


class Stuffing:
    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self.attacked: dict[str, LoginDoor] = {}
        """Log-ins at which a campaign is on; of too many the one attacked first is forgotten."""

    def has_tried(self, address: str) -> bool:
        """Whether a newcomer from there tried an account during a campaign that is on."""
        doors = self.attacked.values()
        return any(door.campaign is not None and address in door.campaign.tries for door in doors)

    def weigh(self, one: Try) -> None:
        door = one.door
        hour = int(one.now % DAY // HOUR)
        if hour != door.hour:
            door.at(hour)
        if one.first:
            self._weigh_caller(one)
        if one.known:
            self._note_known(one)
        elif door.campaign is not None:
            self._in_campaign(one, door.campaign)
        elif one.first and not _guessed_at(one) and one.now >= one.tries.convicted_until:
            self._weigh_all(one, hour)

    def turned_away(self, door: LoginDoor, endpoint: str, *, first: bool, now: float) -> None:
        """A newcomer was not heard: of itself that keeps a campaign going."""
        campaign = door.campaign
        if campaign is None:
            return
        if first:
            campaign.bad += 1
        self._go_on(door, endpoint, campaign, now)

    def _note_known(self, one: Try) -> None:
        door = one.door
        if one.first and one.attempt.account in one.tries.opened:
            door.known_failing += _RECENT * ((not one.opened) - door.known_failing)
            if door.campaign is not None and door.known_failing > _OUTAGE:
                door.campaign.doubtful = True

    def _weigh_all(self, one: Try, hour: int) -> None:
        door = one.door
        nth = len(one.tries.accounts)
        mean = door.bets.take(trial_weight(nth), yes=not one.opened)
        if mean < CALM:
            door.tried = door.tried_failed = 0
        else:
            door.tried += 1
            door.tried_failed += not one.opened
        if mean >= 1 / CAMPAIGN_ALPHA:
            self._begin(one)
        elif nth <= _LEARNED_TRIES and door.failures.note(one.circle, hour, failed=not one.opened):
            if mean > WARY:
                door.failures.discard()
            else:
                door.failures.commit()
                door.at(hour)

    def _begin(self, one: Try) -> None:
        door = one.door
        door.failures.discard()
        door.campaign = Campaign(
            began=one.now,
            tried=door.tried,
            failed=door.tried_failed,
            share=door.failures.share,
            learned=door.failures.learned,
            doubtful=door.known_failing > _OUTAGE,
            heard=one.now,
            window=one.now,
        )
        door.bets.reset()
        if len(self.attacked) >= _ATTACKED:
            del self.attacked[next(iter(self.attacked))]
        self.attacked[one.endpoint] = door
        self._tell(one.endpoint, door.campaign, one.attempt.kind, one.now)
        self._guard(one.endpoint, door.campaign, one.now)

    def _in_campaign(self, one: Try, campaign: Campaign) -> None:
        if one.opened:
            campaign.good += 1
            campaign.opened += 1
            if len(campaign.names) < _NAMES:
                campaign.names += (one.attempt.masked,)
        if one.first:
            campaign.tried += 1
            campaign.paid += 1
            campaign.failed += not one.opened
            campaign.bad += not one.opened
            self._count(one, campaign)
        self._go_on(one.door, one.endpoint, campaign, one.now)
        if one.door.campaign is campaign and (one.first or one.opened):
            self._tell(one.endpoint, campaign, one.attempt.kind, one.now)

    def _go_on(self, door: LoginDoor, endpoint: str, campaign: Campaign, now: float) -> None:
        """Keep newcomers waiting while more of them fail or are turned away than get in."""
        if now - campaign.window >= QUIET:
            if campaign.bad <= _BAD_SHARE * campaign.good + _BAD_ANYWAY:
                self._end(door, endpoint)
                return
            campaign.window, campaign.bad, campaign.good = now, 0, 0
        full = self._paid_up(campaign) and not campaign.shut
        if full or now - campaign.heard > QUIET / 2 or price(campaign.paid) > campaign.price:
            self._guard(endpoint, campaign, now)

    def _count(self, one: Try, campaign: Campaign) -> None:
        """An address that an account elsewhere explains may try a few accounts here, not many."""
        address = address_of(one.caller)
        tries = campaign.tries.get(address, 0) + 1
        if tries > 1 or len(campaign.tries) < _TRIED_FROM:
            campaign.tries[address] = tries
        if tries > EXPLAINED and self._reporter.suspicions.known.knows(ANYWHERE, one.caller):
            words = f"{tries} accounts tried from here while newcomers try others' accounts."
            convict(self._reporter, address, words, one.now, one.endpoint)

    def _end(self, door: LoginDoor, endpoint: str) -> None:
        self._reporter.suspicions.lift(NEWCOMERS, endpoint)
        self.attacked.pop(endpoint, None)
        door.restart()

    def _guard(self, endpoint: str, campaign: Campaign, now: float) -> None:
        campaign.heard = now
        campaign.price = price(campaign.paid)
        words, until = _words(campaign), now + QUIET
        campaign.shut = self._paid_up(campaign)
        if campaign.shut:
            words += f" Newcomers who paid have tried {campaign.paid}: now all of them wait."
            refuse_newcomers(self._reporter, endpoint, words, until)
        else:
            challenge_newcomers(self._reporter, endpoint, words, until, campaign.price)

    def _paid_up(self, campaign: Campaign) -> bool:
        bound = self._reporter.paid_logins
        return 0 < bound <= campaign.paid

    def _tell(self, endpoint: str, campaign: Campaign, guess: Guess, now: float) -> None:
        kind = (
            DetectionKind.CODE_GUESSING
            if guess is Guess.CODE
            else DetectionKind.CREDENTIAL_STUFFING
        )
        if not self._reporter.alarms.due(kind, endpoint, STRANGERS, now):
            return
        tell(
            self._reporter,
            kind,
            endpoint,
            STRANGERS,
            now,
            _words(campaign),
            false_alarm_rate=CAMPAIGN_ALPHA,
            confidence=_confidence(campaign),
            refuted_by=(
                "An outage of what checks passwords, a release that sends them wrongly, or a day on"
                " which everyone's password expired: then callers known here fail as well, and the"
                " accounts tried are ones that exist."
            ),
            subjects=campaign.opened,
            attempts=campaign.tried,
        )

    def _weigh_caller(self, one: Try) -> None:
        """Does this caller fail at ever more accounts?"""
        tries, steps = one.tries, one.door.steps
        tries.failed += not one.opened
        if steps is None:
            return
        statistic = tries.weigh(steps, failed=not one.opened)
        campaign = one.door.campaign
        company = campaign is not None and not one.known
        if statistic < (GUILTY_WALK if company else GUILTY):
            return
        self._convict(one, ALPHA_WALK if statistic < GUILTY else ALPHA)
        if campaign is not None:
            campaign.convicted += 1

    def _convict(self, one: Try, alpha: float) -> None:
        tries, circle, now = one.tries, one.circle, one.now
        reason = _caller_words(one, alpha)
        tries.convicted_until = now + HELD
        if tries.shared:
            challenge(self._reporter, circle, reason, now + HELD, one.endpoint)
        else:
            convict(self._reporter, circle, reason, now)
        one.door.callers.keep(circle)
        kind = _kind_of_caller(one)
        # During a campaign its participants are its evidence, not a matter each of their own.
        told = one.door.campaign is None and self._reporter.alarms.due(
            kind, one.endpoint, circle, now
        )
        if told:
            tell(
                self._reporter,
                kind,
                one.endpoint,
                circle,
                now,
                reason,
                false_alarm_rate=alpha,
                confidence=0.8 if tries.shared else 0.95,
                refuted_by=(
                    "One program of yours that logs in for many people, with a broken"
                    " configuration; an office or carrier behind one address whose people all"
                    " mistype at once."
                ),
                attempts=tries.failed,
            )
        tries.statistic = 0.0


def _guessed_at(one: Try) -> bool:
    guessed = one.door.accounts.get(one.attempt.account)
    return guessed is not None and len(guessed.guesses) > _GUESSED_AT


def _kind_of_caller(one: Try) -> DetectionKind:
    if one.attempt.kind is Guess.CODE:
        return DetectionKind.CODE_GUESSING
    few = len(one.tries.guesses) * _FEW_VALUES <= one.tries.failed
    return DetectionKind.PASSWORD_SPRAYING if few else DetectionKind.CREDENTIAL_STUFFING


def _confidence(campaign: Campaign) -> float:
    if campaign.doubtful:
        return 0.5
    return 0.95 if campaign.learned else 0.7


def _words(campaign: Campaign) -> str:
    normal = (
        f"where {campaign.share:.0%} of honest first tries fail"
        if campaign.learned
        else "where nothing is learned yet and half is allowed for"
    )
    words = (
        f"{campaign.failed} of {campaign.tried} first tries of callers new here failed, each at an"
        f" account of its own, {normal}. A false alarm is expected once in a billion tries."
    )
    if campaign.opened:
        names = ", ".join(campaign.names)
        opened = "1 account was" if campaign.opened == 1 else f"{campaign.opened} accounts were"
        words += f" {opened} opened by newcomers meanwhile, probably taken over: {names}."
    if campaign.convicted:
        words += f" Convicted one by one: {campaign.convicted}."
    if campaign.doubtful:
        words += " Callers known here fail as well, as in an outage."
    return words


def _caller_words(one: Try, alpha: float) -> str:
    tries, p0 = one.tries, one.door.p0
    return (
        f"{tries.failed} different accounts failed at their first try with {len(tries.guesses)}"
        f" different guesses, {len(tries.opened)} opened, where honest callers fail at most"
        f" {p0:.0%}. At most one honest caller in {1 / alpha:,.0f} is judged so."
    )


HELP = DetectorHelp(
    kind=DetectionKind.CREDENTIAL_STUFFING,
    title="Stolen names and passwords are tried here",
    what="""\
Counts first tries: one caller's first at one account on one day. Endpoint-wide it bets that
callers who never got in here before fail too often for the hour of the day, whatever number of
addresses they come from; per caller it tests whether one fails at ever more accounts. Log-ins
are known by their fields (a password beside what names an account), failures by their status or,
where both answer 200, by the learned shape of the answer. On the alarm newcomers at this log-in
are challenged and callers who failed at several accounts are refused; callers known here notice
nothing. When newcomers who solved their puzzles have tried `budgets.paid_logins` accounts,
newcomers are refused until the attack is over, but for those whose own account was accepted
elsewhere in the API first, as of people who sign up: they are challenged.""",
    evidence="""\
How many first tries of newcomers failed, of how many, against the share that is normal; how many
accounts were opened by newcomers meanwhile, masked: those are probably taken over, and their
owners should be told.""",
    errors="""\
Endpoint-wide an e-process: one false alarm in 10^9 first tries on average, however long it runs,
as long as honest newcomers fail no more than a quarter of the time or half more often than
learned, whichever is more. Per caller 10^-6, during a campaign 10^-3. An attack whose guesses
nearly all fail is found after about 18 tries; one that makes up less than a quarter of
newcomers' tries is not seen endpoint-wide, and neither is one by callers who all got in here
before. Where the answers of success and failure cannot be told apart nothing is counted.""",
    refuted_by="""\
An outage of what checks passwords, a release that sends them wrongly, a day on which everyone's
password expired: then callers known here fail as well, and the confidence says so.""",
    remedy="""\
Ask for a second factor at accounts opened meanwhile, end their sessions and tell their owners.
Check new passwords against lists of leaked ones. Answer failures alike, in status, words and
time.""",
    owasp="API2:2023",
    references=(
        "https://owasp.org/www-community/attacks/Credential_stuffing",
        "https://doi.org/10.1145/2508859.2516719",
        "https://arxiv.org/abs/2203.03532",
    ),
)

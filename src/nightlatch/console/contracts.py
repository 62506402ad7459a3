"""A person's decision about one endpoint, checked before it is taken."""

from collections.abc import Mapping
from datetime import UTC, datetime

from nightlatch.exchange.facts import Contract, Expectation, ServiceEndpoint
from nightlatch.exchange.judgement import Mode

MAX_TEXT = 300
MAX_HOURLY = 10_000_000


def contract_problems(contract: Contract, now: float) -> tuple[str, ...]:
    """Why the decision cannot stand, in words for the one who decides; empty when it can."""
    found = []
    if contract.expectation is Expectation.PUBLIC:
        if not contract.owner:
            found.append("A public endpoint needs an owner: who answers for it?")
        if not contract.reason:
            found.append("A public endpoint needs a reason: why may strangers read it?")
        if contract.expires is None:
            found.append("A public decision needs an expiry date, so that somebody looks again.")
        elif contract.expires <= now:
            found.append("The expiry date has already passed.")
    if max(len(contract.owner), len(contract.reason)) > MAX_TEXT:
        found.append(f"Owner and reason may have {MAX_TEXT} characters each.")
    if contract.hourly_limit is not None and not 0 <= contract.hourly_limit <= MAX_HOURLY:
        found.append(f"The hourly limit must be between 0 and {MAX_HOURLY:,} people.")
    return tuple(found)


def read_contract(
    at: ServiceEndpoint, form: Mapping[str, str], now: float
) -> tuple[Contract, list[str]]:
    """The decision in a submitted form, and what could not be read of it."""
    problems: list[str] = []
    contract = Contract(
        endpoint=at.endpoint,
        service=at.service,
        expectation=_expectation(form.get("expectation", ""), problems),
        owner=form.get("owner", "").strip(),
        reason=form.get("reason", "").strip(),
        expires=_expiry(form.get("expires", ""), problems),
        mode=_mode(form.get("mode", ""), problems),
        hourly_limit=_limit(form.get("hourly_limit", ""), problems),
        decided_at=now,
    )
    return contract, [*problems, *contract_problems(contract, now)]


def _expectation(text: str, problems: list[str]) -> Expectation:
    try:
        return Expectation(text)
    except ValueError:
        problems.append("Choose who may call this endpoint.")
        return Expectation.UNDECIDED


def _mode(text: str, problems: list[str]) -> Mode | None:
    try:
        return Mode(text) if text else None
    except ValueError:
        problems.append("The mode is off, observe or enforce.")
        return None


def _expiry(text: str, problems: list[str]) -> float | None:
    """The end of the day given, in UTC."""
    if not text:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        problems.append(f"“{text[:20]}” is not a date; write it as 2026-12-31.")
        return None
    return day.timestamp() + 86400


def _limit(text: str, problems: list[str]) -> int | None:
    if not text:
        return None
    # Not int(): it also takes "1_000" and digits of other scripts, of any length.
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        problems.append("The hourly limit is a whole number of people.")
        return None
    return int(text)

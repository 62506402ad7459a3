"""Numbers, times and enumerations as people read them."""

from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from nightlatch.exchange.credential import CredentialState
from nightlatch.exchange.facts import Expectation
from nightlatch.exchange.incident import IncidentState
from nightlatch.exchange.judgement import Action, Decision, DetectionKind, Mode
from nightlatch.exchange.measure import MeasureKind
from nightlatch.exchange.record import Posture, Record
from nightlatch.exchange.source import Part, SourceKind

_STEPS = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"))
_NAMES = {
    "ip-address": "IP address",
    "iban": "IBAN",
    "jwt": "JWT",
    "totp-seed": "TOTP seed",
    "email": "e-mail",
    "national-id": "national ID",
    "device-id": "device ID",
    "account-id": "account ID",
    "bearer-jwt": "JWT",
    "bearer": "bearer token",
    "api-key": "API key",
    "aws-sigv4": "AWS SigV4",
    "hmac": "HMAC",
    "mtls": "mTLS",
}


def count(number: int) -> str:
    """12,345"""
    return f"{number:,}"


def counted(number: int, singular: str, plural: str = "") -> str:
    """ "1 person", "12,345 people"."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def percent(share: float) -> str:
    """0.954 → 95 %; never rounds up to 100 or down to 0."""
    if 0 < share < 0.01:
        return "< 1 %"
    return f"{int(share * 100)} %"


def rate(probability: float) -> str:
    """A false-alarm rate: 0.001 → "1 in 1,000"."""
    return "none" if probability <= 0 else f"1 in {round(1 / probability):,}"


def size(octets: int) -> str:
    """Bytes with a binary unit."""
    amount = float(octets)
    for unit in ("B", "KiB", "MiB"):
        if amount < 1024:
            return (
                f"{amount:,.0f} {unit}" if unit == "B" or amount >= 10 else f"{amount:.1f} {unit}"
            )
        amount /= 1024
    return f"{amount:,.1f} GiB"


def duration(seconds: float) -> str:
    """How long an answer took."""
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} µs"
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.1f} s"


def ago(at: float, now: float) -> str:
    """ "just now", "12 s ago", "3 h ago", "in 5 d"; "never" for 0."""
    if not at:
        return "never"
    distance = abs(now - at)
    if distance < 1:
        return "just now"
    span = next(f"{int(distance // step)} {unit}" for step, unit in _STEPS if distance >= step)
    return f"{span} ago" if at <= now else f"in {span}"


def span(seconds: float) -> str:
    """ "1 minute", "30 d", "90 s": a stretch of time somebody chose."""
    for step, unit in ((86400.0, "day"), (3600.0, "hour"), (60.0, "minute")):
        if seconds >= step and seconds % step == 0:
            return counted(int(seconds // step), unit)
    return f"{seconds:g} s"


def utc(at: float) -> str:
    """2026-01-31 08:15:30 UTC"""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def day(at: float) -> str:
    """2026-01-31, as a date field wants it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")


def name(word: str) -> str:
    """A data class or credential kind in plain words."""
    return _NAMES.get(word, word.replace("-", " "))


def credential(record: Record, none: str = "none", unknown: str = "unknown") -> str:
    """The kind of credential that a request carried, in plain words."""
    if record.credential_kind is not None:
        return name(record.credential_kind)
    return unknown if record.credential_state is CredentialState.UNKNOWN else none


def decision(value: Decision) -> str:
    if value.action is Action.ALLOW:
        return "Answered"
    if value.action is Action.CHALLENGE:
        return "Challenged" if value.withhold else "Would challenge"
    return f"Refused {value.status}" if value.withhold else "Would refuse"


def pretty(body: str) -> str:
    """JSON indented; anything else as it is."""
    try:
        return msgspec.json.format(body.encode("utf-8", "replace"), indent=2).decode()
    except (msgspec.DecodeError, RecursionError):
        return body


POSTURES = {
    Posture.OPEN: "Answers anyone: no credential is needed.",
    Posture.MIXED: "Sometimes answers without a credential, sometimes not.",
    Posture.PROTECTED: "Turns away callers without a valid credential.",
    Posture.UNKNOWN: "Traffic so far proves nothing either way.",
}
EXPECTATIONS = {
    Expectation.UNDECIDED: "Not decided",
    Expectation.PUBLIC: "Public by decision",
    Expectation.MUST_AUTHENTICATE: "Must authenticate",
}
MODES = {
    Mode.OFF: "Nothing is watched.",
    Mode.OBSERVE: (
        "Everything is answered but for what people ordered; what would have been refused is "
        "recorded."
    ),
    Mode.ENFORCE: "What breaks a budget or a decision is refused.",
}
KINDS = {
    DetectionKind.ENUMERATION: "One caller guesses identifiers",
    DetectionKind.DISTRIBUTED_ENUMERATION: "Many callers together walk one endpoint",
    DetectionKind.BUDGET_EXCEEDED: "More people's records left than the budget allows",
    DetectionKind.EXISTENCE_ORACLE: "Answers tell whether an identifier exists",
    DetectionKind.NEW_CALLERS: "A crowd of callers never seen before",
    DetectionKind.CREDENTIAL_STUFFING: "Many accounts are tried with stolen passwords",
    DetectionKind.PASSWORD_SPRAYING: "A few passwords are tried on many accounts",
    DetectionKind.CODE_GUESSING: "One account's code or password is guessed",
    DetectionKind.OBJECT_ACCESS: "A caller reads what belongs to others",
    DetectionKind.FUNCTION_ACCESS: "A role calls a function it never called",
    DetectionKind.SCRAPING: "Far more records than others take",
    DetectionKind.POLLING: "A machine asks at a constant interval",
    DetectionKind.OUT_OF_SEQUENCE: "A step without the steps before it",
    DetectionKind.FORCED_BROWSING: "Many paths that do not exist",
    DetectionKind.SURGE: "Far above what the hour explains",
    DetectionKind.DROP: "Far below what the hour explains",
    DetectionKind.DORMANT_ENDPOINT: "An endpoint that slept is used again",
    DetectionKind.DEBUG_PATH: "A path made for debugging answers",
    DetectionKind.BOT: "A program that hides what it is",
    DetectionKind.ROTATION: "One client, ever new addresses",
    DetectionKind.BAD_REPUTATION: "A network with a bad name",
    DetectionKind.LIMIT_EXCEEDED: "More requests than the limit",
}


class MeasureWords(NamedTuple):
    title: str
    """In a form."""
    done: str
    """In a list."""
    effect: str
    """A sentence: what it does."""


MEASURES = {
    MeasureKind.BLOCK: MeasureWords(
        "Block", "Blocked", "They get 403, before your application is asked."
    ),
    MeasureKind.CHALLENGE: MeasureWords(
        "Challenge",
        "Challenged",
        "They must solve a puzzle once before they are heard; people's clients do it in a moment.",
    ),
    MeasureKind.LIMIT_REQUESTS: MeasureWords(
        "Limit requests", "Limited to", "Beyond it they get 429 and are told when to come back."
    ),
    MeasureKind.LIMIT_PEOPLE: MeasureWords(
        "Limit people",
        "Limited to",
        "So many different people's records may leave to them; beyond it they get 429.",
    ),
    MeasureKind.SLOW: MeasureWords("Slow down", "Slowed by", "Each answer waits before it leaves."),
    MeasureKind.WITHHOLD_FIELDS: MeasureWords(
        "Withhold fields", "Withheld", "These fields are taken out of every answer."
    ),
    MeasureKind.UNIFORM: MeasureWords(
        "Answer uniformly", "Answered uniformly", "Found and not found look the same to them."
    ),
    MeasureKind.EXEMPT: MeasureWords(
        "Exempt", "Exempt", "No detector, budget or limit concerns them."
    ),
}
SOURCES = {
    SourceKind.MIDDLEWARE: "The application itself",
    SourceKind.GATEWAY: "The gateway in front of it",
    SourceKind.TREBLLE: "Treblle's SDK",
    SourceKind.OTLP: "OpenTelemetry",
    SourceKind.GELF: "GELF messages",
    SourceKind.SYSLOG: "Syslog",
    SourceKind.LOG: "An access log",
    SourceKind.HAR: "A HAR file",
}
PARTS = {
    Part.SCHEME: "HTTP or HTTPS",
    Part.HOST: "host",
    Part.QUERY: "query",
    Part.CLIENT: "caller's address",
    Part.REQUEST_HEADERS: "the request's other headers",
    Part.REQUEST_BODY: "the request's body",
    Part.RESPONSE_HEADERS: "the answer's other headers",
    Part.RESPONSE_BODY: "the answer's body",
    Part.CREDENTIALS: "credentials",
    Part.SECRETS: "which credential it was",
    Part.STATUS: "status",
    Part.DURATION: "duration",
}
STATES = {
    IncidentState.OPEN: "Open",
    IncidentState.CONTAINED: "Contained",
    IncidentState.CLOSED: "Closed",
}

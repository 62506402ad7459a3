"""Broken object level authorisation: a principal reads what is not its own.

Two tests per principal and endpoint, both over one day: more different objects than any of its like
reads, and identifiers used, with success, that no answer ever gave this principal (as APIClarity's
"not learned ids", with an error bound). Typed-in and bookmarked identifiers are honest: their share
is learned per endpoint, and where it is high the second test is off.
"""

from nightlatch.detect.behaviour import DetectorHelp, Reporter, Sighting
from nightlatch.detect.behaviours.handed import Handed, Holder
from nightlatch.detect.behaviours.readership import DAY, FLOOR, MAX_TRIALS, Reader, Readers, Reading
from nightlatch.detect.behaviours.verdicts import HELD, challenge, convict, tell
from nightlatch.detect.enumeration import ALPHA, GUILTY
from nightlatch.exchange.content import Leaf
from nightlatch.exchange.exchange import Caller
from nightlatch.exchange.identifiers import may_identify
from nightlatch.exchange.judgement import DetectionKind, Level

_ENDPOINTS = 1_000
"""The one met first goes first, and is learned anew."""
_READERS = 16_384
"""Principals at endpoints, twice: those that came once, and those that came on several days. Up to
about 25 MB."""
_MASK = (1 << 64) - 1
MAX_GIVEN = 2_000
"""Identifiers of one answer that are remembered."""
MAX_ASKED = 100
VOLUME_ALARMS = 1e-3
"""Share of principals' days above what was learned; three times over it, fewer."""


class ObjectAccess:
    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._handed = Handed()
        self._readers: Readers = Readers(_READERS)
        self._readings: dict[str, Reading] = {}

    def note(self, sighting: Sighting) -> None:
        exchange = sighting.exchange
        answer = exchange.response
        if sighting.stranger or answer is None or not 200 <= answer.status < 300:
            return
        principal = principal_of(exchange.caller)
        holder = self._handed.holder(principal, exchange.at)
        asked = _asked(sighting)
        if asked or sighting.disclosure.disclosed:
            self._weigh(sighting, principal, holder, asked)
        given = [one for one in (*_given(sighting), *asked) if one not in holder]
        if given:
            self._handed.give(holder, given)

    def _weigh(self, sighting: Sighting, principal: str, holder: Holder, asked: list[int]) -> None:
        exchange = sighting.exchange
        key = exchange.endpoint.key
        day = int(exchange.at // DAY)
        reading = self._reading(key, day)
        reader = reading.reader(principal, day)
        new = [identifier for identifier in asked if identifier not in reader.asked]
        if new:
            self._try(key, principal, holder, reading, reader, new, exchange.at)
        if new or sighting.disclosure.disclosed:
            self._count(sighting, principal, reading, reader, new)

    def _try(
        self,
        key: str,
        principal: str,
        holder: Holder,
        reading: Reading,
        reader: Reader,
        new: list[int],
        now: float,
    ) -> None:
        """Identifiers that are used for the first time today."""
        statistic = None
        for identifier in new:
            if len(reader.asked) < MAX_TRIALS:
                reader.asked.add(identifier)
                statistic = reading.trial(reader, typed=identifier not in holder)
        if statistic is not None and statistic >= GUILTY:
            self._guesses(key, principal, reading, reader, now)

    def _count(
        self, sighting: Sighting, principal: str, reading: Reading, reader: Reader, new: list[int]
    ) -> None:
        """The people in the answer, or the objects asked for where it names nobody."""
        disclosed = sighting.disclosure.disclosed
        if disclosed:
            digests = [int.from_bytes(subject.digest, "big") for subject in disclosed]
            reader.objects.add_many(digests)
        else:
            reader.objects.add_many([identifier & _MASK for identifier in new])
        count = reader.objects.cardinality
        allowed = reading.allowed(reader) if count > FLOOR and not reader.told else None
        if allowed is not None and count > allowed:
            exchange = sighting.exchange
            self._reads_too_much(exchange.endpoint.key, principal, reading, reader, exchange.at)

    def _reading(self, key: str, day: int) -> Reading:
        reading = self._readings.get(key)
        if reading is None:
            if len(self._readings) >= _ENDPOINTS:
                del self._readings[next(iter(self._readings))]
            reading = self._readings[key] = Reading(key, day, self._readers)
        return reading

    def _guesses(
        self, key: str, principal: str, reading: Reading, reader: Reader, now: float
    ) -> None:
        kind = DetectionKind.OBJECT_ACCESS
        share = reading.steps.p0 if reading.steps is not None else 0.0
        words = (
            f"{reader.typed} of {len(reader.asked)} identifiers used today, with success, were"
            f" never given to this principal in an answer; of honest ones it is at most {share:.0%}"
            f" after the first two. Fewer than one honest principal in {1 / ALPHA:,.0f} is judged"
            " so."
        )
        convict(self._reporter, principal, words, now, key)
        reader.told = True
        if self._reporter.alarms.due(kind, key, principal, now):
            tell(
                self._reporter,
                kind,
                key,
                principal,
                now,
                words,
                false_alarm_rate=ALPHA,
                confidence=0.85,
                refuted_by=(
                    "Somebody whose work it is to look others up (support, a partner's batch), or"
                    " identifiers that reach people by mail, in links or from another service."
                ),
                subjects=reader.objects.cardinality,
                attempts=len(reader.asked),
            )

    def _reads_too_much(
        self, key: str, principal: str, reading: Reading, reader: Reader, now: float
    ) -> None:
        kind = DetectionKind.OBJECT_ACCESS
        reader.told = True
        count = reader.objects.cardinality
        words = (
            f"{count} different people's records or objects within a day, where one principal in"
            f" a thousand reads more than {reading.high:.0f}, and this one never"
            f" more than {reader.usual:.0f} before."
        )
        challenge(self._reporter, principal, words, now + HELD, key)
        if self._reporter.alarms.due(kind, key, principal, now):
            tell(
                self._reporter,
                kind,
                key,
                principal,
                now,
                words,
                level=Level.MEDIUM,
                false_alarm_rate=VOLUME_ALARMS,
                confidence=0.6,
                refuted_by="A new partner, a migration or a report that somebody ordered.",
                subjects=reader.objects.cardinality,
                attempts=len(reader.asked),
            )


def principal_of(caller: Caller) -> str:
    """The narrowest circle that a credential makes."""
    circles = caller.circles
    return circles[1] if circles[0].startswith("pass:") and len(circles) > 1 else circles[0]


def _asked(sighting: Sighting) -> list[int]:
    """The identifiers in path, query and body, as numbers."""
    found: list[int] = []
    if sighting.parameters:
        found = _identifiers(sighting.parameters)
    if sighting.query:
        found += _identifiers(sighting.query)
    content = sighting.request
    if content.value is not None or content.fields:
        found += _identifiers(content.candidates[0][:MAX_ASKED])
    return found


def _identifiers(leaves: tuple[Leaf, ...]) -> list[int]:
    return [hash(str(leaf.value).lower()) for leaf in leaves if may_identify(leaf.name, leaf.value)]


def _given(sighting: Sighting) -> list[int]:
    """The identifiers in the answer: in its body, and where it says what was created."""
    content, answer = sighting.response, sighting.exchange.response
    given: list[int] = []
    if content.value is not None:
        leaves = content.candidates[0]
        given = [hash(str(leaf.value).lower()) for leaf in leaves[:MAX_GIVEN]]
    if answer is not None and answer.status == 201:
        place = answer.headers.get(b"location")
        if place:
            given += [hash(part.lower()) for part in place.split("/")[-3:]]
    return given


HELP = DetectorHelp(
    kind=DetectionKind.OBJECT_ACCESS,
    title="A principal reads what is not its own",
    what="""\
For callers with a proven credential, per endpoint and day. First: identifiers used with success
that no answer ever gave this principal, by a sequential test against the share that is normal
here (people type identifiers in, and follow links from mails); the first two a day are free.
Second: more different people or objects than three times what one principal in a thousand reads,
and than three times what this one ever read. The first refuses the principal at this endpoint
for an hour, the second challenges it.""",
    evidence="""\
How many identifiers were used, how many of them never given; or how many were read, and what is
usual.""",
    errors="""\
The sequential test: 10^-6 per principal and day while honest people behave as learned; it is off
where more than 60 % of honest identifiers are typed in, and until twenty principals have spent
fifty days here together. A new colleague whose work is looking others up looks the same. Volume:
less than one day in a thousand, after a week and two hundred such days; a partner that begins then
looks the same. An attacker who reads only what he was given, or few a day, is not seen; identifiers
in the links of an answer are not read.""",
    refuted_by="""\
Somebody whose work it is to look others up (support, a partner's batch), or identifiers that reach
people by mail, in links or from another service. Exempt them by a measure.""",
    remedy="""\
Compare the object's owner with the token's subject, in the query itself:

```python
order = session.get(Order, order_id)
if order is None or order.owner_id != user.id:
    raise HTTPException(404)
```""",
    owasp="API1:2023",
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/Insecure_Direct_Object_Reference_Prevention_Cheat_Sheet.html",
    ),
)

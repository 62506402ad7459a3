"""Writes the record of an exchange: everything that is kept, redacted on the way in."""

from collections.abc import Sequence
from functools import lru_cache

from msgspec import Struct

from nightlatch.exchange.content import Content
from nightlatch.exchange.disclosure import DataItem, Disclosure, Subject
from nightlatch.exchange.exchange import NO_BODY, Body, Ending, Exchange, Request, Response
from nightlatch.exchange.judgement import Decision, Detection, Finding, Level
from nightlatch.exchange.mark import Mark
from nightlatch.exchange.places import Places, Sighting
from nightlatch.exchange.record import Message, Posture, Record
from nightlatch.exchange.redaction import Redactor
from nightlatch.exchange.signs import signs_in
from nightlatch.exchange.source import Part


class Judged(Struct, frozen=True, gc=False):
    """What the rooms said of one exchange."""

    decision: Decision
    disclosure: Disclosure
    posture: Posture
    level: Level
    reason: str
    findings: tuple[Finding, ...] = ()
    skipped: tuple[str, ...] = ()
    detections: tuple[Detection, ...] = ()
    items: tuple[DataItem, ...] = ()
    mark: Mark | None = None


class Seen(Struct, frozen=True, gc=False):
    """What was seen of a body on the one walk through it."""

    text: str = ""
    """What may be kept."""
    signs: int = 0
    """What it could hold (`signs.py`)."""
    sightings: Sequence[Sighting] | None = None
    """What of JSON is not known to be of no interest; None of other kinds."""


NOTHING_SEEN = Seen()


class Scribe:
    """Turns exchanges into records for one service."""

    def __init__(self, service: str, redactor: Redactor) -> None:
        self.service = service
        self._redactor = redactor

    def look(self, body: Body, content: Content, places: Places) -> Seen:
        """Read a body, taken apart as `content`, whose kind of message has these `places`."""
        if not body.data:
            return NOTHING_SEEN
        signs = signs_in(body.data)
        text, sightings = self._redactor.read(body, content, signs, places)
        return Seen(text, signs, sightings)

    def write(
        self,
        exchange: Exchange,
        answer: Response | None,
        asked: Seen,
        told: Seen,
        judged: Judged,
    ) -> Record:
        """The record. `answer` is what left, the application's or our own; `asked` and `told` are
        what was seen of the request's body and of this answer's."""
        request = exchange.request
        left = () if _withheld(exchange, answer, judged.decision) else judged.disclosure.disclosed
        credentials = exchange.credentials
        return Record(
            id=exchange.id,
            at=exchange.at,
            duration=exchange.duration,
            service=self.service,
            endpoint=exchange.endpoint.key,
            method=request.method,
            scheme=request.scheme,
            host=request.host,
            path=self._redactor.path(request.path, exchange.endpoint.template),
            query=self._redactor.query(request.query),
            status=answer.status if answer else 0,
            ending=exchange.ending,
            address=exchange.caller.address,
            circles=exchange.caller.circles,
            credential_kind=credentials[0].kind if credentials else None,
            credential_state=exchange.credential_state,
            level=judged.level,
            reason=judged.reason,
            decision=judged.decision,
            findings=judged.findings,
            skipped=judged.skipped,
            detections=judged.detections,
            items=judged.items,
            asked=_numbers(judged.disclosure.asked),
            disclosed=_numbers(left),
            hit=judged.disclosure.hit,
            posture=judged.posture,
            request=self._message(request, asked),
            response=self._message(answer, told) if answer else Message(),
            source=exchange.source.kind,
            source_name=exchange.source.name,
            unseen=_in_order(exchange.source.unseen),
            mark=judged.mark,
        )

    def _message(self, message: Request | Response, seen: Seen) -> Message:
        body = message.body
        headers = self._redactor.headers(message.headers)
        if body is NO_BODY:
            return Message(headers)
        return Message(headers, seen.text, body.size, body.truncated, body.fault)


def _withheld(exchange: Exchange, answer: Response | None, decision: Decision) -> bool:
    """Nothing of the application's answer left: it counts for nobody's exposure. Of a stream that
    was cut the beginning did leave."""
    if exchange.ending is Ending.REFUSED:
        refused = decision.withhold and answer is not None and answer.status == decision.status
        return refused or answer is None or answer.ours
    return decision.alters and decision.uniform


@lru_cache(256)
def _in_order(unseen: frozenset[Part]) -> tuple[Part, ...]:
    """A source's exchanges all say the same."""
    return tuple(sorted(unseen))


def _numbers(subjects: tuple[Subject, ...]) -> tuple[int, ...]:
    return tuple(int.from_bytes(subject.digest, "big") for subject in subjects)

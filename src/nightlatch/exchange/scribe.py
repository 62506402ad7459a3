"""Writes the record of an exchange: everything that is kept, redacted on the way in."""

from msgspec import Struct

from nightlatch.exchange.content import Content
from nightlatch.exchange.disclosure import DataItem, Disclosure, Subject
from nightlatch.exchange.exchange import NO_BODY, Exchange, Request, Response
from nightlatch.exchange.judgement import Decision, Detection, Finding, Level
from nightlatch.exchange.record import Message, Posture, Record
from nightlatch.exchange.redaction import Redactor


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
    answer_signs: int | None = None
    """Of the answer's body (`signs.py`); None where nobody has looked for them."""


class Scribe:
    """Turns exchanges into records for one service."""

    def __init__(self, service: str, redactor: Redactor) -> None:
        self._service = service
        self._redactor = redactor

    def write(
        self,
        exchange: Exchange,
        answer: Response | None,
        request: Content,
        response: Content,
        judged: Judged,
    ) -> Record:
        """The record. `answer` is what left, the application's or our own; `request` and `response`
        are the bodies of the exchange, taken apart."""
        asked = exchange.request
        left = () if _withheld(answer, judged.decision) else judged.disclosure.disclosed
        credentials = exchange.credentials
        return Record(
            id=exchange.id,
            at=exchange.at,
            duration=exchange.duration,
            service=self._service,
            endpoint=exchange.endpoint.key,
            method=asked.method,
            scheme=asked.scheme,
            host=asked.host,
            path=self._redactor.path(asked.path, exchange.endpoint.template),
            query=self._redactor.query(asked.query),
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
            request=self._message(asked, request),
            response=(
                self._message(answer, response, judged.answer_signs) if answer else Message()
            ),
        )

    def _message(
        self, message: Request | Response, content: Content, signs: int | None = None
    ) -> Message:
        body = message.body
        headers = self._redactor.headers(message.headers)
        if body is NO_BODY:
            return Message(headers)
        text = self._redactor.body(body, content, signs)
        return Message(headers, text, body.size, body.truncated, body.fault)


def _withheld(answer: Response | None, decision: Decision) -> bool:
    """Nothing of the application's answer left: it counts for nobody's exposure. Of a stream that
    was cut the beginning did leave, under the application's own status."""
    return decision.withhold and (answer is None or answer.status == decision.status)


def _numbers(subjects: tuple[Subject, ...]) -> tuple[int, ...]:
    return tuple(int.from_bytes(subject.digest, "big") for subject in subjects)

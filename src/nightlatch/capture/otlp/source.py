"""The door for OpenTelemetry: `/v1/traces`, `/v1/logs` and, for the sake of the answer,
`/v1/metrics`."""

from collections import Counter
from types import ModuleType

from starlette.responses import Response

from nightlatch.capture.http_source import HttpSource, Malformed, Reading, Sent, Taken, Unreadable
from nightlatch.capture.intake import Doorkeeper, Intake
from nightlatch.capture.otlp import plain, protobuf
from nightlatch.capture.otlp.answers import JSON, PROTOBUF, media_type, refusal, success
from nightlatch.capture.otlp.semantics import is_http, observed
from nightlatch.capture.otlp.telemetry import Damaged, Decoded, Signal, Undecodable
from nightlatch.capture.reception import Rejected
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import SourceKind

MAX_BODY = 16 << 20
"""Bytes, as they come and decoded. Collectors send batches of 8,192 spans, of 1 KB or so."""
AT_ONCE = 8

_DAMAGED = "not a span or a log record"
_NO_TARGET = "an HTTP span that does not say what was asked for"
_NO_METRICS = "Nightlatch keeps no metrics: send traces, and switch off the exporter of metrics."


class OtlpSource(HttpSource):
    def __init__(self, intake: Intake, doorkeeper: Doorkeeper) -> None:
        super().__init__(
            SourceKind.OTLP,
            [signal.value for signal in Signal],
            self._read_batch,
            intake,
            doorkeeper,
            answer=self._success,
            refusal=refusal,
            max_body=MAX_BODY,
            max_decoded=MAX_BODY,
            at_once=AT_ONCE,
        )
        self.ignored: Counter[Signal] = Counter()
        """What was taken and is no exchange: spans inside of an application and of its clients,
        the log records of everyday life, metrics."""

    def _read_batch(self, sent: Sent) -> Reading:
        signal, encoding = Signal(sent.path), _encoding(sent)
        if signal is Signal.METRICS:
            return Reading()
        try:
            read = encoding.read_traces if signal is Signal.TRACES else encoding.read_logs
            decoded: Decoded = read(sent.body)
        except Undecodable as error:
            raise Unreadable("not OTLP", str(error)) from error
        seen: list[Observed] = []
        malformed: list[Malformed] = []
        ignored = decoded.ignored
        for item in decoded.found:
            if isinstance(item, Damaged):
                malformed.append(Malformed(_DAMAGED, item.excerpt))
            elif not is_http(item):
                ignored += 1
            elif one := observed(item, sent.grant.name, sent.grant.service, sent.at):
                seen.append(one)
            else:
                malformed.append(Malformed(_NO_TARGET, ", ".join(item.attributes).encode()))
        self.ignored[signal] += ignored
        return Reading(seen, malformed)

    def _success(self, sent: Sent, taken: Taken) -> Response:
        signal, media = Signal(sent.path), _media(sent)
        if signal is Signal.METRICS:
            return self._without_metrics(sent, media)
        rejected = len(taken.malformed) + taken.lost
        if not rejected:
            return success(signal, media)
        reasons = sorted({one.reason for one in taken.malformed})
        if taken.lost:
            reasons.append("no room")
        return success(signal, media, rejected, f"Not taken: {'; '.join(reasons)}.")

    def _without_metrics(self, sent: Sent, media: str) -> Response:
        """Not 404: an SDK that sends all three signals would report an error each time, and one
        that tries again would never stop. Partial success says that it need not."""
        try:
            points = _encoding(sent).count_points(sent.body)
        except Undecodable as error:
            raise Unreadable("not OTLP", str(error)) from error
        self.ignored[Signal.METRICS] += points
        return success(Signal.METRICS, media, points, _NO_METRICS if points else "")


def _media(sent: Sent) -> str:
    return media_type(sent.headers.get(b"content-type"))


def _encoding(sent: Sent) -> ModuleType:
    media = _media(sent)
    if media == PROTOBUF:
        return protobuf
    if media == JSON:
        return plain
    detail = f"The content type is {media or 'missing'}; OTLP/HTTP is {PROTOBUF} or {JSON}."
    raise Rejected(415, "another content type", detail)

"""The door for OpenTelemetry: `/v1/traces`, `/v1/logs` and, for the sake of the answer,
`/v1/metrics`."""

from threading import Lock
from types import ModuleType

from starlette.responses import Response

from nightlatch.capture.http_source import HttpSource, Malformed, Reading, Sent, Taken, Unreadable
from nightlatch.capture.intake import Doorkeeper, Intake
from nightlatch.capture.otlp import plain, protobuf
from nightlatch.capture.otlp.answers import JSON, PROTOBUF, media_type, refusal, success
from nightlatch.capture.otlp.nesting import joined
from nightlatch.capture.otlp.semantics import is_http, observed
from nightlatch.capture.otlp.telemetry import (
    Damaged,
    Decoded,
    Signal,
    Telemetry,
    Undecodable,
)
from nightlatch.capture.reception import Rejected
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import SourceKind

MAX_BODY = 12 << 20
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
        self._alone = Lock()

    def _read_batch(self, sent: Sent) -> Reading:
        """Ignored are spans inside of an application and of its clients, the log records of
        everyday life, and metrics."""
        signal, encoding = _signal(sent), _encoding(sent)
        try:
            # One at a time: it is faster so, and what was made to be large is in memory once.
            with self._alone:
                if signal is Signal.METRICS:
                    return Reading(ignored=encoding.count_points(sent.body))
                read = encoding.read_traces if signal is Signal.TRACES else encoding.read_logs
                decoded: Decoded = read(sent.body)
        except Undecodable as error:
            raise Unreadable("not OTLP", str(error)) from error
        return _exchanges(decoded, sent)

    def _success(self, sent: Sent, taken: Taken) -> Response:
        signal, media = _signal(sent), _media(sent)
        if signal is Signal.METRICS:
            # Not 404: an SDK that sends all three signals would report an error each time, and one
            # that tries again would never stop. Partial success says that it need not.
            points = taken.ignored
            return success(signal, media, points, _NO_METRICS if points else "")
        rejected = len(taken.malformed) + taken.lost
        if not rejected:
            return success(signal, media)
        reasons = sorted({one.reason for one in taken.malformed})
        if taken.lost:
            reasons.append("no room")
        return success(signal, media, rejected, f"Not taken: {'; '.join(reasons)}.")


def _signal(sent: Sent) -> Signal:
    # A proxy may have put something before the path.
    return Signal(f"/v1/{sent.path.rpartition('/')[2]}")


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


def _exchanges(decoded: Decoded, sent: Sent) -> Reading:
    found = decoded.found
    malformed = [Malformed(_DAMAGED, one.excerpt) for one in found if isinstance(one, Damaged)]
    sound = [one for one in found if isinstance(one, Telemetry)]
    told = [one for one in sound if is_http(one)]
    if told and not told[0].is_log:
        told = joined(told)
    seen: list[Observed] = []
    for item in told:
        one = observed(item, sent.grant.name, sent.grant.service, sent.at)
        if one is None:
            malformed.append(Malformed(_NO_TARGET, ", ".join(item.attributes).encode()))
        else:
            seen.append(one)
    return Reading(seen, malformed, decoded.ignored + len(sound) - len(told))

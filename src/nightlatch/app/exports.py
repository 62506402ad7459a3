"""Live exports, from settings to running threads."""

import ssl
from collections.abc import Sequence

from nightlatch.exchange.incident import Alert
from nightlatch.respond.exports.destination import read_destinations
from nightlatch.respond.exports.exporter import Exporter
from nightlatch.respond.recorder import Recorder
from nightlatch.respond.ways import ExportSeen
from nightlatch.settings import Settings


class Exports:
    """Every destination of the settings, from now on. Raises OSError that tells what to do where
    the file of certificates cannot be read."""

    def __init__(self, settings: Settings, recorder: Recorder) -> None:
        tls = trusting(settings)
        self._exporters = [
            Exporter(one, recorder.subscribe(settings.exports.queue, lasting=True), tls=tls)
            for one in read_destinations(settings.exports.to)
        ]
        if self._exporters:
            recorder.inform(self)
            recorder.ways.exports = self.seen

    def seen(self) -> Sequence[ExportSeen]:
        """What became of the events, by destination."""
        return [_seen(one) for one in self._exporters]

    def notify(self, alert: Alert) -> None:
        for one in self._exporters:
            one.notify(alert)

    def stop(self) -> None:
        """Send what is there, for about two seconds."""
        for one in self._exporters:
            one.finish()
        for one in self._exporters:
            one.stop()


def _seen(one: Exporter) -> ExportSeen:
    counts = one.counts
    return ExportSeen(
        one.name, counts.sent, counts.lost, counts.unwanted, one.waiting, counts.trouble
    )


def trusting(settings: Settings) -> ssl.SSLContext | None:
    """Whom to believe over TLS; None for the system's authorities. Raises OSError."""
    if not settings.exports.authority:
        return None
    try:
        return ssl.create_default_context(cafile=settings.exports.authority)
    except OSError as error:
        raise OSError(
            f"cannot read the certificates in {settings.exports.authority} "
            f"({error.strerror or error}): NIGHTLATCH_EXPORTS_AUTHORITY=FILE"
        ) from error

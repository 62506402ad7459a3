"""What to tell a sender, so that it sends here: lines to paste, for each kind of source."""

from msgspec import Struct

from nightlatch.exchange.source import SourceKind
from nightlatch.respond.source_tokens import SENDING


class SenderSettings(Struct, frozen=True):
    title: str
    text: str
    """With the token in it."""

    def __repr__(self) -> str:
        return f"SenderSettings({self.title!r})"


def sender_settings(kind: SourceKind, url: str, token: str) -> SenderSettings:
    """For one of the kinds that send over HTTP, to the collector at `url`."""
    title, text = _SETTINGS[kind]
    return SenderSettings(title, text.format(url=url, token=token))


_SETTINGS = {
    SourceKind.TREBLLE: (
        "Treblle's SDK, as it is, with this place in Treblle's stead:",
        """\
debug endpoint / ingest URL   {url}/
sdk_token (x-api-key)         {token}
""",
    ),
    SourceKind.OTLP: (
        "OpenTelemetry, in the environment of the application:",
        """\
OTEL_EXPORTER_OTLP_ENDPOINT={url}
OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
OTEL_EXPORTER_OTLP_HEADERS=Authorization=Bearer%20{token}
OTEL_METRICS_EXPORTER=none
""",
    ),
    SourceKind.GELF: (
        "GELF over HTTP (over UDP and TCP there are no tokens: NIGHTLATCH_GELF_LISTEN):",
        """\
curl {url}/gelf -d @message.json \\
    -H 'Authorization: Bearer {token}'
""",
    ),
}
assert _SETTINGS.keys() == SENDING  # noqa: S101 - each kind that sends is told how

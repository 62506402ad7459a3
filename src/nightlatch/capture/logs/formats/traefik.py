"""Traefik. https://doc.traefik.io/traefik/observe/logs-and-access-logs/"""

from nightlatch.capture.logs import values as v
from nightlatch.capture.logs.json_lines import MAX_HEADERS, JsonLines, as_text, parsed
from nightlatch.capture.logs.log_format import LogFormat, pattern_format
from nightlatch.capture.logs.pattern import Field, Pattern, Shape
from nightlatch.capture.logs.values import Fault, Line, Unread

_BEST = """\
accessLog:
  filePath: /var/log/traefik/access.json
  format: json
  fields:
    headers:
      defaultMode: keep
      names:
        Authorization: redact
        Cookie: redact"""

TRAEFIK_CLF = pattern_format(
    "traefik",
    "Traefik",
    "Traefik's default text: the common format, then its own fields.",
    Pattern(
        (
            Field(v.PEER, Shape.ADDRESS), " - ", Field(v.USER), " [", Field(v.BEGAN), '] "',
            Field(v.REQUEST), '" ', Field(v.STATUS, Shape.STATUS), " ",
            Field(v.SENT, Shape.NUMBER), ' "', Field(v.REFERER), '" "', Field(v.USER_AGENT),
            '" ', Field(None, Shape.NUMBER), ' "', Field(None), '" "', Field(None), '" ',
            Field(v.MILLISECONDS, Shape.NUMBER), "ms",
        )
    ),
    '203.0.113.7 - - [18/Nov/2026:19:18:28 +0000] "GET /v1/users HTTP/1.1" 200 512 "-" '
    '"curl/8.5.0" 42 "shop@docker" "http://172.18.0.3:8000" 12ms',
    setup=_BEST,
)  # fmt: skip

_FIELDS = {
    v.PEER: ("ClientHost", "ClientAddr"),
    v.USER: ("ClientUsername",),
    v.BEGAN: ("StartUTC", "StartLocal", "time"),
    v.METHOD: ("RequestMethod",),
    v.TARGET: ("RequestPath",),
    v.HOST: ("RequestHost", "RequestAddr"),
    v.SCHEME: ("RequestScheme",),
    v.VERSION: ("RequestProtocol",),
    v.STATUS: ("DownstreamStatus",),
    v.SENT: ("DownstreamContentSize",),
    v.RECEIVED: ("RequestContentSize",),
    v.NANOSECONDS: ("Duration",),
}
_PREFIXES = (("request_", v.REQUEST_HEADER), ("downstream_", v.RESPONSE_HEADER))


class TraefikLines:
    """Headers are there as they were configured: `request_User-Agent`, and so on."""

    def __init__(self) -> None:
        self._json = JsonLines(_FIELDS, instead=True)

    def read(self, text: str) -> Line:
        """Raises Unread."""
        told = parsed(text)
        if "RequestMethod" not in told:
            raise Unread(Fault.SHAPE)
        line = self._json.line(told)
        for name, value in list(told.items())[:MAX_HEADERS]:
            for prefix, meaning in _PREFIXES:
                if name.startswith(prefix) and (written := as_text(value)) is not None:
                    header = name.removeprefix(prefix).lower()
                    if header.isascii():
                        line.values[meaning + header] = written
        return line


TRAEFIK_JSON = LogFormat(
    "traefik-json",
    "Traefik",
    "Traefik's JSON: the headers that are kept, and nothing of the bodies.",
    (
        '{"ClientAddr":"203.0.113.7:53122","ClientHost":"203.0.113.7","ClientUsername":"-",'
        '"DownstreamContentSize":512,"DownstreamStatus":200,"Duration":12345678,"RequestAddr":'
        '"shop.example","RequestContentSize":0,"RequestHost":"shop.example","RequestMethod":"GET",'
        '"RequestPath":"/v1/users?q=1","RequestProtocol":"HTTP/2.0","RequestScheme":"https",'
        '"RouterName":"shop@docker","StartUTC":"2026-11-18T19:18:28.123456789Z",'
        '"request_User-Agent":"curl/8.5.0","level":"info","msg":"","time":'
        '"2026-11-18T19:18:28Z"}',
    ),
    TraefikLines,
    setup=_BEST,
)

TRAEFIK = (TRAEFIK_CLF, TRAEFIK_JSON)

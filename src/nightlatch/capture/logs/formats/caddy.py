"""Caddy: structured access logs. https://caddyserver.com/docs/caddyfile/directives/log"""

from typing import Any

from nightlatch.capture.logs import values as v
from nightlatch.capture.logs.json_lines import JsonLines, parsed
from nightlatch.capture.logs.log_format import LogFormat
from nightlatch.capture.logs.values import Fault, Line, Unread

_FIELDS = {
    v.PEER: ("request.remote_ip", "request.remote_addr"),
    v.USER: ("user_id",),
    v.ENDED: ("ts",),
    v.METHOD: ("request.method",),
    v.TARGET: ("request.uri",),
    v.HOST: ("request.host",),
    v.VERSION: ("request.proto",),
    v.STATUS: ("status",),
    v.SENT: ("size",),
    v.RECEIVED: ("bytes_read",),
    v.SECONDS: ("duration",),
}
_HEADERS = {
    v.REQUEST_HEADER: ("request.headers",),
    v.RESPONSE_HEADER: ("resp_headers",),
}


class CaddyLines:
    """All headers are there; those that prove who asks are masked, unless `log_credentials` says
    otherwise."""

    def __init__(self) -> None:
        self._json = JsonLines(_FIELDS, instead=True, headers=_HEADERS, whole_headers=True)

    def read(self, text: str) -> Line:
        """Raises Unread."""
        told = parsed(text)
        asked = told.get("request")
        if not isinstance(asked, dict) or "uri" not in asked:
            raise Unread(Fault.SHAPE)
        line = self._json.line(told)
        line.values[v.SCHEME] = _scheme(asked)
        return line


def _scheme(asked: dict[str, Any]) -> str:
    """Caddy tells of TLS where there was some."""
    return "https" if asked.get("tls") else "http"


CADDY = LogFormat(
    "caddy",
    "Caddy",
    "Caddy's JSON access log, one object a line: everything but the bodies, and credentials only "
    "masked.",
    (
        '{"level":"info","ts":1646861401.5241024,"logger":"http.log.access","msg":"handled '
        'request","request":{"remote_ip":"127.0.0.1","remote_port":"41342","client_ip":'
        '"127.0.0.1","proto":"HTTP/2.0","method":"GET","host":"localhost","uri":"/v1/users?q=1",'
        '"headers":{"User-Agent":["curl/7.82.0"],"Accept":["*/*"],"Authorization":["REDACTED"]},'
        '"tls":{"resumed":false,"version":772,"cipher_suite":4865,"proto":"h2","server_name":'
        '"example.com"}},"bytes_read":0,"user_id":"","duration":0.000929675,"size":10900,"status":'
        '200,"resp_headers":{"Server":["Caddy"],"Content-Type":["application/json"]}}',
    ),
    CaddyLines,
    setup="log {\n\toutput file /var/log/caddy/access.json\n\tformat json\n}",
)

"""Envoy and Istio.
https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage"""

from nightlatch.capture.logs import values as v
from nightlatch.capture.logs.envoy_language import aborted, envoy_pattern
from nightlatch.capture.logs.json_lines import JsonLines, parsed
from nightlatch.capture.logs.log_format import LogFormat, pattern_format
from nightlatch.capture.logs.values import Fault, Line, Unread

_TEXT = (
    '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" '
    "%RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% "
    '%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" '
    '"%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"'
)
_ISTIO = (
    '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" '
    "%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "
    '"%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED% %BYTES_SENT% %DURATION% '
    '%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" '
    '"%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%" %UPSTREAM_CLUSTER_RAW% '
    "%UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% "
    "%REQUESTED_SERVER_NAME% %ROUTE_NAME%"
)
_BEST = """\
access_log:
- name: envoy.access_loggers.file
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
    path: /dev/stdout
    log_format:
      json_format:
        start_time: "%START_TIME%"
        method: "%REQ(:METHOD)%"
        path: "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%"
        scheme: "%REQ(:SCHEME)%"
        authority: "%REQ(:AUTHORITY)%"
        protocol: "%PROTOCOL%"
        response_code: "%RESPONSE_CODE%"
        response_flags: "%RESPONSE_FLAGS%"
        bytes_received: "%BYTES_RECEIVED%"
        bytes_sent: "%BYTES_SENT%"
        duration: "%DURATION%"
        downstream_remote_address: "%DOWNSTREAM_REMOTE_ADDRESS%"
        x_forwarded_for: "%REQ(X-FORWARDED-FOR)%"
        user_agent: "%REQ(USER-AGENT)%\""""

ENVOY_TEXT = pattern_format(
    "envoy",
    "Envoy",
    "Envoy's default text. The client is the last address in X-Forwarded-For.",
    envoy_pattern(_TEXT),
    '[2026-04-15T20:17:00.310Z] "POST /api/v1/locations HTTP/2" 204 - 154 0 226 100 "10.0.35.28" '
    '"nsq2http" "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2" "locations" "tcp://10.0.2.1:80"',
    setup=_BEST,
)

ISTIO_TEXT = pattern_format(
    "istio",
    "Istio",
    "Istio's default text: Envoy's, with why and between which addresses.",
    envoy_pattern(_ISTIO),
    '[2026-11-25T21:26:18.409Z] "GET /status/418 HTTP/1.1" 418 - via_upstream - "-" 0 135 3 1 "-" '
    '"curl/8.5.0" "84961386-6d84-929d-98bd-c5aee93b5c88" "httpbin:8000" "127.0.0.1:80" '
    "inbound|8000|| 127.0.0.1:41854 10.44.1.27:80 10.44.1.23:37652 "
    "outbound_.8000_._.httpbin.foo.svc.cluster.local default",
    setup=_BEST,
)

_FIELDS = {
    v.PEER: (
        "downstream_remote_address", "downstream_remote_address_without_port",
        "downstream_direct_remote_address",
    ),
    v.BEGAN: ("start_time",),
    v.METHOD: ("method",),
    v.TARGET: ("path", "x_envoy_original_path"),
    v.SCHEME: ("scheme",),
    v.HOST: ("authority", ":authority"),
    v.VERSION: ("protocol",),
    v.STATUS: ("response_code",),
    v.GONE: ("response_flags",),
    v.SENT: ("bytes_sent",),
    v.RECEIVED: ("bytes_received",),
    v.MILLISECONDS: ("duration",),
    v.FORWARDED_FOR: ("x_forwarded_for",),
    v.USER_AGENT: ("user_agent",),
    v.REFERER: ("referer",),
    v.REQUEST_HEADER + "x-request-id": ("request_id",),
}  # fmt: skip


class EnvoyLines:
    """Which keys there are is the operator's choice; these are Istio's and the manual's."""

    def __init__(self) -> None:
        self._json = JsonLines(_FIELDS, instead=True)

    def read(self, text: str) -> Line:
        """Raises Unread."""
        told = parsed(text)
        if "response_code" not in told or "start_time" not in told:
            raise Unread(Fault.SHAPE)
        line = self._json.line(told)
        if v.GONE in line.values:
            line.values[v.GONE] = aborted(line.values[v.GONE])
        return line


ENVOY_JSON = LogFormat(
    "envoy-json",
    "Envoy, Istio",
    "Envoy's `json_format` with the names that Istio and the manual use.",
    (
        (
            '{"start_time":"2026-04-15T20:17:00.310Z","method":"GET","path":"/v1/users?q=1",'
            '"protocol":"HTTP/1.1","response_code":200,"response_flags":"-","bytes_received":0,'
            '"bytes_sent":512,"duration":12,"x_forwarded_for":"203.0.113.7","user_agent":"curl/8.5.0",'
            '"request_id":"cc21d9b0","authority":"shop.example","upstream_host":"10.0.2.1:80",'
            '"downstream_remote_address":"10.0.35.28:41234"}'
        ),
    ),
    EnvoyLines,
    setup=_BEST,
)

ENVOY = (ENVOY_TEXT, ISTIO_TEXT, ENVOY_JSON)

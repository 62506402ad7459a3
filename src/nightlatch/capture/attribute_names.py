"""Which name of a structured log holds which part of an exchange.

OpenTelemetry's and ECS' names, the variables of nginx, the JSON access logs of Envoy and Traefik,
and the plain names that people give. What they mean is said in the vocabulary of access logs.
"""

import re

from msgspec import Struct

from nightlatch.capture.logs import values as v

REQUEST_BODY = "request-body"
RESPONSE_BODY = "response-body"
SPAN = "span"
DURATION = "duration"
"""Without a unit: whose it is tells which."""
TRAEFIK = "traefik"
ENVOY = "envoy"
"""What is there in logs of Traefik and Envoy alone."""

MEANINGS = {
    **v.MEANINGS,
    REQUEST_BODY: "the body of the request",
    RESPONSE_BODY: "the body of the answer",
}
"""What an owner may give names to, in words."""

NAMES: dict[str, tuple[str, ...]] = {
    v.METHOD: (
        "http_request_method", "http_method", "request_method", "requestmethod", "cs_method",
        "method", "verb",
    ),
    v.REQUEST: ("request", "request_line", "http_request"),
    v.TARGET: (
        "url_full", "url_original", "request_uri", "http_target", "http_url", "requestpath",
        "request_url", "cs_uri", "uri", "url",
    ),
    v.PATH: (
        "url_path", "x_envoy_original_path", "http_path", "request_path", "cs_uri_stem", "path",
    ),
    v.QUERY: (
        "url_query", "query_string", "http_query", "request_query", "cs_uri_query", "args", "query",
    ),
    v.SCHEME: ("url_scheme", "http_scheme", "requestscheme", "request_scheme", "scheme"),
    v.HOST: (
        "http_host", "url_domain", "requesthost", "request_host", "authority", "server_address",
        "cs_host", "vhost", "server_name", "host", "domain",
    ),
    v.STATUS: (
        "http_response_status_code", "http_status_code", "downstreamstatus", "response_code",
        "response_status", "status_code", "http_status", "sc_status", "status",
    ),
    v.PEER: (
        "client_address", "client_ip", "remote_addr", "clienthost", "clientaddr", "source_ip",
        "downstream_remote_address", "network_peer_address", "client_addr", "remote_address",
        "remote_ip", "c_ip", "src_ip", "clientip", "client",
    ),
    v.VERSION: (
        "network_protocol_version", "server_protocol", "http_version", "requestprotocol",
        "protocol", "cs_version",
    ),
    v.USER_AGENT: (
        "user_agent_original", "http_user_agent", "user_agent", "useragent", "cs_user_agent",
        "request_user_agent",
    ),
    v.REFERER: (
        "http_request_referrer", "http_referer", "referer", "referrer", "cs_referer",
        "request_referer",
    ),
    v.FORWARDED_FOR: (
        "http_x_forwarded_for", "x_forwarded_for", "request_x_forwarded_for", "xff",
    ),
    v.ROUTE: ("http_route", "route_template", "route_pattern"),
    v.USER: (
        "enduser_id", "user_id", "user_name", "remote_user", "clientusername", "cs_username",
    ),
    v.SERVICE: (
        "service_name", "service", "application_name", "app_name", "application", "app",
        "container_name",
    ),
    SPAN: ("span_kind",),
    REQUEST_BODY: ("http_request_body_content", "http_request_body"),
    RESPONSE_BODY: ("http_response_body_content", "http_response_body"),
    v.RECEIVED: (
        "http_request_body_size", "http_request_body_bytes", "requestcontentsize", "bytes_received",
        "request_length",
    ),
    v.SENT: (
        "http_response_body_size", "http_response_body_bytes", "downstreamcontentsize",
        "body_bytes_sent", "bytes_sent", "response_size", "sc_bytes",
    ),
    v.SECONDS: ("request_time", "duration_s", "duration_seconds", "elapsed_seconds"),
    v.MILLISECONDS: (
        "duration_ms", "request_time_ms", "response_time_ms", "elapsed_ms", "latency_ms",
        "time_taken",
    ),
    v.MICROSECONDS: ("duration_us", "request_time_us"),
    v.NANOSECONDS: ("event_duration", "duration_ns"),
    DURATION: ("duration",),
    TRAEFIK: ("originduration",),
    ENVOY: ("response_flags",),
}  # fmt: skip
"""Names by what they hold, the most telling first."""

_HEADERS = (
    (v.REQUEST_HEADER, re.compile(r"http_request_headers?_(.+)")),
    (v.REQUEST_HEADER, re.compile(r"request_(x_.+|authorization|cookie|content_type|accept)")),
    (v.RESPONSE_HEADER, re.compile(r"http_response_headers?_(.+)")),
    (v.RESPONSE_HEADER, re.compile(r"downstream_(x_.+|content_type)")),
)


class Meaning(Struct, frozen=True):
    value: str = ""
    """What the name holds; empty: nothing known."""
    rank: int = 0
    """Of several names that hold the same the lowest counts."""


KNOWN: dict[str, Meaning] = {
    name: Meaning(value, rank)
    for value, names in NAMES.items()
    for rank, name in enumerate(names, 1)
}


def plain(name: str) -> str:
    """The spelling under which names compare."""
    return name.lower().replace(".", "_").replace("-", "_").lstrip("_")


def header_meaning(name: str) -> Meaning:
    """Of a plain name that is in no table: that of a header, or none."""
    for beginning, pattern in _HEADERS:
        if matched := pattern.fullmatch(name):
            return Meaning(beginning + matched[1].replace("_", "-"), 1)
    return Meaning()

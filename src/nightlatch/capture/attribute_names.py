"""Which name of a structured log holds which part of an exchange.

OpenTelemetry's and ECS' names, the variables of nginx, the JSON access logs of Envoy and Traefik,
and the plain names that people give.
"""

import re

from msgspec import Struct

NAMES: dict[str, tuple[str, ...]] = {
    "method": (
        "http_request_method", "http_method", "request_method", "requestmethod", "cs_method",
        "method", "verb",
    ),
    "request": ("request", "request_line", "http_request"),
    "url": (
        "url_full", "url_original", "request_uri", "http_target", "http_url", "requestpath",
        "request_url", "uri", "url",
    ),
    "path": (
        "url_path", "x_envoy_original_path", "http_path", "request_path", "cs_uri_stem", "path",
    ),
    "query": (
        "url_query", "query_string", "http_query", "request_query", "cs_uri_query", "args", "query",
    ),
    "scheme": ("url_scheme", "http_scheme", "requestscheme", "request_scheme", "scheme"),
    "host": (
        "http_request_header_host", "http_host", "url_domain", "requesthost", "request_host",
        "authority", "server_address", "cs_host", "vhost", "server_name", "host", "domain",
    ),
    "status": (
        "http_response_status_code", "http_status_code", "downstreamstatus", "response_code",
        "response_status", "status_code", "http_status", "sc_status", "status",
    ),
    "client": (
        "client_address", "client_ip", "remote_addr", "clienthost", "clientaddr", "source_ip",
        "downstream_remote_address", "network_peer_address", "client_addr", "remote_address",
        "remote_ip", "c_ip", "src_ip", "clientip", "client",
    ),
    "version": (
        "network_protocol_version", "server_protocol", "http_version", "requestprotocol",
        "protocol", "cs_version",
    ),
    "agent": (
        "user_agent_original", "http_user_agent", "user_agent", "useragent", "cs_user_agent",
        "request_user_agent",
    ),
    "referer": (
        "http_request_referrer", "http_referer", "referer", "referrer", "cs_referer",
        "request_referer",
    ),
    "forwarded": (
        "http_x_forwarded_for", "x_forwarded_for", "request_x_forwarded_for", "xff",
    ),
    "route": ("http_route", "route_template", "route_pattern"),
    "user": (
        "enduser_id", "user_id", "user_name", "remote_user", "clientusername", "cs_username",
    ),
    "service": (
        "service_name", "service", "application_name", "app_name", "application", "app",
        "container_name",
    ),
    "span": ("span_kind",),
    "request_body": ("http_request_body_content", "http_request_body"),
    "response_body": ("http_response_body_content", "http_response_body"),
    "request_size": (
        "http_request_body_size", "http_request_body_bytes", "requestcontentsize", "bytes_received",
        "request_length",
    ),
    "response_size": (
        "http_response_body_size", "http_response_body_bytes", "downstreamcontentsize",
        "body_bytes_sent", "bytes_sent", "response_size", "sc_bytes",
    ),
    "duration_s": ("request_time", "duration_s", "duration_seconds", "elapsed_seconds"),
    "duration_ms": (
        "duration_ms", "request_time_ms", "response_time_ms", "elapsed_ms", "latency_ms",
        "time_taken",
    ),
    "duration_us": ("duration_us", "request_time_us"),
    "duration_ns": ("event_duration", "duration_ns"),
    "duration": ("duration",),
    "traefik": ("originduration",),
    "envoy": ("response_flags",),
}  # fmt: skip
"""Names by what they hold, the most telling first. "traefik" and "envoy" hold what tells the unit
of a bare "duration": nanoseconds, milliseconds."""

_REQUEST_HEADER = re.compile(r"http_request_headers?_(.+)|request_((?:x_|authorization|cookie).*)")
_RESPONSE_HEADER = re.compile(r"http_response_headers?_(.+)|downstream_(x_.+|content_type)")


class Meaning(Struct, frozen=True):
    part: str = ""
    """What the name holds; empty: nothing known."""
    rank: int = 0
    header: bytes = b""
    """The header's name, where the part is "in" (of the request) or "out"."""


def plain(name: str) -> str:
    """The spelling under which names compare."""
    return name.lower().replace(".", "_").replace("-", "_").lstrip("_")


def header_meaning(name: str) -> Meaning:
    """Of a plain name that is in no table."""
    for part, pattern in (("in", _REQUEST_HEADER), ("out", _RESPONSE_HEADER)):
        if matched := pattern.fullmatch(name):
            field = next(group for group in matched.groups() if group)
            return Meaning(part, 0, field.replace("_", "-").encode("latin-1", "replace"))
    return Meaning()

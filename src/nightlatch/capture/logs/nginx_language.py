"""nginx's `log_format` (ngx_http_log_module): text with `$variables`."""

import re

from nightlatch.capture.logs import values as v
from nightlatch.capture.logs.pattern import Field, FormatFault, Pattern, Shape

_VARIABLE = re.compile(r"\$(?:\{([a-z0-9_]+)\}|([a-z0-9_]+))")
_DIRECTIVE = re.compile(r"\s*log_format\s+[\w.-]+\s+(?:escape=\w+\s+)?(.*?)\s*;?\s*", re.DOTALL)
_STRING = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""")

_VARIABLES: dict[str, Field] = {
    "remote_addr": Field(v.PEER, Shape.ADDRESS),
    "realip_remote_addr": Field(None, Shape.ADDRESS),
    "remote_user": Field(v.USER),
    "time_local": Field(v.ENDED),
    "time_iso8601": Field(v.ENDED),
    "msec": Field(v.ENDED, Shape.NUMBER),
    "request": Field(v.REQUEST),
    "request_method": Field(v.METHOD, Shape.WORD),
    "request_uri": Field(v.TARGET, Shape.WORD, begins="/"),
    "uri": Field(v.PATH, begins="/"),
    "document_uri": Field(v.PATH, begins="/"),
    "is_args": Field(None, Shape.MARK),
    "args": Field(v.QUERY),
    "query_string": Field(v.QUERY),
    "scheme": Field(v.SCHEME, Shape.WORD),
    "host": Field(v.HOST, Shape.WORD),
    "server_name": Field(None, Shape.WORD),
    "server_protocol": Field(v.VERSION, Shape.WORD),
    "status": Field(v.STATUS, Shape.STATUS),
    "body_bytes_sent": Field(v.SENT, Shape.NUMBER),
    "bytes_sent": Field(None, Shape.NUMBER),
    "content_length": Field(v.RECEIVED, Shape.NUMBER),
    "request_length": Field(None, Shape.NUMBER),
    "request_time": Field(v.SECONDS, Shape.DECIMAL),
    "upstream_addr": Field(None, Shape.LIST),
    "upstream_status": Field(None, Shape.LIST),
    "upstream_response_time": Field(None, Shape.LIST),
    "upstream_connect_time": Field(None, Shape.LIST),
    "upstream_header_time": Field(None, Shape.LIST),
    "upstream_response_length": Field(None, Shape.LIST),
    "upstream_bytes_received": Field(None, Shape.LIST),
    "upstream_bytes_sent": Field(None, Shape.LIST),
    "upstream_cache_status": Field(None, Shape.WORD),
    "http_x_forwarded_for": Field(v.FORWARDED_FOR, Shape.LIST),
    "proxy_add_x_forwarded_for": Field(None, Shape.LIST),
    "content_type": Field(v.REQUEST_HEADER + "content-type"),
    "connection": Field(None, Shape.NUMBER),
    "connection_requests": Field(None, Shape.NUMBER),
    "pid": Field(None, Shape.NUMBER),
    "server_port": Field(None, Shape.NUMBER),
    "remote_port": Field(None, Shape.NUMBER),
}
_PREFIXES = {
    "http_": v.REQUEST_HEADER,
    "sent_http_": v.RESPONSE_HEADER,
    "cookie_": v.COOKIE,
}


def nginx_pattern(text: str) -> Pattern:
    """From a format string, or the whole `log_format` directive. Raises FormatFault."""
    parts: list[str | Field] = []
    end = 0
    text = _format_of(text)
    for found in _VARIABLE.finditer(text):
        parts += [text[end : found.start()], _field(found[1] or found[2])]
        end = found.end()
    if not parts:
        raise FormatFault("there is no $variable in it")
    return Pattern([*parts, text[end:]])


def _format_of(text: str) -> str:
    directive = _DIRECTIVE.fullmatch(text)
    if directive is None:
        return text
    strings = _STRING.findall(directive[1])
    if not strings:
        raise FormatFault("the log_format directive holds no quoted string")
    return "".join(re.sub(r"\\(.)", r"\1", single or double) for single, double in strings)


def _field(variable: str) -> Field:
    known = _VARIABLES.get(variable)
    if known is not None:
        return known
    for prefix, meaning in _PREFIXES.items():
        if variable.startswith(prefix):
            name = variable.removeprefix(prefix)
            # A header's hyphens are underscores in nginx's names; of a cookie they are its own.
            return Field(meaning + (name if meaning == v.COOKIE else name.replace("_", "-")))
    return Field(None)

"""Amazon: API Gateway and CloudFront."""

import re
from typing import Any
from urllib.parse import unquote_to_bytes

from nightlatch.capture.logs import values as v
from nightlatch.capture.logs.delimited import Delimited
from nightlatch.capture.logs.json_lines import JsonLines, as_text, parsed
from nightlatch.capture.logs.log_format import LogFormat
from nightlatch.capture.logs.pattern import Field, Pattern, Shape
from nightlatch.capture.logs.values import Fault, Line, Unread

_IDS = Field(None, expression=r'[^\s"]++(?: [^\s"]++)?')
"""Of the request; the newer template has two."""

_TIME = Field(v.BEGAN, expression=r"[0-9]{2}/[A-Za-z]{3}/[0-9]{4}:[^,]++")
"""Ten columns with commas are many a table."""

_GATEWAY_SETUP = """\
{"requestId":"$context.requestId","ip":"$context.identity.sourceIp",\
"user":"$context.authorizer.principalId","requestTimeEpoch":"$context.requestTimeEpoch",\
"httpMethod":"$context.httpMethod","path":"$context.path","resourcePath":"$context.resourcePath",\
"domainName":"$context.domainName","protocol":"$context.protocol","status":"$context.status",\
"responseLength":"$context.responseLength","responseLatency":"$context.responseLatency",\
"userAgent":"$context.identity.userAgent"}"""


class GatewayText:
    """The template names the resource, and not the path that was asked for."""

    _pattern = Pattern(
        (
            Field(v.PEER, Shape.ADDRESS), " ", Field(None), " ", Field(v.USER), " [",
            Field(v.BEGAN), "]", Field(None, Shape.BLANK), '"', Field(v.METHOD, Shape.WORD), " ",
            Field(v.ROUTE, Shape.WORD), " ", Field(v.VERSION), '" ', Field(v.STATUS, Shape.STATUS),
            " ", Field(v.SENT, Shape.NUMBER), " ", _IDS,
        )
    )  # fmt: skip

    def read(self, text: str) -> Line:
        """Raises Unread."""
        return _with_path(self._pattern.read(text))


class GatewayColumns(GatewayText):
    """The same values with commas between."""

    _pattern = Pattern(
        (
            Field(v.PEER, Shape.ADDRESS), ",", Field(None), ",", Field(v.USER), ",", _TIME, ",",
            Field(v.METHOD), ",", Field(v.ROUTE), ",", Field(v.VERSION), ",",
            Field(v.STATUS, Shape.STATUS), ",", Field(v.SENT, Shape.NUMBER), ",", Field(None),
        )
    )  # fmt: skip


_GATEWAY_FIELDS = {
    v.PEER: ("ip", "sourceIp", "identity.sourceIp"),
    v.USER: ("user", "caller", "authorizer.principalId", "principalId"),
    v.BEGAN: ("requestTimeEpoch", "requestTime"),
    v.METHOD: ("httpMethod",),
    v.TARGET: ("path", "rawPath"),
    v.HOST: ("domainName",),
    v.VERSION: ("protocol",),
    v.STATUS: ("status",),
    v.SENT: ("responseLength",),
    v.MILLISECONDS: ("responseLatency",),
    v.ROUTE: ("resourcePath", "routeKey"),
    v.USER_AGENT: ("userAgent",),
}


class GatewayLines:
    """docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html"""

    def __init__(self) -> None:
        self._json = JsonLines(_GATEWAY_FIELDS, instead=True)

    def read(self, text: str) -> Line:
        """Raises Unread."""
        told = self._told(text)
        if "httpMethod" not in told or not {"resourcePath", "routeKey", "path"} & told.keys():
            raise Unread(Fault.SHAPE)
        line = self._json.line(told)
        return _with_path(line)

    def _told(self, text: str) -> dict[str, Any]:
        return parsed(text)


class GatewayTags(GatewayLines):
    """The XML template. Nothing in it is escaped, so that it is no XML to rely on: a value ends at
    the next "<"."""

    _tag = re.compile(r"<([A-Za-z]{1,40})>([^<]*+)</\1>")

    def _told(self, text: str) -> dict[str, Any]:
        if not text.startswith("<request "):
            raise Unread(Fault.SHAPE)
        return dict(self._tag.findall(text))


def _with_path(line: Line) -> Line:
    """Where only the resource is told, it stands for the path."""
    values = line.values
    if v.TARGET not in values and v.ROUTE in values:
        values[v.PATH] = values[v.ROUTE].rpartition(" ")[2]
    return line


API_GATEWAY = LogFormat(
    "aws-api-gateway",
    "AWS API Gateway",
    "The CLF template of API Gateway's stages.",
    (
        (
            '203.0.113.7 - - [18/Nov/2026:19:18:28 +0000]"GET /users/{id} HTTP/1.1" 200 512 '
            "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
        ),
    ),
    GatewayText,
    setup=_GATEWAY_SETUP,
)
API_GATEWAY_JSON = LogFormat(
    "aws-api-gateway-json",
    "AWS API Gateway",
    "The JSON template of API Gateway's stages, REST or HTTP.",
    (
        (
            '{"requestId":"c6af9ac6","ip":"203.0.113.7","caller":"-","user":"-","requestTime":'
            '"18/Nov/2026:19:18:28 +0000","httpMethod":"GET","resourcePath":"/users/{id}","status":'
            '"200","protocol":"HTTP/1.1","responseLength":"512","path":"/prod/users/4711",'
            '"domainName":"api.shop.example"}'
        ),
    ),
    GatewayLines,
    setup=_GATEWAY_SETUP,
)


API_GATEWAY_CSV = LogFormat(
    "aws-api-gateway-csv",
    "AWS API Gateway",
    "The CSV template of API Gateway's stages.",
    (
        (
            "203.0.113.7,-,-,18/Nov/2026:19:18:28 +0000,GET,/users/{id},HTTP/1.1,200,512,"
            "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
        ),
    ),
    GatewayColumns,
    setup=_GATEWAY_SETUP,
)
API_GATEWAY_XML = LogFormat(
    "aws-api-gateway-xml",
    "AWS API Gateway",
    "The XML template of API Gateway's stages.",
    (
        (
            '<request id="c6af9ac6"> <ip>203.0.113.7</ip> <caller>-</caller> <user>-</user> '
            "<requestTime>18/Nov/2026:19:18:28 +0000</requestTime> <httpMethod>GET</httpMethod> "
            "<resourcePath>/users/{id}</resourcePath> <status>200</status> "
            "<protocol>HTTP/1.1</protocol> <responseLength>512</responseLength> </request>"
        ),
    ),
    GatewayTags,
    setup=_GATEWAY_SETUP,
)


def _unquoted(text: str) -> str:
    return unquote_to_bytes(text.encode("latin-1", "replace")).decode("latin-1")


def _cloudfront() -> Delimited:
    return Delimited(
        separator="\t",
        renamed={"cs(host)": v.HOST},
        undo=_unquoted,
        requires=frozenset(("x-edge-location", "x-edge-request-id")),
    )


class CloudfrontObjects:
    """The columns as members of an object."""

    def __init__(self) -> None:
        self._columns = _cloudfront()

    def read(self, text: str) -> Line:
        """Raises Unread."""
        told = parsed(text)
        if "x-edge-request-id" not in told and "x-edge-location" not in told:
            raise Unread(Fault.SHAPE)
        return self._columns.named(
            {
                name: written
                for name, value in told.items()
                if (written := as_text(value)) is not None
            }
        )


_CLOUDFRONT_SETUP = "Standard logging of the distribution; cookies only where it says so."
CLOUDFRONT = LogFormat(
    "aws-cloudfront",
    "Amazon CloudFront",
    "Standard logs of a distribution: columns between tabs, named by their `#Fields` line.",
    (
        "#Version: 1.0",
        ("#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem "
        "sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type "
        "x-edge-request-id "
        "x-host-header cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher "
        "x-edge-response-result-type cs-protocol-version"),
        "\t".join(
            (
                "2026-12-04", "21:02:31", "LAX1", "392", "192.0.2.100", "GET",
                "d111111abcdef8.cloudfront.net", "/v1/users", "200", "-",
                "Mozilla/5.0%20(Windows%20NT%2010.0)", "q=1", "-", "Hit", "SOX4xwn4XV6Q4rgb",
                "api.shop.example", "https", "23", "0.001", "-", "TLSv1.3",
                "TLS_AES_128_GCM_SHA256", "Hit", "HTTP/2.0",
            )
        ),
    ),
    _cloudfront,
    setup=_CLOUDFRONT_SETUP,
)  # fmt: skip
CLOUDFRONT_JSON = LogFormat(
    "aws-cloudfront-json",
    "Amazon CloudFront",
    "The same as JSON, as standard logging (v2) delivers it.",
    (
        (
            '{"date":"2026-12-04","time":"21:02:31","x-edge-location":"LAX1","sc-bytes":"392",'
            '"c-ip":"192.0.2.100","cs-method":"GET","cs(Host)":"d111111abcdef8.cloudfront.net",'
            '"cs-uri-stem":"/v1/users","sc-status":"200","cs(Referer)":"-",'
            '"cs(User-Agent)":"Mozilla/5.0%20(Windows%20NT%2010.0)","cs-uri-query":"q=1",'
            '"cs(Cookie)":"-","x-edge-request-id":"SOX4xwn4XV6Q4rgb","cs-protocol":"https",'
            '"x-host-header":"api.shop.example","time-taken":"0.001","x-forwarded-for":"-",'
            '"cs-protocol-version":"HTTP/2.0"}'
        ),
    ),
    CloudfrontObjects,
    setup=_CLOUDFRONT_SETUP,
)

AWS = (
    CLOUDFRONT, CLOUDFRONT_JSON, API_GATEWAY, API_GATEWAY_CSV, API_GATEWAY_JSON, API_GATEWAY_XML,
)  # fmt: skip

"""Amazon: API Gateway and CloudFront."""

from urllib.parse import unquote_to_bytes

from nightlatch.capture.logs import values as v
from nightlatch.capture.logs.delimited import Delimited
from nightlatch.capture.logs.json_lines import JsonLines, parsed
from nightlatch.capture.logs.log_format import LogFormat
from nightlatch.capture.logs.pattern import Field, Pattern, Shape
from nightlatch.capture.logs.values import Fault, Line, Unread

_WORD = Field(None, Shape.WORD)


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
            " ", Field(v.SENT, Shape.NUMBER), " ", _WORD,
        )
    )  # fmt: skip

    def read(self, text: str) -> Line:
        """Raises Unread."""
        return _with_path(self._pattern.read(text))


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
        told = parsed(text)
        if "httpMethod" not in told or not {"resourcePath", "routeKey", "path"} & told.keys():
            raise Unread(Fault.SHAPE)
        line = self._json.line(told)
        return _with_path(line)


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


def _unquoted(text: str) -> str:
    return unquote_to_bytes(text.encode("latin-1", "replace")).decode("latin-1")


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
    lambda: Delimited(
        separator="\t",
        renamed={"cs(host)": v.HOST},
        undo=_unquoted,
        requires=frozenset(("x-edge-location", "x-edge-request-id")),
    ),
    setup="Standard logging of the distribution; cookies only where it says so.",
)  # fmt: skip

AWS = (CLOUDFRONT, API_GATEWAY, API_GATEWAY_JSON)

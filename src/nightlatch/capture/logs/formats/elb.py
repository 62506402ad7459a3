"""Amazon's Elastic Load Balancers: Application, Classic and Network."""

import re
from contextlib import suppress

from nightlatch.capture.logs import values as v
from nightlatch.capture.logs.log_format import LogFormat
from nightlatch.capture.logs.pattern import Field, Pattern, Shape
from nightlatch.capture.logs.values import Fault, Line, Unread, Values

_WORD = Field(None, Shape.WORD)
_NUMBER = Field(None, Shape.NUMBER)
_PARTS = ("first", "second", "third")
_TIMES = (
    Field(_PARTS[0], Shape.NUMBER), " ", Field(_PARTS[1], Shape.NUMBER), " ",
    Field(_PARTS[2], Shape.NUMBER), " ",
)  # fmt: skip


def _join_times(values: Values) -> None:
    """How long it took is in three parts, each -1 where it did not come so far."""
    parts = [values.pop(name) for name in _PARTS]
    values[v.SECONDS] = "-" if "-1" in parts else ",".join(parts)


class AlbLines:
    """docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html"""

    _pattern = Pattern(
        (
            _WORD, " ", Field(v.ENDED, Shape.WORD), " ", _WORD, " ", Field(v.PEER, Shape.WORD), " ",
            _WORD, " ", *_TIMES, Field(v.STATUS, Shape.STATUS), " ", _WORD, " ",
            _NUMBER, " ", Field(v.SENT, Shape.NUMBER), ' "',
            Field(v.REQUEST), '" "', Field(v.USER_AGENT), '" ', Field("rest"),
        )
    )  # fmt: skip
    _created = Pattern(('"', Field(None), '" "', Field(None), '" "', Field(None), '" ', _NUMBER,
                        " ", Field(v.BEGAN, Shape.WORD), " ", Field("rest")))  # fmt: skip

    def read(self, text: str) -> Line:
        """Raises Unread."""
        line = self._pattern.read(text)
        values = line.values
        _join_times(values)
        rest = values.pop("rest").partition(" ")[2].partition(" ")[2].partition(" ")[2]
        # Old lines are from before there was a creation time.
        with suppress(Unread):
            values[v.BEGAN] = self._created.read(rest).values[v.BEGAN]
        return line


class ElbLines:
    """docs.aws.amazon.com/elasticloadbalancing/latest/classic/access-log-collection.html

    Listeners for TCP write the same columns, and "- - - " for the request."""

    _pattern = Pattern(
        (
            Field(v.BEGAN, Shape.WORD), " ", _WORD, " ", Field(v.PEER, Shape.WORD), " ", _WORD, " ",
            *_TIMES, Field(v.STATUS, Shape.STATUS), " ", _WORD, " ",
            Field(v.RECEIVED, Shape.NUMBER), " ", Field(v.SENT, Shape.NUMBER), ' "',
            Field(v.REQUEST), '" "', Field(v.USER_AGENT), '" ', _WORD, " ", _WORD,
        )
    )  # fmt: skip

    def read(self, text: str) -> Line:
        """Raises Unread."""
        line = self._pattern.read(text)
        request = line.values[v.REQUEST]
        if request.startswith("- "):
            raise Unread(Fault.NO_REQUEST)
        _join_times(line.values)
        return line


class NlbLines:
    """docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-access-logs.html

    They are understood so far that nobody wonders why nothing is read from them."""

    _pattern = re.compile(r"tls [12]\.\d \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S{0,8} net/\S.*", re.ASCII)

    def read(self, text: str) -> Line:
        """Raises Unread, always."""
        raise Unread(Fault.NO_REQUEST if self._pattern.fullmatch(text) else Fault.SHAPE)


ALB = LogFormat(
    "aws-alb",
    "AWS Application Load Balancer",
    "Access logs of an Application Load Balancer, as they lie in S3.",
    (
        (
            "https 2026-07-02T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 "
            "192.168.131.39:2817 10.0.0.1:80 0.086 0.048 0.037 200 200 0 57 "
            '"GET https://www.example.com:443/v1/users?q=1 HTTP/1.1" "curl/7.46.0" '
            "ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 "
            "arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2"
            ' "Root=1-58337281-1d84f3d73c47ec4e58577259" "www.example.com" '
            '"arn:aws:acm:us-east-2:123456789012:certificate/12345678" 1 '
            '2026-07-02T22:22:48.364000Z "authenticate,forward" "-" "-" "10.0.0.1:80" "200" "-" '
            '"-" TID_dc57cebed65b444ebc8177bb698fe166'
        ),
    ),
    AlbLines,
    setup="Attribute access_logs.s3.enabled = true of the load balancer.",
)
ELB = LogFormat(
    "aws-elb",
    "AWS Classic Load Balancer",
    "Access logs of a Classic Load Balancer with an HTTP or HTTPS listener.",
    (
        (
            "2026-05-13T23:39:43.945958Z my-loadbalancer 192.168.131.39:2817 10.0.0.1:80 0.000086 "
            '0.001048 0.001337 200 200 0 57 "GET https://www.example.com:443/v1/users?q=1 HTTP/1.1"'
            ' "curl/7.38.0" DHE-RSA-AES128-SHA TLSv1.2'
        ),
    ),
    ElbLines,
    setup="Access logs of the load balancer, every 5 minutes.",
)
NLB = LogFormat(
    "aws-nlb",
    "AWS Network Load Balancer",
    "TLS connections of a Network Load Balancer. There is no request in them: import the logs of "
    "what stands behind it.",
    (
        (
            "tls 2.0 2026-12-20T02:59:40 net/my-network-loadbalancer/c6e77e28c25b2234 "
            "g3d4b5e8bb8464cd 72.21.218.154:51341 172.100.100.185:443 5 2 98 246 - "
            "arn:aws:acm:us-east-2:671290407336:certificate/2a108f19-aded-46b0-8493-c63eb1ef4a99 - "
            "ECDHE-RSA-AES128-SHA tlsv12 - my-lb.elb.us-east-2.amazonaws.com h2 h2 "
            '"h2","http/1.1" 2026-12-20T02:59:30'
        ),
    ),
    NlbLines,
)

ELASTIC = (ALB, ELB, NLB)

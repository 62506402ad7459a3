"""Every format, the most particular first: where several fit, the first one is meant."""

from nightlatch.capture.logs.formats.apache import APACHE
from nightlatch.capture.logs.formats.aws import AWS
from nightlatch.capture.logs.formats.caddy import CADDY
from nightlatch.capture.logs.formats.elb import ELASTIC
from nightlatch.capture.logs.formats.envoy import ENVOY
from nightlatch.capture.logs.formats.haproxy import HAPROXY
from nightlatch.capture.logs.formats.json import JSON
from nightlatch.capture.logs.formats.nginx import NGINX
from nightlatch.capture.logs.formats.traefik import TRAEFIK
from nightlatch.capture.logs.formats.w3c import IIS, W3C
from nightlatch.capture.logs.log_format import LogFormat

FORMATS: tuple[LogFormat, ...] = (
    *TRAEFIK,
    *ELASTIC,
    *AWS,
    *ENVOY,
    CADDY,
    *HAPROXY,
    *APACHE,
    *NGINX,
    IIS,
    W3C,
    JSON,
)

_BY_ID = {each.id: each for each in FORMATS}
if len(_BY_ID) != len(FORMATS):
    raise AssertionError("two formats share an id")


def format_by_id(name: str) -> LogFormat | None:
    return _BY_ID.get(name)

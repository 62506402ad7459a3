"""HAProxy. https://docs.haproxy.org/2.6/configuration.html, section 8.2"""

from nightlatch.capture.logs.haproxy_language import haproxy_pattern
from nightlatch.capture.logs.log_format import pattern_format

_HTTP = (
    "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc "
    "%sq/%bq %hr %hs %{+Q}r"
)
_HTTPS = (
    f"{_HTTP} %[fc_err]/%[ssl_fc_err,hex]/%[ssl_c_err]/%[ssl_c_ca_err]/%[ssl_fc_is_resumed] "
    "%[ssl_fc_sni]/%sslv/%sslc"
)
_CLF = (
    '%ci - - [%T] "%r" %ST %B "" "" %cp %ms "%ft" "%b" "%s" %TR %Tw %Tc %Tr %Ta %tsc '
    "%ac %fc %bc %sc %rc %sq %bq %[captured]"
)
_BEST = """\
log-format '{"time":"%Ts.%ms","peer":"%ci","method":"%HM","uri":"%[capture.req.uri,json(utf8s)]",'\
'"protocol":"%HV","status":"%ST","bytes":"%B","duration_ms":"%Ta",'\
'"host":"%[var(txn.host),json(utf8s)]","user_agent":"%[var(txn.agent),json(utf8s)]"}'
http-request set-var(txn.host) req.hdr(host)
http-request set-var(txn.agent) req.hdr(user-agent)"""

HAPROXY_HTTPS = pattern_format(
    "haproxy-https",
    "HAProxy",
    "`option httpslog`: httplog, and what there is to say of TLS.",
    haproxy_pattern(_HTTPS),
    "10.0.1.2:33317 [06/Feb/2026:12:14:14.655] https-in~ static/srv1 10/0/30/69/109 200 2750 - - "
    '---- 1/1/1/1/0 0/0 "GET /index.html HTTP/1.1" 0/0/0/0/0 shop.example/TLSv1.3/'
    "TLS_AES_256_GCM_SHA384",
    setup=_BEST,
    zone=False,
)
HAPROXY_HTTP = pattern_format(
    "haproxy",
    "HAProxy",
    "`option httplog`, with or without a syslog header. No headers but captured ones, whose names "
    "it does not write: name them, as in `--format 'haproxy{Host|User-Agent}{Content-Type}'`.",
    haproxy_pattern(_HTTP),
    "Feb  6 12:14:14 localhost haproxy[14389]: 10.0.1.2:33317 [06/Feb/2026:12:14:14.655] http-in "
    "static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} "
    '"GET /index.html HTTP/1.1"',
    setup=_BEST,
    zone=False,
)
HAPROXY_CLF = pattern_format(
    "haproxy-clf",
    "HAProxy",
    "`option httplog clf`: the common format, then HAProxy's own fields.",
    haproxy_pattern(_CLF),
    '10.0.1.2 - - [06/Feb/2026:12:14:14 +0000] "GET / HTTP/1.1" 200 2750 "" "" 33317 655 '
    '"http-in" "static" "srv1" 10 0 30 69 109 "----" 1 1 1 1 0 0 0 "" ""',
    setup=_BEST,
)

CAPTURING = {"haproxy": (HAPROXY_HTTP, _HTTP), "haproxy-https": (HAPROXY_HTTPS, _HTTPS)}
"""Formats that may have captured headers in them, and how they are written."""
CAPTURED = "%hr %hs "

HAPROXY = (HAPROXY_HTTPS, HAPROXY_HTTP, HAPROXY_CLF)

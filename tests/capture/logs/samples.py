# ruff: noqa: E501 -- one line of a log is one string, however long
"""Lines as real software wrote them, and what they say.

From the manuals of each, and from servers that were run; addresses are documentation's.
"""

from typing import NamedTuple

from nightlatch.capture.logs.values import Fault


class Sample(NamedTuple):
    format: str
    lines: tuple[str, ...]
    """The last one is meant; those before it are directives."""
    says: dict[str, object]
    """Attributes of the exchange: `path`, `status`, `header:NAME`...; or the `fault`, where it is
    none."""


AT = 1795029508.0
"""18 November 2026, 19:18:28 UTC."""

SAMPLES = (
    Sample(
        "nginx-combined",
        (
            ('203.0.113.7 - - [18/Nov/2026:20:18:28 +0100] "GET /v1/users/49151?full=1 HTTP/1.1" '
            '200 512 "https://shop.example/" "Mozilla/5.0 (X11; Linux x86_64)"'),
        ),
        {
            "at": AT, "client": "203.0.113.7", "method": "GET", "path": "/v1/users/49151",
            "query": "full=1", "version": "1.1", "status": 200, "size": 512, "user": "",
            "header:referer": "https://shop.example/",
            "header:user-agent": "Mozilla/5.0 (X11; Linux x86_64)",
        },
    ),
    Sample(
        "nginx-combined",
        (
            ('2001:db8::1 - ada lovelace [18/Nov/2026:19:18:28 +0000] "POST /a%20b HTTP/2.0" 499 0 '
            r'"-" "\x22quoted\x22 \xC3\xA9\x5C"'),
        ),
        {
            "client": "2001:db8::1", "user": "ada lovelace", "path": "/a b", "version": "2",
            "status": None, "ending": "client-gone", "header:user-agent": '"quoted" Ã©\\',
            "header:referer": None,
        },
    ),
    Sample(
        "nginx-combined",
        (
            ('203.0.113.7 - - [18/Nov/2026:19:18:28 +0000] "GET http://other.example:8080/x?y HTTP/1.1"'
            ' 404 5 "-" "-"'),
        ),
        {"scheme": "http", "host": "other.example:8080", "path": "/x", "query": "y"},
    ),
    Sample(
        "nginx-combined",
        (
            ('203.0.113.7 - - [18/Nov/2026:19:18:28 +0000] "CONNECT mail.example:25 HTTP/1.1"'
            ' 405 5 "-" "-"'),
        ),
        {"method": "CONNECT", "host": "mail.example:25", "path": "", "scheme": ""},
    ),
    Sample(
        "nginx-combined",
        ('203.0.113.7 - - [18/Nov/2026:19:18:28 +0000] "OPTIONS * HTTP/1.1" 200 0 "-" "-"',),
        {"method": "OPTIONS", "path": "*"},
    ),
    Sample(
        "nginx-combined",
        ('203.0.113.7 - - [18/Nov/2026:19:18:28 +0000] "GET /old" 200 0 "-" "-"',),
        {"path": "/old", "version": "0.9"},
    ),
    Sample(
        "nginx-combined",
        ('203.0.113.7 - - [18/Nov/2026:19:18:28 +0000] "GET /a b c HTTP/1.1" 400 0 "-" "-"',),
        {"path": "/a b c"},
    ),
    Sample(
        "nginx-main",
        (
            ('10.0.0.5 - - [18/Nov/2026:19:18:28 +0000] "GET / HTTP/1.1" 304 0 "-" "okhttp/4.12.0" '
            '"203.0.113.7, 10.0.0.9"'),
        ),
        {"client": "10.0.0.5", "header:x-forwarded-for": "203.0.113.7, 10.0.0.9", "status": 304},
    ),
    Sample(
        "nginx-timed",
        (
            ('203.0.113.7 - - [18/Nov/2026:19:18:28 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8.5.0" '
            "0.500"),
        ),
        {"duration": 0.5, "at": AT - 0.5},
    ),
    Sample(
        "nginx-host",
        (
            ('shop.example 203.0.113.7 - - [18/Nov/2026:19:18:28 +0000] "GET / HTTP/1.1" 200 5 "-" '
            '"curl/8.5.0"'),
        ),
        {"host": "shop.example"},
    ),
    Sample(
        "nginx-host-timed",
        (
            ('203.0.113.7 - - [18/Nov/2026:19:18:28 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8.5.0" '
            '"shop.example" 0.012'),
        ),
        {"host": "shop.example", "duration": 0.012},
    ),
    Sample(
        "nginx-main-timed",
        (
            ('203.0.113.7 - - [18/Nov/2026:19:18:28 +0000] "GET / HTTP/1.1" 502 150 "-" "curl/8.5.0"'
            ' "-" 0.140 0.120, 0.020 : 0.000'),
        ),
        {"duration": 0.14, "status": 502, "header:x-forwarded-for": None},
    ),
    Sample(
        "nginx-ingress",
        (
            ('192.168.64.1 - - [18/Nov/2026:19:18:28 +0000] "GET /v1/users HTTP/1.1" 200 1024 "-" '
            '"curl/7.88.1" 85 0.004 [default-shop-80] [] 10.244.0.7:8080, 10.244.0.8:8080 0, 1024 '
            "0.001, 0.003 502, 200 3f1e0a9f6d2f4cbb8a7d3d1f5c1e9b20"),
        ),
        {"duration": 0.004, "size": 1024, "client": "192.168.64.1"},
    ),
    Sample(
        "common",
        (
            '127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326',
        ),
        {"at": 971211336.0, "user": "frank", "version": "1.0", "size": 2326},
    ),
    Sample(
        "apache-vhost",
        (
            ('shop.example:443 203.0.113.7 - - [18/Nov/2026:19:18:28 +0000] "GET /a\\"b HTTP/1.1" '
            r'404 5 "-" "say \"hi\"\t\x7f"'),
        ),
        {
            "host": "shop.example", "path": '/a"b', "status": 404,
            "header:user-agent": 'say "hi"\t\x7f',
        },
    ),
    Sample(
        "apache-timed",
        (
            ('203.0.113.7 - - [18/Nov/2026:19:18:28 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8.5.0" '
            "12345"),
        ),
        {"duration": 0.012345, "at": AT},
    ),
    Sample(
        "caddy",
        (
            ('{"level":"info","ts":1795029508.5,"logger":"http.log.access.log0","msg":"handled '
            'request","request":{"remote_ip":"203.0.113.7","remote_port":"41342","client_ip":'
            '"203.0.113.7","proto":"HTTP/2.0","method":"PUT","host":"shop.example","uri":'
            '"/v1/users/7?x=1","headers":{"User-Agent":["curl/7.82.0"],"Cookie":["REDACTED"],'
            '"X-Two":["a","b"]},"tls":{"version":772,"proto":"h2"}},"bytes_read":12,"user_id":'
            '"ada","duration":0.5,"size":100,"status":201,"resp_headers":{"Server":["Caddy"],'
            '"Set-Cookie":["REDACTED"]}}'),
        ),
        {
            "at": AT, "duration": 0.5, "user": "ada", "scheme": "https", "host": "shop.example",
            "method": "PUT", "path": "/v1/users/7", "query": "x=1", "status": 201, "size": 100,
            "header:cookie": "REDACTED", "headers:x-two": ["a", "b"],
            "unseen": {"request-body", "response-body", "secrets"},
        },
    ),
    Sample(
        "caddy",
        (
            ('{"ts":"2026-11-18T19:18:28Z","request":{"remote_ip":"203.0.113.7","proto":"HTTP/1.1",'
            '"method":"GET","host":"shop.example","uri":"/","headers":{"Authorization":["Bearer '
            'x"]}},"duration":0,"size":0,"status":401,"resp_headers":{}}'),
        ),
        {
            "scheme": "http", "header:authorization": "Bearer x",
            "unseen": {"request-body", "response-body"},
        },
    ),
    Sample(
        "envoy",
        (
            ('[2026-11-18T19:18:28.000Z] "POST /api/v1/locations?a=b HTTP/2" 204 - 154 0 226 100 '
            '"203.0.113.7, 10.0.35.28" "nsq2http" "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2" '
            '"locations" "tcp://10.0.2.1:80"'),
        ),
        {
            "at": AT, "client": "10.0.35.28", "host": "locations", "duration": 0.226,
            "query": "a=b", "header:x-request-id": "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2",
        },
    ),
    Sample(
        "envoy",
        (
            '[2026-11-18T19:18:28.000Z] "GET / HTTP/1.1" 0 DC 0 0 12 - "-" "curl/8" "-" "-" "-"',
        ),
        {"status": None, "ending": "client-gone", "client": "", "unseen+": {"client"}},
    ),
    Sample(
        "envoy-json",
        (
            ('{"authority":"shop.example","bytes_received":0,"bytes_sent":512,"duration":12,'
            '"method":"GET","path":"/v1/users?q=1","protocol":"HTTP/2","request_id":"cc21",'
            '"response_code":200,"response_flags":"-","start_time":"2026-11-18T19:18:28.000Z",'
            '"upstream_host":"10.0.2.1:80","user_agent":"curl/8.5.0","x_forwarded_for":null,'
            '"downstream_remote_address":"[2001:db8::1]:41234"}'),
        ),
        {"at": AT, "client": "2001:db8::1", "version": "2", "query": "q=1", "duration": 0.012},
    ),
    Sample(
        "traefik",
        (
            ('203.0.113.7 - - [18/Nov/2026:19:18:28 +0000] "GET /v1/users HTTP/2.0" 200 512 "-" "-" '
            '42 "shop@docker" "http://172.18.0.3:8000" 12ms'),
        ),
        {"duration": 0.012, "version": "2", "header:user-agent": None},
    ),
    Sample(
        "traefik-json",
        (
            ('{"ClientAddr":"203.0.113.7:53122","ClientHost":"203.0.113.7","ClientUsername":"-",'
            '"DownstreamContentSize":512,"DownstreamStatus":200,"Duration":12345678,"RequestHost":'
            '"shop.example","RequestMethod":"GET","RequestPath":"/v1/users?q=1","RequestProtocol":'
            '"HTTP/2.0","RequestScheme":"https","StartUTC":"2026-11-18T19:18:28.25Z",'
            '"request_User-Agent":"curl/8.5.0","downstream_Content-Type":"application/json"}'),
        ),
        {
            "at": AT + 0.25, "duration": 0.012345678, "scheme": "https", "user": "",
            "header:user-agent": "curl/8.5.0", "answer:content-type": "application/json",
        },
    ),
    Sample(
        "haproxy",
        (
            ("Nov 18 19:18:28 localhost haproxy[14389]: 10.0.1.2:33317 [18/Nov/2026:19:18:28.655] "
            "http-in~ static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu|} {x} "
            '"GET /index.html?q HTTP/1.1"'),
        ),
        {
            "at": AT + 0.655, "client": "10.0.1.2", "scheme": "https", "duration": 0.109,
            "path": "/index.html", "query": "q",
        },
    ),
    Sample(
        "haproxy",
        (
            ("2001:db8::1:33317 [18/Nov/2026:19:18:28.655] http-in static/<NOSRV> -1/-1/-1/-1/12 -1 "
            '0 - - CR-- 1/1/1/1/0 0/0 "GET /a#22b HTTP/1.1"'),
        ),
        {
            "client": "2001:db8::1", "scheme": "http", "status": None, "ending": "client-gone",
            "path": '/a"b',
        },
    ),
    Sample(
        "haproxy{Host|User-Agent|Accept}{Content-Type}",
        (
            ("10.0.1.2:33317 [18/Nov/2026:19:18:28.655] http-in static/srv1 10/0/30/69/109 200 2750 "
            "- - ---- 1/1/1/1/0 0/0 {shop.example|curl#7C8 #7Bx#7D|} {application/json} "
            '"GET /index.html?q HTTP/1.1"'),
        ),
        {
            # What a client puts in of "|" and braces is its own, and moves nothing.
            "host": "shop.example", "header:user-agent": "curl|8 {x}", "header:accept": None,
            "answer:content-type": "application/json", "query": "q",
        },
    ),
    Sample(
        "haproxy{Host|User-Agent}",
        (
            ("10.0.1.2:33317 [18/Nov/2026:19:18:28.655] http-in http-in/<NOSRV> -1/-1/-1/-1/0 400 0 "
            '- - PR-- 1/1/0/0/0 0/0 "<BADREQ>"'),
        ),
        {"fault": Fault.NO_REQUEST},
    ),
    Sample(
        "haproxy-https{}{Content-Type}",
        (
            ("10.0.1.2:33317 [18/Nov/2026:19:18:28.655] https-in~ static/srv1 10/0/30/69/109 200 "
            '2750 - - ---- 1/1/1/1/0 0/0 {text/html} "GET https://shop.example/ HTTP/2.0" 0/0/0/0/0 '
            "shop.example/TLSv1.3/TLS_AES_256_GCM_SHA384"),
        ),
        {"host": "shop.example", "answer:content-type": "text/html"},
    ),
    Sample(
        "haproxy-https",
        (
            ("10.0.1.2:33317 [18/Nov/2026:19:18:28.655] https-in~ static/srv1 10/0/30/69/109 200 "
            '2750 - - ---- 1/1/1/1/0 0/0 "GET https://shop.example/ HTTP/2.0" 0/0/0/0/0 '
            "shop.example/TLSv1.3/TLS_AES_256_GCM_SHA384"),
        ),
        {"host": "shop.example", "scheme": "https", "version": "2"},
    ),
    Sample(
        "haproxy-clf",
        (
            ('10.0.1.2 - - [18/Nov/2026:19:18:28 +0000] "GET / HTTP/1.1" 200 2750 "" "" 33317 655 '
            '"http-in" "static" "srv1" 10 0 30 69 109 "----" 1 1 1 1 0 0 0 "" ""'),
        ),
        {"at": AT, "duration": 0.109, "scheme": "http"},
    ),
    Sample(
        "aws-alb",
        (
            ("h2 2026-11-18T19:18:28.000000Z app/my-loadbalancer/50dc6c495c0c9188 203.0.113.7:2817 "
            '10.0.0.66:9000 0.125 0.25 0.125 200 200 5 257 "GET https://10.0.2.105:773/u?p=1 '
            'HTTP/2.0" "curl/7.46.0" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elastic '
            '"Root=1-58337327-72bd00b0343d75b906739c42" "-" "-" 1 2026-11-18T19:18:27.500000Z '
            '"redirect" "https://example.com:80/" "-" "10.0.0.66:9000" "200" "-" "-" TID_1'),
        ),
        {
            "at": AT - 0.5, "duration": 0.5, "client": "203.0.113.7", "host": "10.0.2.105:773",
            "path": "/u", "version": "2", "size": 257,
        },
    ),
    Sample(
        "aws-alb",
        (
            ("http 2026-11-18T19:18:28.000000Z app/lb/1 203.0.113.7:2817 - -1 -1 -1 460 - 34 0 "
            '"GET http://www.example.com:80/ HTTP/1.1" "curl/7.46.0" - - - "Root=1" "-" "-" 0 '
            '2026-11-18T19:18:28.000000Z "forward" "-" "-" "-" "-" "-" "-" TID_1'),
        ),
        {"status": None, "ending": "client-gone", "unseen+": {"duration"}},
    ),
    Sample(
        "aws-elb",
        (
            ("2026-11-18T19:18:28.000000Z my-loadbalancer 203.0.113.7:2817 10.0.0.1:80 0.125 0.25 "
            '0.125 200 200 12 57 "GET https://www.example.com:443/u?p=1 HTTP/1.1" "curl/7.38.0" '
            "DHE-RSA-AES128-SHA TLSv1.2"),
        ),
        {
            "at": AT, "duration": 0.5, "client": "203.0.113.7", "host": "www.example.com:443",
            "path": "/u", "query": "p=1", "size": 57, "header:user-agent": "curl/7.38.0",
        },
    ),
    Sample(
        "aws-elb",
        (
            ("2026-11-18T19:18:28.000000Z my-loadbalancer 203.0.113.7:2817 - -1 -1 -1 504 0 0 0 "
            '"GET http://www.example.com:80/ HTTP/1.1" "-" - -'),
        ),
        {"status": 504, "unseen+": {"duration"}, "header:user-agent": None},
    ),
    Sample(
        "aws-elb",
        (
            ("2026-11-18T19:18:28.000000Z my-loadbalancer 203.0.113.7:2817 10.0.0.1:80 0.001 0.002 "
            '0.001 - - 82 305 "- - - " "-" - -'),
        ),
        {"fault": Fault.NO_REQUEST},
    ),
    Sample(
        "aws-nlb",
        (
            ("tls 2.0 2026-11-18T19:18:28 net/my-lb/c6e77e28c25b2234 g3d4b5e8bb8464cd "
            "203.0.113.7:51341 172.100.100.185:443 5 2 98 246 - - - ECDHE-RSA-AES128-SHA tlsv12 - "
            "shop.example h2 h2 - 2026-11-18T19:18:23"),
        ),
        {"fault": Fault.NO_REQUEST},
    ),
    Sample(
        "aws-api-gateway",
        (
            ('203.0.113.7 - ada [18/Nov/2026:19:18:28 +0000]"GET /users/{id} HTTP/1.1" 200 512 '
            "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"),
        ),
        {"at": AT, "route": "/users/{id}", "path": "/users/{id}", "user": "ada"},
    ),
    Sample(
        "aws-api-gateway-json",
        (
            ('{"requestId":"c6af9ac6","ip":"203.0.113.7","requestTimeEpoch":"1795029508000",'
            '"httpMethod":"GET","routeKey":"GET /users/{id}","path":"/prod/users/7","status":"200",'
            '"protocol":"HTTP/1.1","responseLength":"512","responseLatency":"250"}'),
        ),
        {"at": AT, "route": "/users/{id}", "path": "/prod/users/7", "duration": 0.25},
    ),
    Sample(
        "aws-cloudfront",
        (
            "#Version: 1.0",
            ("#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem "
            "sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type "
            "x-edge-request-id x-host-header cs-protocol cs-bytes time-taken x-forwarded-for "
            "ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version"),
            ("2026-11-18\t19:18:28\tLAX1\t392\t192.0.2.100\tGET\td111.cloudfront.net\t/v1/u%2520x\t"
            "200\t-\tMozilla/5.0%20(Windows)\tq=1\t-\tHit\tSOX4\tapi.shop.example\thttps\t23\t"
            "0.250\t-\tTLSv1.3\tTLS_AES_128_GCM_SHA256\tHit\tHTTP/2.0"),
        ),
        {
            "at": AT - 0.25, "host": "api.shop.example", "scheme": "https", "query": "q=1",
            "header:user-agent": "Mozilla/5.0 (Windows)", "client": "192.0.2.100",
        },
    ),
    Sample(
        "iis",
        (
            "#Software: Microsoft Internet Information Services 10.0",
            ("#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip "
            "cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken"),
            ("2026-11-18 19:18:28 10.0.0.4 GET /v1/users q=1 443 CORP\\ada 203.0.113.7 "
            "Mozilla/5.0+(Windows+NT+10.0) - 200 0 0 500"),
        ),
        {
            "at": AT - 0.5, "duration": 0.5, "user": "CORP\\ada", "query": "q=1",
            "header:user-agent": "Mozilla/5.0 (Windows NT 10.0)",
        },
    ),
    Sample(
        "w3c",
        (
            "#Fields: date time c-ip cs-method cs-uri sc-status sc-bytes time-taken cs(User-Agent)",
            "2026-11-18 19:18:28 203.0.113.7 GET /v1/users?q=1 200 512 0.500 curl/8.5.0",
        ),
        {"at": AT - 0.5, "duration": 0.5, "path": "/v1/users", "query": "q=1"},
    ),
    Sample(
        "json",
        (
            ('{"@timestamp":"2026-11-18T19:18:28.000Z","client.ip":"203.0.113.7","http":{"request":'
            '{"method":"GET"},"response":{"status_code":200,"body":{"bytes":512}}},"url":{"path":'
            '"/v1/users","query":"q=1","scheme":"https","domain":"shop.example"},"user_agent":'
            '{"original":"cürl"},"event":{"duration":500000000},"service":{"name":"shop"}}'),
        ),
        {
            "at": AT, "duration": 0.5, "host": "shop.example", "size": 512, "service": "shop",
            "header:user-agent": "cürl".encode().decode("latin-1"),
        },
    ),
    Sample(
        "json",
        (
            ('{"Timestamp":1795029508000000000,"attributes":{"http.request.method":"GET","url.path":'
            '"/v1/users/7","url.query":"a=b","http.response.status_code":404,"http.route":'
            '"/v1/users/{id}","client.address":"203.0.113.7","url.scheme":"http"}}'),
        ),
        {"at": AT, "route": "/v1/users/{id}", "status": 404, "query": "a=b"},
    ),
    Sample(
        "json",
        (
            ('{"time_local":"18/Nov/2026:19:18:28 +0000","remote_addr":"203.0.113.7","request":"GET '
            '/x HTTP/1.1","status":"200","body_bytes_sent":"5","request_time":"0.5",'
            '"http_user_agent":"curl/8"}'),
        ),
        {"path": "/x", "duration": 0.5, "header:user-agent": "curl/8"},
    ),
    Sample(
        "json",
        (
            ('{"timestamp":"2026-11-18T19:18:28Z","httpRequest":{"requestMethod":"GET","requestUrl":'
            '"https://shop.example/x?q=1","status":200,"responseSize":"512","userAgent":"curl",'
            '"remoteIp":"203.0.113.7","latency":"0.5s","protocol":"HTTP/1.1"}}'),
        ),
        {"scheme": "https", "host": "shop.example", "path": "/x", "query": "q=1", "duration": 0.5},
    ),
    Sample(
        "istio",
        (
            ('[2026-11-18T19:18:28.000Z] "GET /status/418?x=1 HTTP/1.1" 418 - via_upstream - "-" 0 135 500 1 '
             '"203.0.113.7" "curl/8.5.0" "84961386" "httpbin:8000" "127.0.0.1:80" inbound|8000|| '
             "127.0.0.1:41854 10.44.1.27:80 10.44.1.23:37652 outbound_.8000_._.httpbin.foo.svc.cluster.local default"),
        ),
        {
            "at": AT, "client": "10.44.1.23", "method": "GET", "path": "/status/418", "query": "x=1",
            "host": "httpbin:8000", "status": 418, "duration": 0.5, "size": 135,
            "header:x-forwarded-for": "203.0.113.7",
        },
    ),
    Sample(
        "aws-api-gateway",
        (
            ('203.0.113.7 - - [18/Nov/2026:19:18:28 +0000] "GET /users/{id} HTTP/1.1" 200 512 '
             "c6af9ac6-7b61-11e6-9a41-93e8deadbeef JKJaXmPLvHcESHA="),
        ),
        {"at": AT, "client": "203.0.113.7", "route": "/users/{id}", "status": 200, "size": 512},
    ),
    Sample(
        "aws-api-gateway-csv",
        (
            ("203.0.113.7,-,arn:aws:iam::1:user/ada,18/Nov/2026:19:18:28 +0000,GET,/users/{id},HTTP/1.1,"
             "200,512,c6af9ac6-7b61-11e6-9a41-93e8deadbeef,JKJaXmPLvHcESHA="),
        ),
        {
            "at": AT, "client": "203.0.113.7", "method": "GET", "route": "/users/{id}", "status": 200,
            "size": 512, "user": "arn:aws:iam::1:user/ada",
        },
    ),
    Sample(
        "aws-api-gateway-xml",
        (
            ('<request id="c6af9ac6"> <ip>2001:db8::7</ip> <caller>-</caller> <user>-</user> '
             "<requestTime>18/Nov/2026:19:18:28 +0000</requestTime> <httpMethod>GET</httpMethod> "
             "<resourcePath>/users/{id}</resourcePath> <status>403</status> "
             "<protocol>HTTP/1.1</protocol> <responseLength>-</responseLength> </request>"),
        ),
        {"at": AT, "client": "2001:db8::7", "route": "/users/{id}", "status": 403, "user": ""},
    ),
    Sample(
        "aws-cloudfront-json",
        (
            ('{"date":"2026-11-18","time":"19:18:28","x-edge-location":"SIN2-P1","sc-bytes":"476",'
             '"c-ip":"203.0.113.7","cs-method":"GET","cs(Host)":"d1.cloudfront.net","cs-uri-stem":"/a",'
             '"sc-status":"200","cs(Referer)":"-","cs(User-Agent)":"curl/8%20x","cs-uri-query":"q=1",'
             '"cs(Cookie)":"-","x-edge-request-id":"k==","x-host-header":"shop.example",'
             '"cs-protocol":"https","time-taken":"0.500","cs-protocol-version":"HTTP/2.0"}'),
        ),
        {
            "at": AT - 0.5, "client": "203.0.113.7", "path": "/a", "query": "q=1", "status": 200,
            "host": "shop.example", "scheme": "https", "duration": 0.5, "header:user-agent": "curl/8 x",
        },
    ),
)  # fmt: skip

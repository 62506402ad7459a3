"""nginx: `log_format` strings that are in wide use. https://nginx.org/r/log_format"""

from nightlatch.capture.logs.log_format import pattern_format
from nightlatch.capture.logs.nginx_language import nginx_pattern

_COMBINED = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent"'
)
_BEST = """\
log_format nightlatch escape=json '{"time":"$time_iso8601","peer":"$remote_addr",'
  '"user":"$remote_user","method":"$request_method","uri":"$request_uri","scheme":"$scheme",'
  '"host":"$http_host","protocol":"$server_protocol","status":"$status",'
  '"body_bytes_sent":"$body_bytes_sent","content_length":"$content_length",'
  '"request_time":"$request_time","user_agent":"$http_user_agent","referer":"$http_referer",'
  '"x_forwarded_for":"$http_x_forwarded_for",'
  '"headers":{"accept":"$http_accept","accept-language":"$http_accept_language",'
  '"accept-encoding":"$http_accept_encoding","content-type":"$http_content_type",'
  '"origin":"$http_origin"}}';
access_log /var/log/nginx/access.json nightlatch;"""

NGINX_COMBINED = pattern_format(
    "nginx-combined",
    "nginx, Apache",
    "What nginx writes when nobody told it otherwise, and Apache's `combined`.",
    nginx_pattern(_COMBINED),
    '203.0.113.7 - - [18/Nov/2026:19:18:28 +0000] "GET /v1/users/4915112345678/status?full=1 '
    'HTTP/1.1" 200 512 "https://shop.example/" "Mozilla/5.0 (X11; Linux x86_64)"',
    setup=_BEST,
)
NGINX_MAIN = pattern_format(
    "nginx-main",
    "nginx",
    "The `main` format of the packages from nginx.org: combined, and X-Forwarded-For.",
    nginx_pattern(f'{_COMBINED} "$http_x_forwarded_for"'),
    '10.0.0.5 - ada [18/Nov/2026:19:18:28 +0000] "POST /v1/login HTTP/2.0" 401 31 "-" '
    '"okhttp/4.12.0" "203.0.113.7, 10.0.0.9"',
    setup=_BEST,
)
NGINX_TIMED = pattern_format(
    "nginx-timed",
    "nginx",
    "Combined, and the duration: `$request_time` at the end.",
    nginx_pattern(f"{_COMBINED} $request_time"),
    '203.0.113.7 - - [18/Nov/2026:19:18:28 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8.5.0" 0.012',
    setup=_BEST,
)
NGINX_HOST = pattern_format(
    "nginx-host",
    "nginx",
    "Combined with the host before it: `$host` and a space.",
    nginx_pattern(f"$host {_COMBINED}"),
    'shop.example 203.0.113.7 - - [18/Nov/2026:19:18:28 +0000] "GET / HTTP/1.1" 200 5 "-" '
    '"curl/8.5.0"',
    setup=_BEST,
)
NGINX_HOST_TIMED = pattern_format(
    "nginx-host-timed",
    "nginx",
    'Combined, then `"$host"` and `$request_time`.',
    nginx_pattern(f'{_COMBINED} "$host" $request_time'),
    '203.0.113.7 - - [18/Nov/2026:19:18:28 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8.5.0" '
    '"shop.example" 0.012',
    setup=_BEST,
)
NGINX_MAIN_TIMED = pattern_format(
    "nginx-main-timed",
    "nginx",
    "The packages' `main`, then `$request_time` and `$upstream_response_time`.",
    nginx_pattern(
        f'{_COMBINED} "$http_x_forwarded_for" $request_time $upstream_response_time'
    ),
    '203.0.113.7 - - [18/Nov/2026:19:18:28 +0000] "GET / HTTP/1.1" 502 150 "-" "curl/8.5.0" "-" '
    "0.140 0.120, 0.020",
    setup=_BEST,
)
NGINX_INGRESS = pattern_format(
    "nginx-ingress",
    "ingress-nginx",
    "The default of Kubernetes' ingress-nginx (`log-format-upstream`).",
    nginx_pattern(
        f"{_COMBINED} $request_length $request_time [$proxy_upstream_name] "
        "[$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length "
        "$upstream_response_time $upstream_status $req_id"
    ),
    '192.168.64.1 - - [18/Nov/2026:19:18:28 +0000] "GET /v1/users HTTP/1.1" 200 1024 "-" '
    '"curl/7.88.1" 85 0.004 [default-shop-80] [] 10.244.0.7:8080 1024 0.004 200 '
    "3f1e0a9f6d2f4cbb8a7d3d1f5c1e9b20",
    setup=_BEST,
)

NGINX = (
    NGINX_INGRESS,
    NGINX_MAIN_TIMED,
    NGINX_HOST_TIMED,
    NGINX_MAIN,
    NGINX_TIMED,
    NGINX_HOST,
    NGINX_COMBINED,
)

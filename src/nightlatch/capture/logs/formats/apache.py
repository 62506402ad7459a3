"""Apache HTTP Server: the formats of its own configuration.
https://httpd.apache.org/docs/2.4/mod/mod_log_config.html"""

from nightlatch.capture.logs.apache_language import apache_pattern
from nightlatch.capture.logs.log_format import pattern_format

_BEST = r"""
LogFormat "%a %l %u %{begin:usec}t \"%r\" %>s %B %D \"%{Host}i\" %{REQUEST_SCHEME}e %X \"%{Referer}i\" \"%{User-Agent}i\" \"%{X-Forwarded-For}i\" \"%{Content-Type}o\"" nightlatch
CustomLog ${APACHE_LOG_DIR}/access.log nightlatch

Import with the same string: nightlatch import --format '<the string between the quotes>' FILE
""".strip()  # noqa: E501 -- one line of somebody else's configuration

APACHE_COMMON = pattern_format(
    "common",
    "Apache, and many others",
    "The Common Log Format of NCSA httpd: no headers at all.",
    apache_pattern('%h %l %u %t "%r" %>s %b'),
    '127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326',
    setup=_BEST,
)
APACHE_VHOST = pattern_format(
    "apache-vhost",
    "Apache",
    "Debian's `vhost_combined`: the virtual host and its port before `combined`.",
    apache_pattern(
        r'%v:%p %h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i"'
    ),
    'shop.example:443 203.0.113.7 - - [18/Nov/2026:19:18:28 +0000] "GET /a\\"b HTTP/1.1" 404 5 '
    '"-" "curl/8.5.0"',
    setup=_BEST,
)
APACHE_TIMED = pattern_format(
    "apache-timed",
    "Apache",
    "Combined, and the duration in microseconds: `%D` at the end.",
    apache_pattern(r'%h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i" %D'),
    '203.0.113.7 - - [18/Nov/2026:19:18:28 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8.5.0" 12345',
    setup=_BEST,
)

APACHE = (APACHE_VHOST, APACHE_TIMED, APACHE_COMMON)

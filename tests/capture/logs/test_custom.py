import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.capture.logs.assembly import Assembler
from nightlatch.capture.logs.custom import LANGUAGES, chosen_format
from nightlatch.capture.logs.lines import MAX_LINE
from nightlatch.capture.logs.pattern import FormatFault
from nightlatch.capture.logs.registry import FORMATS
from nightlatch.capture.logs.values import Fault, Unread
from nightlatch.exchange.observed import Observed

AT = 1795029508.0
CASES = (
    (
        (
            "$remote_addr [$time_iso8601] $request_method $scheme://$host$request_uri $status "
            '$request_time "$http_user_agent" "$cookie_sid" "$sent_http_content_type"'
        ),
        (
            "203.0.113.7 [2026-11-18T19:18:28+00:00] GET https://shop.example/a?b=1 200 0.500 "
            '"curl" "s1" "text/html"'
        ),
        "GET https://shop.example/a?b=1 200 0.5 cookie=sid=s1",
    ),
    (
        (
            'log_format main escape=json \'{"t":"$msec","m":"$request_method",\'\n'
            '  \'"u":"$uri$is_args$args","h":"$http_host","s":$status}\';'
        ),
        '{"t":"1795029508.000","m":"GET","u":"/a?b=\\"1","h":"shop.example","s":200}',
        'GET ://shop.example/a?b="1 200 0.0 cookie=None',
    ),
    (
        (
            r'LogFormat "%a %{%Y-%m-%d %H:%M:%S %z}t %m %U%q %H %>s %{ms}T \"%{Host}i\" '
            r'\"%{sid}C\"" mine'
        ),
        '203.0.113.7 2026-11-18 20:18:28 +0100 GET /a?b=1 HTTP/1.1 200 500 "shop.example" "s1"',
        "GET ://shop.example/a?b=1 200 0.5 cookie=sid=s1",
    ),
    (
        'apache:%h %{usec}t "%r" %s',
        '203.0.113.7 1795029508000000 "GET /a?b=1 HTTP/1.1" 200',
        "GET ://None/a?b=1 200 0.0 cookie=None",
    ),
    (
        r'LogFormat "%h [%{%d/%b/%Y %T}t.%{msec_frac}t %{%z}t] \"%r\" %>s %T %D \"%{Host}i\"" mine',
        (
            '203.0.113.7 [18/Nov/2026 20:18:28.000 +0100] "GET /a?b=1 HTTP/1.1" 200 0 500000 '
            '"shop.example"'
        ),
        "GET ://shop.example/a?b=1 200 0.5 cookie=None",
    ),
    (
        r'LogFormat "%h %{end:%F %T}t \"%r\" %>s %D \"%{Host}i\"" mine',
        '203.0.113.7 2026-11-18 19:18:28 "GET /a?b=1 HTTP/1.1" 200 500000 "shop.example"',
        "GET ://shop.example/a?b=1 200 0.5 cookie=None",
    ),
    (
        "$msec|$remote_addr|$http_x_forwarded_for|$request|$host|$status|$upstream_addr|$request_time",
        (
            "1795029508.000|10.0.0.1|203.0.113.7, 10.0.0.9|GET /a?b=1 HTTP/1.1|shop.example|200"
            "|127.0.0.1:80, 127.0.0.1:81|0.500"
        ),
        "GET ://shop.example/a?b=1 200 0.5 cookie=None",
    ),
    (
        (
            '%START_TIME% "%REQUEST_HEADER(:METHOD)% '
            '%REQUEST_HEADER(X-ENVOY-ORIGINAL-PATH?:PATH)%" '
            '%RESPONSE_CODE% "%REQUEST_HEADER(:AUTHORITY)%"'
        ),
        '2026-11-18T19:18:28.000Z "GET /a?b=1" 200 "shop.example"',
        "GET ://shop.example/a?b=1 200 0.0 cookie=None",
    ),
    (
        "log-format %ci:%cp\\ [%trg]\\ %ft\\ %ST\\ %Ta\\ %HM\\ %HU\\ %[req.hdr(Host)]",
        "203.0.113.7:80 [18/Nov/2026:19:18:28 +0000] web~ 200 500 GET /a?b=1 shop.example",
        "GET https://shop.example/a?b=1 200 0.5 cookie=None",
    ),
    (
        (
            "%START_TIME% %REQ(:METHOD)% %REQ(:SCHEME)%://%REQ(:AUTHORITY)% %REQ(:PATH)% "
            "%RESPONSE_CODE% %DURATION%\n"
        ),
        "2026-11-18T19:18:28.000Z GET https://shop.example /a?b=1 200 500",
        "GET https://shop.example/a?b=1 200 0.5 cookie=None",
    ),
)


def read(format_string: str, line: str) -> Observed:
    return Assembler("api").observed(chosen_format(format_string).open().read(line))


@pytest.mark.parametrize(("format_string", "line", "told"), CASES)
def test_format_strings_of_each_language(format_string: str, line: str, told: str) -> None:
    seen = read(format_string, line)
    asked = seen.request
    assert seen.response is not None
    assert (
        f"{asked.method} {asked.scheme}://{asked.host or None}{asked.path}?{asked.query} "
        f"{seen.response.status} {seen.duration} cookie={asked.headers.get(b'cookie')}"
    ) == told
    assert seen.at in (1795029508.0, 1795029507.5)
    assert len(CASES) >= 10


@pytest.mark.parametrize(
    ("times", "written"),
    [
        ("%t %t", "[18/Nov/2026:19:18:28 +0000] [18/Nov/2026:19:18:29 +0000]"),
        ("%{begin:%F %T}t %{end:%F %T}t", "2026-11-18 19:18:28 2026-11-18 19:18:29"),
        ("%{begin:%F %T}t.%{begin:usec_frac}t", "2026-11-18 19:18:28.000000"),
    ],
)
def test_times_that_are_several_stay_several(times: str, written: str) -> None:
    assert read(f'%h {times} "%r" %>s', f'192.0.2.1 {written} "GET / HTTP/1.1" 200').at == AT


def test_a_time_that_says_the_hour_twice_is_none() -> None:
    with pytest.raises(Unread) as unread:
        read('%h %{%F %H %H}t "%r" %>s', '192.0.2.1 2026-11-18 19 19 "GET / HTTP/1.1" 200')
    assert unread.value.fault is Fault.TIME


def test_a_moment_in_two_places_is_none_and_not_midnight() -> None:
    with pytest.raises(Unread) as unread:
        read('%h %{%F}t %m %{%T}t "%r" %>s', '1.2.3.4 2026-11-18 GET 19:18:28 "GET / HTTP/1.1" 200')
    assert unread.value.fault is Fault.TIME


@pytest.mark.parametrize(
    ("format_string", "words"),
    [
        ("nginx-combind", "is no format"),
        ("nginx:no variables", "no $variable"),
        ("$request_uri$http_host $status", "nobody can tell where it ends"),
        ("$pid $connection", "says anything of a request"),
        ("nginx:" + "$status " * 2000, "at most 10,000"),
        ("log_format main nothing;", "is no format"),
        ("apache:plain", "no %directive"),
        ("haproxy:plain", "no %variable"),
        ("envoy:plain", "no %OPERATOR%"),
    ],
)
def test_format_strings_that_cannot_be_read_back_say_why(format_string: str, words: str) -> None:
    with pytest.raises(FormatFault, match=re.escape(words)):
        chosen_format(format_string)


HOSTILE = (
    " " * MAX_LINE,
    '"' * MAX_LINE,
    "\\" * MAX_LINE,
    "[" * MAX_LINE,
    ", " * (MAX_LINE // 2),
    "a " * (MAX_LINE // 2),
    '" ' * (MAX_LINE // 2),
    '1.2.3.4 - - [18/Nov/2026:19:18:28 +0000] "' + '\\"' * (MAX_LINE // 2),
    "1.2.3.4 - " + " [" * (MAX_LINE // 2),
    "{" * 50_000,
    '{"a":' * 10_000,
    "- " * (MAX_LINE // 2),
    "Nov 18 19:18:28 " + "a" * MAX_LINE,
)


def test_hostile_lines_take_no_time() -> None:
    """A bound with room for a slow machine: what backtracks takes minutes here."""
    began = time.process_time()
    tried = 0
    for each in FORMATS:
        for line in HOSTILE:
            reader = each.open()
            with pytest.raises(Unread):
                reader.read(line[:MAX_LINE])
            tried += 1
    assert tried == len(FORMATS) * len(HOSTILE)
    assert time.process_time() - began < 20


@pytest.mark.parametrize("digit", ["1", "a"])
def test_parts_of_a_time_side_by_side_are_not_tried_in_all_ways(digit: str) -> None:
    """What backtracks takes hours here."""
    form = '%{%Y%m%d%H%M%S}t "%r" %>s'
    assert read(form, '20261118191828 "GET / HTTP/1.1" 200').at == AT
    for notation in ("%Y%m%d%H%M%S", "%a%b%A%B%a%b", "%Q%Q%Q%Q"):
        with pytest.raises(Unread):
            read(f'%{{{notation}-}}t "%r" %>s', digit * MAX_LINE)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_an_exchange_or_a_reason(data: bytes) -> None:
    line = data.decode("latin-1").replace("\n", "")
    reasons: set[Fault] = set()
    for each in FORMATS:
        try:
            seen = Assembler("api").observed(each.open().read(line))
        except Unread as unread:
            reasons.add(unread.fault)
        else:
            assert seen.request.method
    assert reasons <= set(Fault)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(LANGUAGES)), st.text(max_size=200))
def test_any_format_string_is_one_or_a_fault(language: str, text: str) -> None:
    try:
        chosen = chosen_format(f"{language}:{text}")
    except FormatFault:
        return
    with pytest.raises(Unread):
        Assembler("api").observed(chosen.open().read("\0nothing of the kind"))

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nightlatch.exchange.content import ContentKind, read_content
from nightlatch.exchange.exchange import NO_BODY, Body
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.headers import headers_of
from nightlatch.exchange.redaction import Redactor

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"

REDACTOR = Redactor(Hasher(bytes(32)), ["favourite_colour"])

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


def redact(text: str | bytes, media: str | None = JSON, *, truncated: bool = False) -> str:
    data = text.encode() if isinstance(text, str) else text
    body = Body(data, len(data), truncated)
    return REDACTOR.body(body, read_content(body, media))


def header(name: str, value: str) -> str:
    [(shown_name, shown)] = REDACTOR.headers(headers_of([(name, value)]))
    assert shown_name == name.lower()
    return shown


HEADERS = [
    ("Authorization", "Bearer abcdefghijkl", "Bearer •••(12)"),
    ("Authorization", "Basic dXNlcjpwYXNz", "Basic •••(12)"),
    ("Authorization", "hunter2", "•••(7)"),
    ("Authorization", "hunter2 hunter3", "•••(15)"),
    ("Authorization", "", "•••(0)"),
    ("Proxy-Authorization", "Basic dXNlcjpwYXNz", "Basic •••(12)"),
    ("Cookie", "session=abc; theme=dark", "session=•••(3); theme=•••(4)"),
    ("Cookie", "hunter2", "•••(7)"),
    ("Set-Cookie", "sid=abc; Path=/; HttpOnly", "sid=•••(3); Path=/; HttpOnly"),
    ("X-Api-Key", "hunter2", "•••(7)"),
    ("X-Acme-Secret-Thing", "hunter2", "•••(7)"),
    ("X-CSRF-Token", "hunter2", "•••(7)"),
    ("X-Favourite-Colour", "mauve", "mauve"),
    ("Favourite-Colour", "mauve", "•••(5)"),
    ("Referer", "https://a.b/c?token=abc&q=1", "https://a.b/c?token=•••(3)&q=1"),
    ("Location", "/cb#access_token=abc&x=1", "/cb#access_token=•••(3)&x=1"),
    ("Location", "https://u:pw@a.b/", "https://u:•••@a.b/"),
    ("X-Mail", "alice@example.com", "a•••@example.com"),
    ("X-Phone", "+15551234567", "+1••••••••67"),
    ("X-Forwarded-For", "198.51.100.77, 10.0.0.2", "198.51.100.77, 10.0.0.2"),
    ("Content-Type", "application/json", "application/json"),
    ("User-Agent", "Mozilla/5.0 Chrome/120.0.6099.109", "Mozilla/5.0 Chrome/120.0.6099.109"),
    ("Date", "Sun, 22 Nov 2026 15:00:00 GMT", "Sun, 22 Nov 2026 15:00:00 GMT"),
]


@pytest.mark.parametrize(("name", "value", "shown"), HEADERS)
def test_headers(name: str, value: str, shown: str) -> None:
    assert header(name, value) == shown


def test_header_cases_all_ran() -> None:
    assert len(HEADERS) == 23


def test_order_and_duplicates_of_headers_stay() -> None:
    headers = headers_of([("B", "1"), ("A", "2"), ("B", "1")])
    assert REDACTOR.headers(headers) == (("b", "1"), ("a", "2"), ("b", "1"))


def test_the_same_token_can_be_followed_but_not_read() -> None:
    issued = json.loads(redact(json.dumps({"access_token": TOKEN})))["access_token"]
    used = header("Authorization", f"Bearer {TOKEN}")
    assert used == f"Bearer {issued}"
    assert re.fullmatch(r"•••\(49\)#[0-9a-f]{4}", issued)
    other = Redactor(Hasher(b"k" * 32)).headers(headers_of([("Authorization", f"Bearer {TOKEN}")]))
    assert other[0][1] != used


QUERIES = [
    ("", ""),
    ("page=2&sort=-name", "page=2&sort=-name"),
    ("q=a%20b+c", "q=a%20b+c"),
    ("phone=%2B15551234567", "phone=+1••••••••67"),
    ("phone=15551234567", "phone=1••••••••67"),
    ("email=alice%40example.com", "email=a•••@example.com"),
    ("api_key=hunter2", "api_key=•••(7)"),
    ("API-Key=hunter2", "API-Key=•••(7)"),
    ("%61pi_key=hunter2", "api_key=•••(7)"),
    ("user[password]=hunter2", "user[password]=•••"),
    ("code=123456", "code=•••(6)"),
    ("code=DE", "code=DE"),
    ("favouriteColour=mauve", "favouriteColour=•••(5)"),
    ("alice%40example.com", "a•••@example.com"),
    ("next=https%3A%2F%2Fa.b%2F%3Ftoken%3Dhunter2", "next=https://a.b/?token=•••"),
    ("a=1&&b", "a=1&&b"),
]


@pytest.mark.parametrize(("raw", "shown"), QUERIES)
def test_queries(raw: str, shown: str) -> None:
    assert REDACTOR.query(raw) == shown


def test_query_cases_all_ran() -> None:
    assert len(QUERIES) == 16


PATHS = [
    ("/v1/users/+15551234567/status", "/v1/users/{phone}/status", "/v1/users/+1••••••••67/status"),
    ("/v1/users/15551234567", "/v1/users/{id}", "/v1/users/15•••67"),
    ("/u/alice@example.com", "/u/{email}", "/u/a•••@example.com"),
    ("/u/alice@example.com", "/u/{x}", "/u/a•••@example.com"),
    ("/u/alice", "/u/{username}", "/u/a•••"),
    ("/orders/42", "/orders/{id}", "/orders/42"),
    ("/o/ORD-2024-000123", "/o/{number}", "/o/ORD-2•••••••23"),
    ("/files/annual/report", "/files/{kind}/report", "/files/annual/report"),
    ("/reset/hunter2hunter2", "/reset/{token}", "/reset/•••(14)"),
    ("/a/550e8400-e29b-41d4-a716-446655440000", "/a/{uuid}", "/a/55•••00"),
    ("/x/15551234567/y", "/x", "/x/1••••••••67/y"),
    ("/x/15551234567/y", "/x/{rest:path}", "/x/1••••••••67/y"),
    ("/a;jsessionid=hunter2/b", "/a;jsessionid=hunter2/b", "/a;jsessionid=•••"),
    (f"/t/{TOKEN}", "", "/t/"),
    ("/go/https://u:hunter2@a.b/x", "/go", "/go/https://u:•••@a.b/x"),
    ("/health", "/health", "/health"),
    ("/", "/", "/"),
    ("", "", ""),
]


@pytest.mark.parametrize(("path", "template", "shown"), PATHS)
def test_paths(path: str, template: str, shown: str) -> None:
    redacted = REDACTOR.path(path, template)
    assert redacted.startswith(shown)
    assert TOKEN not in redacted


def test_path_cases_all_ran() -> None:
    assert len(PATHS) == 18


BODIES: list[tuple[dict[str, Any] | list[Any], Any]] = [
    ({"password": "hunter2"}, {"password": "•••"}),
    ({"newPassword": "x", "pwd_repeat": "y"}, {"newPassword": "•••", "pwd_repeat": "•••"}),
    ({"pin": 1234, "otp": 123456}, {"pin": "•••", "otp": "•••"}),
    ({"secret": True, "token": None}, {"secret": True, "token": None}),
    ({"secrets": ["a", {"b": 1}]}, {"secrets": ["•••", {"b": "•••"}]}),
    ({"card": {"number": "4111111111111111"}}, {"card": {"number": "•••"}}),
    ({"apiKey": "hunter2"}, {"apiKey": "•••(7)"}),
    ({"token_type": "bearer", "expires_in": 3600}, {"token_type": "bearer", "expires_in": 3600}),
    ({"total_tokens": 17}, {"total_tokens": 17}),
    ({"code": "NOT_FOUND", "n": {"code": 404}}, {"code": "NOT_FOUND", "n": {"code": 404}}),
    ({"code": "123456"}, {"code": "•••(6)"}),
    ({"key": "colour"}, {"key": "colour"}),
    ({"key": "a1b2c3d4e5f6a7b8"}, {"key": "•••(16)"}),
    ({"phone": "+1 (555) 123-4567"}, {"phone": "+1••••••••67"}),
    ({"phone": 15551234567}, {"phone": "1••••••••67"}),
    ({"phones": ["0155512345"]}, {"phones": ["0•••••••45"]}),
    ({"anything": 15551234567}, {"anything": "1••••••••67"}),
    ({"anything": 4111111111111111.0}, {"anything": "4•••••••••••••11"}),
    ({"created_at": 1700000000000}, {"created_at": 1700000000000}),
    ({"amount": 4111111111111111}, {"amount": "4•••••••••••••11"}),
    ({"when": "2024-01-15T10:20:30.123456789Z"}, {"when": "2024-01-15T10:20:30.123456789Z"}),
    ({"ip": "192.168.100.200", "v": 1.23456789012}, {"ip": "192.168.100.200", "v": 1.23456789012}),
    ({"email": "alice@example.com"}, {"email": "a•••@example.com"}),
    ({"note": "mail bob@example.com"}, {"note": "mail b•••@example.com"}),
    ({"note": "call 555-123-4567 now"}, {"note": "call 5•••••••67 now"}),
    ({"+15551234567": {"a@b.de": 1}}, {"+1••••••••67": {"•••@b.de": 1}}),
    ({"url": "https://a.b/?token=hunter2&x=1"}, {"url": "https://a.b/?token=•••&x=1"}),
    ({"dsn": "pg://bob:hunter2@db/x"}, {"dsn": "pg://bob:•••@db/x"}),
    ({"raw": '{"password":"hunter2"}'}, {"raw": '{"password":"•••"}'}),
    ({"name": "Widget", "first_name": "Alice"}, {"name": "Widget", "first_name": "A•••"}),
    ({"id": 42, "user_id": 123456789}, {"id": 42, "user_id": "1••••••89"}),
    ({"request_id": "abc-1"}, {"request_id": "abc-1"}),
    ({"Favourite-Colour": "mauve"}, {"Favourite-Colour": "•••(5)"}),
    ({"text": "straße 日本 😀"}, {"text": "straße 日本 😀"}),
    ([1, "a", None, []], [1, "a", None, []]),
]


@pytest.mark.parametrize(("value", "shown"), BODIES)
def test_json_bodies(value: Any, shown: Any) -> None:
    redacted = json.loads(re.sub(r"#[0-9a-f]{4}", "", redact(json.dumps(value))))
    assert redacted == shown
    plain = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert json.loads(re.sub(r"#[0-9a-f]{4}", "", redact(plain))) == shown


def test_json_cases_all_ran() -> None:
    assert len(BODIES) == 35


@pytest.mark.parametrize(
    ("text", "media", "shown"),
    [
        ("", JSON, ""),
        ("\x89PNG", "image/png", ""),
        ("15551234567", JSON, '"1••••••••67"'),
        ('"alice@example.com"', JSON, '"a•••@example.com"'),
        ("user=bob&password=hunter2", FORM, "user=bob&password=•••"),
        ('{"password": hunter2 or not', JSON, '{"password": •••'),
        ('{"password": "hun\\"ter2", "a": }', JSON, '{"password": •••, "a": }'),
        ('{"pass\\u0077ord": "hunter2" oops', JSON, '{"password": ••• oops'),
        ('{"credentials": {"a": "hunter2"} oops', JSON, '{"credentials": •••'),
        ('{"a": 1, "password": "hun', JSON, '{"a": 1, "password": •••'),
        ("<p><password>hunter2</password></p>", "text/xml", "<p><password>•••</password></p>"),
        ("<x:token a='1'><![CDATA[<a>]]></x:token>", "text/xml", "<x:token a='1'>•••</x:token>"),
        ("<token/><b>1</b>", "text/xml", "<token/><b>1</b>"),
        ("<secret>hunter2", "text/xml", "<secret>•••"),
        ("Cookie: a=hunter2\nHost: b", "text/plain", "Cookie: •••\nHost: b"),
        ("secret:\n  hunter2", "text/yaml", "secret:\n  •••"),
        ("secret: |\n  hunter2\n  b", "text/yaml", "secret: •••"),
        ("bob@example.com called 15551234567", "text/plain", "b•••@example.com called 1••••••••67"),
        ("2024-01-15 10:20:30 10.0.0.1", "text/plain", "2024-01-15 10:20:30 10.0.0.1"),
        (b"\xfd\xfc\xfd\xfc", JSON, "[body dropped: it is not readable as text]"),
        ('Content-Disposition: form-data; name="password"\r\n\r\nhunter2', "text/plain",
         "[body dropped: a multipart body that cannot be taken apart]"),
    ],
)  # fmt: skip
def test_other_bodies(text: str | bytes, media: str, shown: str) -> None:
    assert redact(text, media) == shown


def test_no_body_has_no_text() -> None:
    assert REDACTOR.body(NO_BODY, read_content(NO_BODY, JSON)) == ""


def test_multipart_shows_fields_and_file_names() -> None:
    text = (
        '--b\r\nContent-Disposition: form-data; name="password"\r\n\r\nhunter2\r\n'
        '--b\r\nContent-Disposition: form-data; name="scan"; filename="a.png"\r\n\r\nx\r\n--b--'
    )
    assert redact(text, MULTIPART) == "password=•••\nscan.filename=a.png"


def test_a_body_cut_short_is_redacted_as_far_as_it_was_read() -> None:
    text = json.dumps({"password": "hunter2", "users": [{"phone": "+15551234567"}] * 50})
    shown = redact(text[:200], truncated=True)
    assert json.loads(shown)["users"][0] == {"phone": "+1••••••••67"}
    assert "hunter2" not in shown


def test_nesting_has_a_floor() -> None:
    text = "[" * 500 + '"hunter2"' + "]" * 500
    assert "nested too deeply" in redact(text)
    assert "hunter2" not in redact(text)
    secret = '{"secret":' + "[" * 500 + '"hunter2"' + "]" * 500 + "}"
    assert "hunter2" not in redact(secret)


# Secrets never pass, wherever they stand

SECRET_NAMES = st.sampled_from(
    ["password", "X-Api-Key", "clientSecret", "access_token", "sessionId", "cvv", "authorization"]
)
SECRETS = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=8, max_size=40
).filter(lambda text: text.strip() == text and len(set(text)) > 5 and "•" not in text)
SHAPES = st.one_of(
    st.from_regex(r"eyJ[A-Za-z0-9_-]{10,40}(\.[A-Za-z0-9_-]{5,40}){2}", fullmatch=True),
    st.from_regex(r"sk_live_[A-Za-z0-9]{16,24}", fullmatch=True),
    st.from_regex(r"AKIA[A-Z0-9]{16}", fullmatch=True),
    st.from_regex(r"ghp_[A-Za-z0-9]{36}", fullmatch=True),
    st.from_regex(r"\$2b\$12\$[A-Za-z0-9./]{53}", fullmatch=True),
    st.from_regex(r"[a-z]{3,12}\.[a-z]{3,12}@[a-z]{2,12}\.(com|org)", fullmatch=True),
    st.from_regex(r"\+[1-9][0-9]{8,14}", fullmatch=True),
    st.from_regex(r"4[0-9]{3} [0-9]{4} [0-9]{4} [0-9]{4}", fullmatch=True),
    st.from_regex(r"[0-9]{9,19}", fullmatch=True),
    st.from_regex(
        r"-----BEGIN PRIVATE KEY-----\n[A-Za-z0-9+/]{20,64}\n-----END PRIVATE KEY-----",
        fullmatch=True,
    ),
)  # fmt: skip
WORDS = st.text("abc xyz", max_size=12)

Place = Callable[[str, str], str]


def _flat(text: str) -> str:
    """A path segment ends at a slash; secrets with one are another test's."""
    return "" if "/" in text else text


def _nested(name: str, secret: str) -> str:
    return json.dumps([{"a": {name: [{"b": secret}, [secret]]}}])


NAMED_PLACES: dict[str, Place] = {
    "header": lambda name, secret: header(name, quote_plus(secret)),
    "query": lambda name, secret: REDACTOR.query(f"a=1&{name}={quote_plus(secret)}&b=2"),
    "form": lambda name, secret: redact(f"a=1&{name}={quote_plus(secret)}", FORM),
    "json": lambda name, secret: redact(json.dumps({"a": 1, name: secret})),
    "json unescaped": lambda name, secret: redact(json.dumps({name: secret}, ensure_ascii=False)),
    "json nested": lambda name, secret: redact(_nested(name, secret)),
    "json in json": lambda name, secret: redact(json.dumps({"a": json.dumps({name: secret})})),
    "json cut": lambda name, secret: redact(
        json.dumps({"a": 1, name: secret, "b": 2})[:-9], truncated=True
    ),
    "json cut within": lambda name, secret: redact(
        json.dumps({name: secret}, ensure_ascii=False)[:-3]
    ),
    "json broken": lambda name, secret: redact('{"a": }' + json.dumps({name: secret})),
    "json broken nested": lambda name, secret: redact('{"a": }' + _nested(name, secret)),
    "json wrong label": lambda name, secret: redact(json.dumps({name: secret}), "text/plain"),
    "lines": lambda name, secret: redact(
        json.dumps({name: secret}) + "\nnonsense\n", "application/x-ndjson"
    ),
    "utf-16": lambda name, secret: redact(
        json.dumps({name: secret}, ensure_ascii=False).encode("utf-16")
    ),
    "multipart": lambda name, secret: redact(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{secret}\r\n--b--', MULTIPART
    ),
    "multipart broken": lambda name, secret: redact(
        f'-b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{secret}\r\n--b--', MULTIPART
    ),
    "xml": lambda name, secret: redact(
        f"<a><{name}>{secret.replace('&', '&amp;').replace('<', '&lt;')}</{name}></a>", "text/xml"
    ),
    "log": lambda name, secret: redact(f"request with {name}: {secret}\nand more", "text/plain"),
    "path": lambda name, secret: REDACTOR.path(
        f"/a/{secret.replace('/', '')}", "/a/{" + name + "}"
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("place", sorted(NAMED_PLACES))
@given(name=SECRET_NAMES, secret=SECRETS)
@settings(max_examples=60, deadline=None)
@example(name="password", secret='hunter2"hunter2')
@example(name="password", secret="hunter2'hunter2")
@example(name="password", secret='",\\"hunter2')
@example(name="password", secret="\\hunter2\\")
@example(name="password", secret="{hunter2}[]<>")
def test_a_secret_under_its_name_never_passes(place: str, name: str, secret: str) -> None:
    shown = NAMED_PLACES[place](name, secret)
    for form in {secret, json.dumps(secret)[1:-1], quote_plus(secret), secret.replace("/", "")}:
        # "authoriz" is no secret where the name is shown.
        if len(form) >= 8 and form not in name:
            assert form not in shown


SHAPED_PLACES: dict[str, Place] = {
    "header": lambda text, secret: header("X-Note", secret.replace("\n", " ")),
    "cookie": lambda text, secret: header("Cookie", f"a={secret}; b=1"),
    "referer": lambda text, secret: header("Referer", f"https://a.b/{quote_plus(secret)}"),
    "query": lambda text, secret: REDACTOR.query(f"{text}={quote_plus(secret)}"),
    "query name": lambda text, secret: REDACTOR.query(quote_plus(secret)),
    "path": lambda text, secret: REDACTOR.path(f"/a/{_flat(secret)}/b", "/a/{thing}/b"),
    "path without template": lambda text, secret: REDACTOR.path(f"/a/{secret}/b", ""),
    "json": lambda text, secret: redact(json.dumps({text: f"{text} {secret} {text}"})),
    "json list": lambda text, secret: redact(json.dumps([[secret], {"a": [secret, 1]}])),
    "json name": lambda text, secret: redact(json.dumps({secret: 1})),
    "json escaped": lambda text, secret: redact(
        '{"a": "' + "".join(f"\\u{ord(letter):04x}" for letter in secret) + '"}'
    ),
    "broken json": lambda text, secret: redact('{"a": }' + json.dumps({"a": f"{text} {secret}"})),
    "text": lambda text, secret: redact(f"{text} {secret} {text}", "text/plain"),
    "xml": lambda text, secret: redact(f"<a><b>{secret}</b></a>", "text/xml"),
    "form": lambda text, secret: redact(f"{text}={quote_plus(secret)}", FORM),
    "events": lambda text, secret: redact(f"data: {json.dumps([secret])}\n\n", "text/event-stream"),
}


@pytest.mark.slow
@pytest.mark.parametrize("place", sorted(SHAPED_PLACES))
@given(text=WORDS, secret=SHAPES)
@settings(max_examples=80, deadline=None)
def test_what_looks_like_a_secret_or_person_never_passes(
    place: str, text: str, secret: str
) -> None:
    shown = SHAPED_PLACES[place](text, secret)
    for form in {secret, json.dumps(secret)[1:-1], quote_plus(secret)}:
        assert form not in shown


NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.slow
@given(
    st.recursive(
        st.none() | st.booleans() | NUMBERS | st.text(),
        lambda child: st.lists(child) | st.dictionaries(st.text(), child),
        max_leaves=15,
    )
)
def test_sound_json_stays_sound_json(value: Any) -> None:
    json.loads(redact(json.dumps(value)))


@given(
    st.binary(max_size=200),
    st.sampled_from([None, JSON, FORM, MULTIPART, "text/plain", "text/xml", "image/png"]),
    st.booleans(),
)
def test_never_raises_and_can_be_stored(data: bytes, media: str | None, truncated: bool) -> None:
    redact(data, media, truncated=truncated).encode()


@given(st.text(alphabet="ab1+@.:=&%?#<>/{}[]\"'\\ \n\u00ff", max_size=80))
def test_never_raises_on_text(text: str) -> None:
    REDACTOR.query(text).encode()
    REDACTOR.path(text, "/a/{b}").encode()
    header("Referer", text)
    redact(text, "text/plain").encode()


HOSTILE = ["a", "1", "1 ", "@", "a@", "<a ", '"', "\\", "a=", "eyJ.", "[", "+1(", "password:"]


@pytest.mark.slow
@pytest.mark.parametrize("piece", [*HOSTILE, "-----BEGIN PRIVATE KEY-----"])
def test_long_hostile_text_takes_no_time_to_speak_of(piece: str) -> None:
    # Bounded by the timeout of the suite: a quadratic pattern needs minutes for this.
    text = piece * (256 * 1024 // len(piece))
    assert redact(text, "text/plain")
    assert REDACTOR.query(text)


def test_forgotten_fields_are_read_again() -> None:
    redactor = Redactor(Hasher(bytes(32)))
    for number in range(5_000):
        redactor.headers(headers_of([("X-Secret", f"s{number}")]))
        redactor.query(f"name{number}=1")
    assert redactor.headers(headers_of([("X-Secret", "abc")])) == (("x-secret", "•••(3)"),)


def test_kinds_of_content_are_all_redacted() -> None:
    assert set(ContentKind) == {
        ContentKind.EMPTY,
        ContentKind.JSON,
        ContentKind.FORM,
        ContentKind.MULTIPART,
        ContentKind.TEXT,
        ContentKind.BINARY,
        ContentKind.MALFORMED,
    }

"""Requests as people see them: curl lines that send the same, edited texts, masked secrets."""

import shlex
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.workbench.oauth.flows.playing import client_with

from nightlatch.workbench.oauth.flows.call import (
    Call,
    Certificate,
    Misspelt,
    edited,
    encoded,
    form,
    with_query,
)
from nightlatch.workbench.oauth.flows.client import Secrets
from nightlatch.workbench.oauth.flows.masking import SECRET_NAMES, masked_body
from nightlatch.workbench.oauth.flows.tokens import Tokens

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
VISIBLE = st.text(st.characters(codec="ascii", min_codepoint=33, max_codepoint=126), max_size=40)
HEADER = st.tuples(st.from_regex(r"[A-Za-z-]{1,12}", fullmatch=True), VISIBLE)
PROPERTY = settings(max_examples=100, deadline=None)


@pytest.mark.slow
@PROPERTY
@given(TEXT, VISIBLE, st.lists(HEADER, max_size=4))
def test_a_shell_hands_curl_exactly_the_request(
    body: str, query: str, headers: list[tuple[str, str]]
) -> None:
    url = f"https://id.example/?{query}"
    call = Call("try", "POST", url, tuple(headers), body.encode(), Certificate("/a b.pem"))
    words = shlex.split(call.curl())
    assert words[0] == "curl"
    assert words[words.index("-X") + 1] == "POST"
    assert words[-2:] == ["--url", url]
    assert words[words.index("--cert") + 1] == "/a b.pem"
    sent = [words[place + 1] for place, word in enumerate(words[:-2]) if word == "-H"]
    assert sent == [f"{name}: {value}" if value else f"{name};" for name, value in headers]
    if body:
        assert words[-3] == body


@pytest.mark.slow
@PROPERTY
@given(TEXT.map(lambda text: text.rstrip("\r\n")), st.lists(HEADER, max_size=4))
def test_what_an_editor_leaves_alone_is_the_same(body: str, headers: list[tuple[str, str]]) -> None:
    call = Call("try", "POST", "https://id.example/a?b=c", tuple(headers), body.encode())
    assert edited(call, call.as_text()) == call
    assert edited(call, call.as_text() + "\n") == call


@pytest.mark.parametrize("text", ["", "GET", "GET file:///etc/passwd", "get https://id.example",
                                  "GET https://id.example\nno header", "GET https://a\nA b: c",
                                  ])  # fmt: skip
def test_an_edited_text_that_is_no_request_is_refused(text: str) -> None:
    with pytest.raises(Misspelt):
        edited(Call("try", "GET", "https://id.example"), text)


@PROPERTY
@given(st.lists(st.tuples(TEXT, TEXT), max_size=5))
def test_a_form_and_a_query_keep_each_field(fields: list[tuple[str, str]]) -> None:
    assert parse_qsl(encoded(fields), keep_blank_values=True) == fields
    address = with_query("https://id.example/a?b=c", fields)
    assert parse_qsl(urlsplit(address).query, keep_blank_values=True) == [("b", "c"), *fields]


@PROPERTY
@given(st.sampled_from(sorted(SECRET_NAMES)), st.from_regex(r"[a-z]{12}", fullmatch=True))
def test_a_secret_is_masked_wherever_it_stands(name: str, secret: str) -> None:
    fields = (("grant_type", "x"), (name, secret))
    headers = (("Authorization", f"Bearer {secret}"), ("DPoP", secret), ("Cookie", f"a={secret}"))
    address = f"https://id.example/?a=b&{name}={secret}#{name}={secret}"
    shown = form("try", address, fields, headers).masked()
    plain = form("try", address, fields)
    for text in (shown.curl(), shown.as_text(), repr(shown), repr(plain)):
        assert secret not in text
    assert "grant_type=x" in shown.curl()
    document = f'{{"a": 1, "{name}" : "{secret}", "b": "c"}}'.encode()
    assert secret.encode() not in masked_body(document, "application/json")
    cut = f'{{"{name}": "{secret}'.encode()
    assert secret.encode() not in masked_body(cut, "application/json")


def test_no_secret_is_in_a_repr() -> None:
    secrets = Secrets("s3cret", {"kty": "oct", "k": "s3cret"}, None, {"d": "s3cret"})
    tokens = Tokens("s3cret", refresh_token="s3cret", id_token="s3cret")
    for value in (secrets, tokens, client_with(secrets=secrets)):
        assert "s3cret" not in repr(value)

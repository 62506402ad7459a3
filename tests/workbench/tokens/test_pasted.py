"""The token is found in whatever it was wrapped, and nothing takes long or is an exception."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.identity.jose.tokens import packed

from nightlatch.workbench.tokens.pasted import MAX_PASTED, find_token

TOKEN = f"{packed({'alg': 'HS256', 'typ': 'JWT'})}.{packed({'sub': 'ada'})}.c2lnbmF0dXJl"
WRAPPED = {
    TOKEN: "",
    f"  {TOKEN}\n": "",
    f'"{TOKEN}",': "",
    f"\ufeff{TOKEN}\u200b": "",
    f"Bearer {TOKEN}": "after the word Bearer",
    f"dpop {TOKEN}": "after the word Dpop",
    f"Authorization: Bearer {TOKEN}": "in the header field Authorization",
    f"authorization:bearer {TOKEN}": "in the header field authorization",
    f"X-Token: {TOKEN}": "in the header field X-Token",
    f"Cookie: theme=dark; session={TOKEN}; x=1": "in the cookie session",
    f"Set-Cookie: id={TOKEN}; Path=/; HttpOnly": "in the cookie id",
    f"session={TOKEN}; theme=dark": "in the cookie session",
    f"{TOKEN[:30]}\n{TOKEN[30:]}": "with its line breaks and blanks taken out",
    f"{TOKEN[:30]}  \r\n\t{TOKEN[30:]}": "with its line breaks and blanks taken out",
    f"The token was {TOKEN} I think": "in the text that was pasted",
    f"curl -H 'Authorization: Bearer {TOKEN}' https://a.example": "in the text that was pasted",
    f'{{"token_type": "Bearer", "access_token": "{TOKEN}"}}': (
        "the access_token of an answer in JSON"
    ),
    f'{{"data": "{TOKEN}"}}': "the data of an answer in JSON",
    f"https://a.example/x?y=1&access_token={TOKEN}": (
        "in the query of an address, as access_token"
    ),
    f"https://a.example/cb#state=1&id_token={TOKEN}": (
        "in the fragment of an address, as id_token"
    ),
    f"myapp://cb?thing={TOKEN}": "in the query of an address, as thing",
    f"https://a.example/verify/{TOKEN}/now": "in an address",
}


def test_it_is_found_and_said_where() -> None:
    for pasted, place in WRAPPED.items():
        found = find_token(pasted)
        assert (found.token, found.place) == (TOKEN, place), pasted.replace(TOKEN, "…")
    assert len(WRAPPED) == 22


@pytest.mark.parametrize("kind", ["query", "fragment"])
def test_a_token_in_an_address_is_no_good(kind: str) -> None:
    mark = {"query": "?", "fragment": "#"}[kind]
    warning = find_token(f"https://a.example/{mark}access_token={TOKEN}").warning
    assert "RFC" in warning
    assert TOKEN not in warning


@pytest.mark.parametrize(
    "text",
    ["", "2YotnFZFEjr1zCsicMWpAA", "v4.local.AAAA", "{", '{"payload": "x"}', "[1]", "hello world",
     "https://a.example/", "otpauth://totp/x", "://", "{" * 3000, "http://[::1"],
)  # fmt: skip
def test_what_holds_none_is_left_as_it_is(text: str) -> None:
    assert find_token(text).token == text


def test_a_token_as_json_is_not_taken_for_an_answer() -> None:
    text = f'{{"payload": "e30", "signature": "x", "access_token": "{TOKEN}"}}'
    assert find_token(text).token == text


def test_text_of_any_kind_is_a_value() -> None:
    shapes = (
        "ey",
        "ey.",
        "a: ",
        "=;",
        "{",
        " \n",
        "https://a?",
        "x=;",
        "eyJ" + "a" * 20 + ".",
        "é",
    )
    started = time.process_time()
    for shape in shapes:
        find_token(shape * (2 * MAX_PASTED // len(shape)))
    # Generous: what grows with the square would take minutes.
    assert time.process_time() - started < 10


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80), st.sampled_from(list(WRAPPED)), st.text(max_size=80))
def test_no_surrounding_is_an_exception(before: str, wrapped: str, after: str) -> None:
    assert isinstance(find_token(before + wrapped + after).token, str)

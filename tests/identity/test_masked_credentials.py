"""Credentials that came masked: that there is one shows, and nothing else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.exchange.credential import CredentialKind
from nightlatch.exchange.exchange import Request
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.headers import Headers, headers_of
from nightlatch.identity.circles import Circles
from nightlatch.identity.credentials import CredentialReader

READER = CredentialReader(Hasher(bytes(32)))

CASES = [
    ("authorization", "Bearer ******", CredentialKind.BEARER_OPAQUE),
    ("authorization", "******", CredentialKind.BEARER_OPAQUE),
    ("authorization", "Digest *****", CredentialKind.DIGEST),
    ("x-api-key", "****", CredentialKind.API_KEY),
    ("cookie", "sessionid=****; theme=dark", CredentialKind.SESSION),
]


def asking(headers: Headers, query: str = "") -> Request:
    return Request("GET", "https", "api.example", "/", query, headers, "192.0.2.1")


@pytest.mark.parametrize(("name", "value", "kind"), CASES)
def test_a_masked_credential_is_there_and_names_nobody(
    name: str, value: str, kind: CredentialKind
) -> None:
    request = asking(headers_of([(name, value)]))
    (found,) = READER.read_masked(request)
    assert (found.kind, found.digest, found.principal) == (kind, "", "")
    caller = Circles(Hasher(bytes(32))).caller("192.0.2.1", request, (found,))
    assert caller.key == "address:192.0.2.1"


def test_without_a_mask_stars_are_a_variable_that_nobody_set() -> None:
    assert READER.read(asking(headers_of([("authorization", "Bearer ****")]))) == ()


def test_a_masked_parameter_counts() -> None:
    (found,) = READER.read_masked(asking(Headers(), "api_key=****&page=1"))
    assert found.kind is CredentialKind.API_KEY


def test_nothing_is_no_credential() -> None:
    empty = [("authorization", ""), ("accept", "*/*"), ("cookie", "theme=*")]
    assert READER.read_masked(asking(headers_of(empty))) == ()


@settings(max_examples=60, deadline=None)
@given(st.text("*Bearer=; abc", max_size=30), st.text("*&=k ey", max_size=20))
def test_no_digest_whatever_is_shown(value: str, query: str) -> None:
    found = READER.read_masked(asking(headers_of([("authorization", value)]), query))
    assert all(not one.digest and not one.principal for one in found)

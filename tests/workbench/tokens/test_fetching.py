"""Keys from addresses: a real server that is honest, slow, large, leads astray or lies."""

from collections.abc import Iterator

import pytest
from tests.workbench.tokens.issuer import KEYS, issuer

from nightlatch.workbench.tokens import fetching
from nightlatch.workbench.tokens.fetching import NotFetched, fetch
from nightlatch.workbench.tokens.material import NoKey, keys_from


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with issuer() as address:
        yield address


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", ["/jwks", "/metadata", "/openid", "/openid/", "/silent", "/plain", "/on"]
)
def test_keys_from_a_set_metadata_or_an_issuer(base: str, path: str) -> None:
    assert keys_from(base + path) == KEYS["keys"]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/missing", "answers with 404"),
        ("/nothing.json", "no set of keys"),
        ("/odd", "names no address for its keys"),
        ("/none", "answers with 404|names no address"),
        ("/large", "more than 1,048,576 bytes"),
        ("/round", "leads on more than 3 times"),
        ("/away", "another scheme"),
        ("/file", "another scheme"),
        ("/cloud", "never asked"),
        ("/mapped", "never asked"),
    ],
)
def test_what_leads_to_none(base: str, path: str, reason: str) -> None:
    with pytest.raises(NoKey, match=reason):
        keys_from(base + path)


@pytest.mark.slow
def test_an_answer_that_never_ends(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "PATIENCE", 0.5)
    with pytest.raises(NotFetched, match=r"no whole answer in 0\.5 seconds"):
        fetch(base + "/slow")


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://169.254.1.2/",
        "http://[fe80::1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[fd00:ec2::254]/",
        "http://2852039166/",
        "http://0xa9fea9fe/",
        "http://169.254.43518/",
    ],
)
def test_no_cloud_is_asked_for_credentials(address: str) -> None:
    with pytest.raises(NotFetched, match=r"never asked|no address that can be asked"):
        fetch(address)


@pytest.mark.parametrize("address", ["http://", "http://[", "http://a b/", "http://x:99999/", "x"])
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(NotFetched):
        fetch(address)


def test_what_else_is_in_an_address_is_not_repeated() -> None:
    with pytest.raises(NotFetched) as told:
        fetch("http://ada:password@127.0.0.1:1/?access_token=eyJ")
    assert str(told.value).startswith("127.0.0.1 cannot be reached")

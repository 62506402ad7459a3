"""What a URL says of a Redis."""

import pytest

from nightlatch.store.redis_address import RedisAddress, read_address

GOOD = [
    ("redis://localhost", RedisAddress((("localhost", 6379),))),
    ("redis://10.0.0.1:7000/3", RedisAddress((("10.0.0.1", 7000),), database=3)),
    ("rediss://cache:6380/", RedisAddress((("cache", 6380),), tls=True)),
    ("redis://[::1]:7000", RedisAddress((("::1", 7000),))),
    ("redis://[::1]", RedisAddress((("::1", 6379),))),
    ("redis://a:1,b:2,c", RedisAddress((("a", 1), ("b", 2), ("c", 6379)))),
    ("redis://:s%40cret@a", RedisAddress((("a", 6379),), password="s@cret")),
    ("redis://app:se:cret@a", RedisAddress((("a", 6379),), user="app", password="se:cret")),
]
BAD = [
    "",
    "localhost:6379",
    "http://a",
    "redis://",
    "redis://a:x",
    "redis://a:70000",
    "redis://a/x",
]


@pytest.mark.parametrize(("url", "address"), GOOD)
def test_urls(url: str, address: RedisAddress) -> None:
    assert read_address(url) == address


@pytest.mark.parametrize("url", BAD)
def test_mistakes_are_told_with_what_to_write(url: str) -> None:
    with pytest.raises(ValueError, match=r"redis://|below 65536"):
        read_address(url)


def test_a_password_is_in_no_message() -> None:
    address = read_address("rediss://app:s3cret@cache:7000/1")
    assert repr(address) == str(address) == "rediss://app@cache:7000/1"
    for bad in ("redis://app:s3cret@cache:x", "redis://app:s3cret@cache/x", "app:s3cret@cache"):
        with pytest.raises(ValueError, match=r"redis|port|database") as told:
            read_address(bad)
        assert "s3cret" not in str(told.value)


def test_the_password_beside_the_url_wins() -> None:
    assert read_address("redis://app:old@a", "new").password == "new"

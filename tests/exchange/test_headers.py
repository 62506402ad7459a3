from hypothesis import given
from hypothesis import strategies as st

from nightlatch.exchange.headers import Headers, headers_of

RAW = st.lists(
    st.tuples(st.sampled_from([b"accept", b"cookie", b"x-a"]), st.binary(max_size=20)), max_size=12
)


def test_first_of_several_values_is_the_one_read() -> None:
    headers = headers_of([("Accept", "a"), ("Via", "x"), ("Accept", "b")])
    assert headers.get(b"accept") == "a"
    assert headers.get_all(b"accept") == ["a", "b"]


def test_missing_field_is_none_and_empty() -> None:
    headers = headers_of([("Accept", "a")])
    assert headers.get(b"cookie") is None
    assert headers.get_all(b"cookie") == []
    assert b"cookie" not in headers
    assert b"accept" in headers


def test_names_are_lowered_and_values_kept() -> None:
    headers = headers_of([("X-Name", "Grün"), ("X-Far", "日")])
    assert headers.raw == ((b"x-name", "Grün".encode("latin-1")), (b"x-far", b"?"))
    assert list(headers.text()) == [("x-name", "Grün"), ("x-far", "?")]


def test_equal_headers_are_equal_and_hash_alike() -> None:
    one, other = headers_of([("A", "1")]), Headers([(b"a", b"1")])
    assert one == other
    assert hash(one) == hash(other)
    assert one != Headers()
    assert one != "a: 1"


def test_repr_shows_no_values() -> None:
    assert "hunter2" not in repr(headers_of([("Authorization", "hunter2")]))
    assert "authorization" in repr(headers_of([("Authorization", "hunter2")]))


@given(RAW)
def test_nothing_is_lost_or_merged(raw: list[tuple[bytes, bytes]]) -> None:
    headers = Headers(raw)
    assert list(headers.raw) == raw
    assert len(headers) == len(raw)
    for name in {name for name, _ in raw}:
        values = headers.get_all(name)
        assert values == [value.decode("latin-1") for key, value in raw if key == name]
        assert headers.get(name) == values[0]

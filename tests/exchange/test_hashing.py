import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from nightlatch.exchange.hashing import KEY_SIZE, Hasher

KEY = bytes(range(32))
TEXT = st.text(st.characters(), max_size=40)


def test_is_keyed_blake3_of_purpose_and_value() -> None:
    expected = blake3(b"phone\x00155", key=KEY).digest(length=8)
    assert Hasher(KEY).digest("phone", "155") == expected
    assert Hasher(KEY).hex("phone", "155") == expected.hex()


@given(TEXT)
def test_equal_values_give_equal_digests_and_other_keys_others(value: str) -> None:
    digest = Hasher(KEY).digest("phone", value)
    assert digest == Hasher(KEY).digest("phone", value)
    assert len(digest) == 8
    assert digest != Hasher(bytes(32)).digest("phone", value)


@given(TEXT)
def test_purposes_never_share_a_digest(value: str) -> None:
    hasher = Hasher(KEY)
    assert hasher.digest("phone", value) != hasher.digest("token", value)


def test_lone_surrogates_can_be_hashed() -> None:
    assert len(Hasher(KEY).digest("name", "\ud800")) == 8


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_other_key_sizes_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match=f"{KEY_SIZE} bytes, not {size}"):
        Hasher(bytes(size))


def test_repr_does_not_show_the_key() -> None:
    assert repr(Hasher(KEY)) == "Hasher(•••)"


def test_a_key_for_each_purpose() -> None:
    hasher = Hasher(b"k" * 32)
    assert len(hasher.key("pass")) == 32
    assert hasher.key("pass") == Hasher(b"k" * 32).key("pass")
    assert hasher.key("pass") != hasher.key("puzzle")
    assert not hasher.key("pass").startswith(hasher.digest("key", "pass"))

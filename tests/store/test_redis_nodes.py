"""Slots, and what is made of redirections."""

import pytest

from nightlatch.store.redis_nodes import SLOTS, slot_of
from nightlatch.store.redis_scripts import keep_for, name_of, signed

# From the Redis Cluster Specification, and from CLUSTER KEYSLOT of a server.
KNOWN = [
    (b"123456789", 0x31C3 % SLOTS),
    (b"foo", 12_182),
    (b"{user1000}.following", slot_of(b"user1000")),
    (b"foo{}{bar}", slot_of(b"foo{}{bar}")),
    (b"foo{{bar}}zap", slot_of(b"{bar")),
    (b"foo{bar}{zap}", slot_of(b"bar")),
]


@pytest.mark.parametrize(("key", "slot"), KNOWN)
def test_slots(key: bytes, slot: int) -> None:
    assert slot_of(key) == slot


@pytest.mark.parametrize("name", ["a", "GET /users/{id}", "}", "{", "{}", "x\0y", "\udc80", ""])
def test_all_keys_of_a_name_are_in_one_slot(name: str) -> None:
    slots = {slot_of(name_of(name) + kind) for kind in (b":e", b":s", b":h", b":c", b":f")}
    assert len(slots) == 1


def test_members_are_kept_as_signed_numbers() -> None:
    assert [signed(one) for one in (0, 2**63 - 1, 2**63, 2**64 - 1)] == [0, 2**63 - 1, -(2**63), -1]


def test_redis_keeps_entries_longer_than_they_live() -> None:
    assert keep_for(60.0) > 60_000
    assert keep_for(-1e9) == 1

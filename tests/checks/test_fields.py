"""Fields by name, in any spelling."""

from nightlatch.checks.fields import any_named, spellings
from nightlatch.exchange.content import Leaf


def test_spellings() -> None:
    assert spellings("is_admin role") == {
        *("is_admin", "IS_ADMIN", "is-admin", "isadmin", "IsAdmin", "isAdmin"),
        *("role", "ROLE", "Role"),
    }


def test_any_named() -> None:
    leaves = (Leaf("$.a.isAdmin", "isAdmin", True), Leaf("$.b", "b", 1))
    assert any_named(leaves, spellings("is_admin"))
    assert not any_named(leaves, spellings("admin"))
    assert not any_named((), spellings("admin"))

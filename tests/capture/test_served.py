"""Marks and users, however frameworks wrap and spell them."""

import functools
from typing import Any

import pytest

from nightlatch import mark, public, sensitive, subject
from nightlatch.capture.served import mark_of, principal_of
from nightlatch.exchange.mark import Mark


def view() -> None:
    """An endpoint."""


def test_decorators_add_up_and_leave_the_function_as_it_is() -> None:
    marked = public(owner="ada", reason="why not")(sensitive(subject("pet", "toy")(view)))
    assert marked is view
    assert mark_of(view, "GET") == Mark(True, "ada", "why not", True, ("pet", "toy"))


def test_wrapped_views() -> None:
    @mark(sensitive=True)
    def inner() -> None:
        """Marked."""

    @functools.wraps(inner)
    def outer() -> None:
        """Around it."""

    for wrapped in (outer, functools.partial(inner), functools.partial(outer)):
        assert mark_of(wrapped, "GET") == Mark(sensitive=True)


def test_classes_and_their_methods() -> None:
    class View:
        @public()
        def get(self) -> None:
            """Marked."""

        def post(self) -> None:
            """Not marked."""

    class Marked:
        pass

    subject("pet")(Marked)
    assert mark_of(View, "GET") == Mark(public=True)
    assert mark_of(View, "POST") is None
    assert mark_of(View().get, "GET") == Mark(public=True)
    assert mark_of(Marked, "PUT") == Mark(subjects=("pet",))
    assert mark_of(None, "GET") is None


class FlaskUser:
    is_authenticated = True

    def get_id(self) -> str:
        return "7"


class DjangoUser:
    is_authenticated = True
    pk = 7


class Anonymous:
    is_authenticated = False
    pk = 7


class Unsupported:
    is_authenticated = True

    @property
    def identity(self) -> str:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("user", "principal"),
    [
        (FlaskUser(), "7"),
        (DjangoUser(), "7"),
        (Anonymous(), ""),
        (Unsupported(), ""),
        (None, ""),
        ("ada", "ada"),
        (object(), ""),
    ],
)
def test_users(user: Any, principal: str) -> None:
    assert principal_of(user) == principal

"""Each framework's spelling of a route, as its SDK or instrumentation tells it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.capture.spelling import LONGEST, route_template
from nightlatch.inventory.routes import read_route

USER = "/v1/users/15550001111/status"
OURS = "/v1/users/{phone}/status"
CASES: list[tuple[str, str, str, str | None]] = [
    ("Starlette, Spring", "/v1/users/{phone}/status", USER, OURS),
    ("Django's SDK", "v1/users/{phone}/status", USER, OURS),
    ("Django", "v1/users/<str:phone>/status", USER, OURS),
    ("Django, re_path", r"^v1/users/(?P<phone>[^/]+)/status$", USER, OURS),
    ("Django, groups in groups", r"^v1/users/(?P<phone>(\+|00)?\d+)/status/?$", USER, OURS),
    ("Django, no name", r"^v1/users/([0-9]{3,})/status$", USER, "/v1/users/{1}/status"),
    ("Flask", "/v1/users/<phone>/status", USER, OURS),
    ("Express, Gin", "/v1/users/:phone/status", USER, OURS),
    ("Express, pattern", "/v1/users/:phone(\\d+)/status", USER, OURS),
    ("Go's mux", "GET /v1/users/{phone}/status", USER, OURS),
    ("Gorilla", "/v1/users/{phone:[0-9]{3,}}/status", USER, OURS),
    ("Rails", "/v1/users/:phone/status(.:format)", USER, OURS),
    ("Next.js", "/v1/users/[phone]/status", USER, OURS),
    ("ASP.NET", "v1/users/{phone:long?}/status", USER, OURS),
    ("Kong", r"~/v1/users/(?<phone>\d+)/status$", USER, OURS),
    ("slash at the end", "v1/users/<int:id>/", "/v1/users/7", "/v1/users/{id}/"),
    ("none at the end", "/v1/users/{id}", "/v1/users/7/", "/v1/users/{id}"),
    ("Laravel, optional", "v1/users/{id?}", "/v1/users/7", "/v1/users/{id}"),
    ("root", "/", "/", "/"),
    ("Django's root", "^$", "/", "/"),
    ("Starlette, rest", "/files/{rest:path}", "/files/a/b", "/files/{rest:path}"),
    ("Django, rest", "files/<path:rest>", "/files/a/b", "/files/{rest:path}"),
    ("Django's SDK, rest", "files/{rest}", "/files/a/b", "/files/{rest:path}"),
    ("Next.js, rest", "/files/[...rest]", "/files/a/b", "/files/{rest:path}"),
    ("Next.js, optional rest", "/files/[[...rest]]", "/files/a/b", "/files/{rest:path}"),
    ("Gin, rest", "/files/*rest", "/files/a/b", "/files/{rest:path}"),
    ("Go's mux, rest", "/files/{rest...}", "/files/a/b", "/files/{rest:path}"),
    ("Spring, rest", "/files/**", "/files/a/b", "/files/{rest:path}"),
    ("a part of the route", "/{phone}/status", USER, None),
    ("another path", "/v2/users/{phone}/status", USER, None),
    ("a view", "UserDetailView", USER, None),
    ("alternatives", "/v1/(users|people)/{phone}/status", USER, None),
    ("Rails, optional part", "/v1(/users)/:phone/status", USER, OURS),
    ("empty", "", "/", None),
    ("a slow one", "/" + "-".join("{a}" * 9), "/" + "-" * 2000, None),
    ("two rests", "/{a:path}/b/{c:path}", "/" + "/b" * 500, None),
    ("too long", "/" + "x" * LONGEST, "/" + "x" * LONGEST, None),
]


@pytest.mark.parametrize(
    ("text", "path", "template"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_spellings(text: str, path: str, template: str | None) -> None:
    assert route_template(text, path) == template
    if template is not None:
        # The inventory understands it, with the same parameters.
        assert read_route(template).deep == (":path}" in template)


def test_every_case_was_tried() -> None:
    assert len(CASES) == 37


@pytest.mark.parametrize("text", [None, 7, ["/a"]])
def test_what_is_no_text(text: object) -> None:
    assert route_template(text, "/a") is None


@given(st.text(alphabet="/{}<>[]()?:*^$\\.|ab1", max_size=40))
@settings(max_examples=100, deadline=None)
def test_no_text_raises(text: str) -> None:
    for path in ("/", "/a/b", text):
        template = route_template(text, path)
        assert template is None or template.startswith("/")

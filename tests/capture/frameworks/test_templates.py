"""Route templates of Django and Werkzeug in the one spelling."""

from typing import Any

import pytest

from nightlatch.capture.frameworks.templates import braces, plain_template

CASES: list[tuple[str, dict[str, Any], str, str | None]] = [
    ("users/<int:pk>/", {"pk": 7}, "/users/7/", "/users/{pk}/"),
    ("users/<str:name>", {"name": "ü"}, "/users/ü", "/users/{name}"),
    ("files/<path:rest>", {"rest": "a/b"}, "/files/a/b", "/files/{rest}"),
    (r"^users/(?P<pk>[0-9]+)/$", {"pk": "7"}, "/users/7/", "/users/{pk}/"),
    (r"api/^v1/(?P<a>[^/()]+)/(?P<b>(x|y))\.json$", {"a": "1", "b": "x"}, "/api/v1/1/x.json",
     "/api/v1/{a}/{b}.json"),
    (r"^optional/(?:more/)?$", {}, "/optional/", None),
    (r"^[a-z]+/$", {}, "/abc/", None),
    ("users/<int:pk>/", {"pk": 7}, "/elsewhere/7/", None),
    ("", {}, "/", "/"),
]  # fmt: skip


@pytest.mark.parametrize(("route", "parameters", "path", "template"), CASES)
def test_a_django_route_is_believed_if_it_gives_the_path(
    route: str, parameters: dict[str, Any], path: str, template: str | None
) -> None:
    assert plain_template(route, parameters, path) == template


def test_below_a_script_name() -> None:
    assert plain_template("users/<int:pk>", {"pk": 7}, "/app/users/7", "/app") == "/app/users/{pk}"


def test_werkzeug() -> None:
    assert braces("/<any(a, b):kind>/<int:id>/<path:rest>/<name>") == "/{kind}/{id}/{rest}/{name}"

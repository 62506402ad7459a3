import pytest

from nightlatch.inventory.routes import MAX_ROUTES, Route, Routes, parameter_names, read_route


@pytest.mark.parametrize(
    ("text", "route"),
    [
        ("/users/{id}", Route("/users/{id}")),
        ("/users/{id:int}", Route("/users/{id}")),
        ("/files/{rest:path}", Route("/files/{rest}", deep=True)),
        ("/users/<int:pk>/", Route("/users/{pk}/")),
        ("/files/<path:rest>", Route("/files/{rest}", deep=True)),
        ("/users/:id", Route("/users/{id}")),
        ("users/<pk>", Route("/users/{pk}")),
        ("/", Route("/")),
        ("/time/12:30", Route("/time/12:30")),
    ],
)
def test_one_spelling_of_every_framework(text: str, route: Route) -> None:
    assert read_route(text) == route


def test_nothing_taught_nothing_found() -> None:
    assert Routes().find("GET", "/users") is None


def test_methods_are_routed_apart() -> None:
    routes = Routes()
    routes.teach("GET", "/users/7", Route("/users/{a}"))
    routes.teach("PUT", "/users/7", Route("/users/{b}"))
    assert routes.find("GET", "/users/8") == "/users/{a}"
    assert routes.find("PUT", "/users/8") == "/users/{b}"
    assert routes.find("DELETE", "/users/8") is None


def test_a_parameter_is_never_empty() -> None:
    routes = Routes()
    routes.teach("GET", "/users/7", Route("/users/{id}"))
    assert routes.find("GET", "/users/") is None


def test_routes_are_bounded() -> None:
    routes = Routes()
    for number in range(MAX_ROUTES + 100):
        routes.teach("GET", f"/r{number}", Route(f"/r{number}"))
    assert routes.count == MAX_ROUTES
    assert routes.find("GET", f"/r{MAX_ROUTES + 50}") is None


def test_names_in_order() -> None:
    assert parameter_names("/a/{x}/{y}-{z}.json") == ["x", "y", "z"]

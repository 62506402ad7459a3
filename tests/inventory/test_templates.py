import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.exchange.content import Leaf
from nightlatch.inventory.templates import UNMATCHED, Templates, endpoint_method
from nightlatch.inventory.tree import MAX_NODES

SPELLINGS = [
    "+1555{:07d}",
    "1555{:07d}",
    "001555{:07d}",
    "%2B1555{:07d}",
    "+1-555-{:07d}",
    "+1 (555) {:07d}",
    "(555) {:07d}",
    "+1%20555%20{:07d}",
]

LEARNED = {
    "/": "/",
    "": "/",
    "//users//42/": "/users/{id}",
    "/users/42": "/users/{id}",
    "/users/me": "/users/me",
    "/users/settings": "/users/settings",
    "/users/onboardingStatus": "/users/onboardingStatus",
    "/auth/forgot-password": "/auth/forgot-password",
    "/api/v1/health": "/api/v1/health",
    "/api/1.1/users": "/api/1.1/users",
    "/v2beta1/oauth2": "/v2beta1/oauth2",
    "/users/+15551234567": "/users/{phone}",
    "/users/15551234567": "/users/{phone}",
    "/users/5551234567/status": "/users/{phone}/status",
    "/users/555-123-4567": "/users/{phone}",
    "/users/555-1234": "/users/{phone}",
    "/users/%2B15551234567": "/users/{phone}",
    "/users/(555) 123-4567": "/users/{phone}",
    "/phones/5551234": "/phones/{phone}",
    "/orders/1000000001": "/orders/{id}",
    "/items/1700000000": "/items/{id}",
    "/events/at/1700000000123": "/events/at/{id}",
    "/orders/ORD-2024-000123": "/orders/{id}",
    "/customers/cus_9s6XKzkNRiz8i3": "/customers/{id}",
    "/x/9b2e6c1e-9d3a-4b00-8234-56789abcdef0": "/x/{uuid}",
    "/x/5f2b6c1e9d3a4b0012345678": "/x/{objectid}",
    "/x/01ARZ3NDEKTSV4RRFFQ69G5FAV": "/x/{ulid}",
    "/x/d41d8cd98f00b204e9800998ecf8427e": "/x/{hash}",
    "/x/alice@example.com": "/x/{email}",
    "/x/alice%40example.com": "/x/{email}",
    "/x/2024-01-31": "/x/{date}",
    "/x/2024-01-31T10:00:00Z": "/x/{date}",
    "/x/31.01.2024": "/x/{date}",
    "/x/20240131": "/x/{date}",
    "/x/203.0.113.9": "/x/{ip}",
    "/weather/52.52,13.405": "/weather/{point}",
    "/reset/Zk3p9QxT7vLm2Rw8Yd5Hn1": "/reset/{token}",
    "/users/7/posts/8/comments/9": "/users/{id}/posts/{id2}/comments/{id3}",
    "/users/42;jsessionid=ABC": "/users/{id}",
    "/hash/sha256": "/hash/sha256",
}


@pytest.mark.parametrize(("path", "template"), LEARNED.items())
def test_one_path_is_enough_for_values_that_show_their_kind(path: str, template: str) -> None:
    templates = Templates()
    assert templates.guess("GET", path) == template
    assert templates.settle("GET", path, None) == template
    assert templates.guess("GET", path) == template


def test_every_path_was_tried() -> None:
    assert len(LEARNED) == 40


@pytest.mark.slow
def test_100_000_phone_numbers_in_any_spelling_are_one_endpoint() -> None:
    templates = Templates()
    seen = {
        templates.settle(
            "GET", f"/v1/users/{SPELLINGS[n % len(SPELLINGS)].format(n * 97)}/status", None
        )
        for n in range(100_000)
    }
    assert seen == {"/v1/users/{phone}/status"}


def test_a_walk_with_any_spelling_is_told_before_routing() -> None:
    templates = Templates()
    templates.settle("GET", "/users/+15551234567", "/users/{number}")
    for spelling in SPELLINGS:
        assert templates.guess("GET", "/users/" + spelling.format(42)) == "/users/{number}"


def test_growing_record_numbers_do_not_become_phones() -> None:
    templates = Templates()
    numbers = (1, 999_999, 9_999_999, 999_999_999, 5_551_234_567, 15_551_234_567)
    assert {templates.settle("GET", f"/things/{n}", None) for n in numbers} == {"/things/{id}"}


def test_free_words_become_slugs_once_there_are_enough_and_known_words_stay() -> None:
    templates = Templates()
    names = random.Random(7)
    for _ in range(500):
        name = "".join(names.choices("bcdfgklmnprst", k=8))
        templates.settle("GET", f"/users/{name}/posts", None)
        templates.settle("GET", f"/articles/{name}-story", None)
    templates.settle("GET", "/users/me", None)
    assert templates.guess("GET", "/users/zkrmbl/posts") == "/users/{username}/posts"
    assert templates.guess("GET", "/articles/another-zkrmbl") == "/articles/{slug}"
    assert templates.guess("GET", "/users/me") == "/users/me"
    assert templates.settle("GET", "/users/settings", None) == "/users/settings"
    assert templates.tree.size < 20


def test_many_doors_side_by_side_that_are_used_stay_doors() -> None:
    templates = Templates()
    doors = [f"/api/zq{chr(97 + n // 26)}{chr(97 + n % 26)}x" for n in range(60)]
    for _ in range(10):
        for door in doors[:20]:
            templates.settle("GET", door, None)
    for _ in range(10):
        for door in doors:
            templates.settle("GET", door, None)
    assert {templates.guess("GET", door) for door in doors} == set(doors)


def test_unknown_collections_are_told_from_slugs() -> None:
    templates = Templates()
    collections = [f"zq{chr(97 + n // 26)}{chr(97 + n % 26)}x" for n in range(100)]
    for collection in collections:
        templates.settle("GET", f"/fhir/{collection}/42", None)
    assert templates.guess("GET", f"/fhir/{collections[7]}/43") == f"/fhir/{collections[7]}/{{id}}"


def test_compounds_of_known_words_are_slugs_next_to_slugs_only() -> None:
    templates = Templates()
    names = random.Random(7)
    for _ in range(30):
        name = "".join(names.choices("bcdfgklmnprst", k=8))
        templates.settle("GET", f"/articles/{name}", None)
        templates.settle("GET", f"/users/{name}", None)
    assert templates.settle("GET", "/articles/best-video-games", None) == "/articles/{slug}"
    assert templates.settle("GET", "/articles/search", None) == "/articles/search"
    assert templates.settle("GET", "/users/forgot-password", None) == "/users/forgot-password"


def test_a_renamed_route_is_believed() -> None:
    templates = Templates()
    templates.settle("GET", "/users/7", "/users/{id}")
    templates.settle("DELETE", "/users/7", "/users/{number}")
    templates.settle("GET", "/users/8", "/users/{user_id}")
    assert templates.guess("GET", "/users/9") == "/users/{user_id}"
    assert templates.guess("DELETE", "/users/9") == "/users/{number}"


def test_a_door_that_stands_out_among_slugs_stays() -> None:
    templates = Templates()
    for _ in range(300):
        templates.settle("GET", "/shop/zebrafone", None)
    names = random.Random(7)
    for _ in range(200):
        templates.settle("GET", "/shop/" + "".join(names.choices("bcdfgklmnprst", k=9)), None)
    assert templates.guess("GET", "/shop/zebrafone") == "/shop/zebrafone"
    assert templates.guess("GET", "/shop/zkrmblqt") == "/shop/{slug}"


def test_paths_nobody_answers_make_no_endpoints() -> None:
    templates = Templates()
    for number in range(5_000):
        path = f"/{number}x/wp-admin{number}/setup.php"
        assert templates.settle("GET", path, None, status=404) == UNMATCHED
    assert templates.tree.size == 1
    templates.settle("GET", "/users/1", None, status=200)
    assert templates.settle("GET", "/users/2", None, status=404) == "/users/{id}"


@pytest.mark.slow
def test_the_tree_is_bounded_against_a_server_that_answers_everything() -> None:
    templates = Templates()
    chaos = random.Random(7)
    words = ["users", "orders", "items", "me", "list", "settings", "search", "export"]
    for number in range(20_000):
        depth = chaos.randrange(1, 20)
        path = "/" + "/".join(chaos.choice([*words, f"zz{number}q"]) for _ in range(depth))
        templates.settle("GET", path, None, status=200)
        assert templates.tree.size <= MAX_NODES + 20


def test_the_frameworks_route_wins_and_teaches() -> None:
    templates = Templates()
    assert templates.settle("GET", "/users/7", "/users/{user_id:int}") == "/users/{user_id}"
    assert templates.guess("GET", "/users/8") == "/users/{user_id}"
    assert templates.guess("GET", "/users/alice") == "/users/{user_id}"
    assert templates.guess("HEAD", "/users/8") == "/users/{user_id}"
    assert templates.guess("DELETE", "/users/8") == "/users/{id}"


def test_a_route_that_looks_like_its_paths_is_learned_as_well() -> None:
    templates = Templates()
    route = "/users/{phone}"
    assert templates.settle("GET", "/users/+15550100123", route) == route
    assert templates.routes.find("GET", "/users/somebody") == route
    assert templates.settle("PUT", "/users/+15550100123", route) == route
    assert templates.routes.count == 2


def test_words_win_over_parameters_once_the_framework_said_so() -> None:
    templates = Templates()
    templates.settle("GET", "/users/7", "/users/{user_id}")
    templates.settle("GET", "/users/me", "/users/me")
    templates.settle("GET", "/users/7/posts", "/users/{user_id}/posts")
    assert templates.guess("GET", "/users/me") == "/users/me"
    assert templates.guess("GET", "/users/me/posts") == "/users/{user_id}/posts"
    assert templates.guess("GET", "/users/9/posts") == "/users/{user_id}/posts"


def test_two_routes_of_one_form_are_told_by_what_they_held() -> None:
    templates = Templates()
    templates.settle("GET", "/items/7", "/items/{number:int}")
    templates.settle("GET", "/items/blue-shoe", "/items/{slug}")
    assert templates.guess("GET", "/items/8") == "/items/{number}"
    assert templates.guess("GET", "/items/red-hat") == "/items/{slug}"


@pytest.mark.parametrize(
    ("route", "path", "template", "values"),
    [
        ("/u/{phone}", "/u/%2B1555", "/u/{phone}", {"phone": "+1555"}),
        ("/u/<int:pk>/", "/u/7/", "/u/{pk}/", {"pk": "7"}),
        ("u/<pk>", "/u/7", "/u/{pk}", {"pk": "7"}),
        ("/u/:id/x", "/u/7/x", "/u/{id}/x", {"id": "7"}),
        ("/f/{rest:path}", "/f/a/b/c", "/f/{rest}", {"rest": "a/b/c"}),
        ("/f/{name}.json", "/f/a.b.json", "/f/{name}.json", {"name": "a.b"}),
        ("/r/{a}-{b}", "/r/x-y-z", "/r/{a}-{b}", {"a": "x", "b": "y-z"}),
        ("/@{handle}", "/@alice", "/@{handle}", {"handle": "alice"}),
        ("/plain", "/plain", "/plain", {}),
    ],
)
def test_routes_of_every_framework(
    route: str, path: str, template: str, values: dict[str, str]
) -> None:
    templates = Templates()
    assert templates.settle("GET", path, route) == template
    assert templates.guess("GET", path) == template
    expected = tuple(Leaf(f"path.{name}", name, value) for name, value in values.items())
    assert templates.parameters(template, path) == expected


def test_parameters_of_another_path_are_none() -> None:
    assert Templates().parameters("/users/{id}/x", "/users") == ()
    assert Templates().parameters("/f/{name}.json", "/g") == ()


def test_a_path_does_not_keep_the_search_busy() -> None:
    templates = Templates()
    for number in range(12):
        route = "/".join(["", *(["a"] * number), "{x}", *(["a"] * (12 - number)), "end"])
        templates.settle("GET", route.replace("{x}", "a"), route)
    assert templates.guess("GET", "/" + "a/" * 5_000)


def test_invented_methods_are_one() -> None:
    assert endpoint_method("HEAD") == "GET"
    assert endpoint_method("OPTIONS") == "OPTIONS"
    assert endpoint_method("get") == "OTHER"
    assert endpoint_method("FOO\x00") == "OTHER"


@given(st.lists(st.text(max_size=30).map(lambda path: "/" + path), max_size=30))
@settings(max_examples=100, deadline=None)
def test_any_path_has_one_template_and_keeps_it(paths: list[str]) -> None:
    templates = Templates()
    for path in paths:
        guess = templates.guess("GET", path)
        assert guess.startswith("/")
        settled = templates.settle("GET", path, None)
        assert templates.guess("GET", path) == settled
        templates.parameters(settled, path)

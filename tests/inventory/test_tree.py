import msgspec

from nightlatch.inventory.tree import MAX_DEPTH, Tree, bounded, shape_of, template_of


def test_equal_parameters_are_numbered() -> None:
    assert template_of(["a", "{id}", "b", "{id}", "{uuid}"]) == "/a/{id}/b/{id2}/{uuid}"
    assert template_of([]) == "/"


def test_what_is_deeper_than_anyone_builds_is_the_rest() -> None:
    deep = ["a"] * 40
    assert len(bounded(deep)) == MAX_DEPTH + 1
    tree = Tree()
    assert tree.find(deep) is None
    assert tree.learn(deep).endswith("/a/{rest}")
    assert tree.find(["a"] * 50) == tree.find(deep) == tree.learn(deep)


def test_a_place_on_the_way_is_not_yet_an_endpoint() -> None:
    tree = Tree()
    tree.learn(["users", "42"])
    assert tree.find(["users"]) is None
    assert tree.find(["users", "43"]) == "/users/{id}"
    assert tree.find(["users", "43", "posts"]) is None


def test_a_shape_is_learned_nowhere() -> None:
    tree = Tree()
    assert shape_of(["users", "42"]) == "/users/{id}"
    assert tree.size == 1


def test_a_tree_survives_a_restart() -> None:
    tree = Tree()
    for name in ("users/42", "users/me", "users/+442079460958/posts"):
        tree.learn(name.split("/"))
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(tree), type=Tree)
    assert again == tree
    assert again.find(["users", "7"]) == "/users/{id}"
    assert again.find(["users", "442079460958", "posts"]) == "/users/{phone}/posts"

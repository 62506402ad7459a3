"""What is remembered ends by its time, and is never too much."""

from nightlatch.workbench.oauth.server.shelf import Shelf


def test_everything_ends() -> None:
    shelf: Shelf[str] = Shelf()
    shelf.put("a", "one", until=10)
    assert shelf.get("a", 9.9) == "one"
    assert shelf.values(9.9) == ["one"]
    assert shelf.values(10) == []
    assert shelf.get("a", 10) is None
    assert len(shelf) == 0


def test_what_is_taken_is_gone() -> None:
    shelf: Shelf[str] = Shelf()
    shelf.put("a", "one", until=10)
    assert shelf.take("a", 1) == "one"
    assert shelf.take("a", 1) is None


def test_only_the_first_time_is_the_first() -> None:
    shelf: Shelf[bool] = Shelf()
    assert shelf.first_time("a", 1, 10, True)
    assert not shelf.first_time("a", 9, 20, True)
    assert shelf.first_time("a", 10, 20, True)


def test_the_oldest_goes_first_when_it_is_full() -> None:
    shelf: Shelf[int] = Shelf(most=3)
    for number in range(4):
        shelf.put(str(number), number, until=100)
    shelf.put("1", 1, until=100)
    shelf.put("4", 4, until=100)
    assert shelf.values(0) == [3, 1, 4]

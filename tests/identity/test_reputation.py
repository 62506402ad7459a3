from nightlatch.identity.feeds import FeedKind
from nightlatch.identity.networks import Book, Listed, Networks
from nightlatch.identity.prefixes import Ranges
from nightlatch.identity.reputation import Reputation


def reputation(**lists: str) -> Reputation:
    kinds = {"exits": FeedKind.TOR}
    read = [
        Listed(name, kinds.get(name, FeedKind.BAD), Ranges.of(text.split()))
        for name, text in lists.items()
    ]
    return Reputation(Networks(Book(read)))


def test_nothing_loaded_is_not_the_same_as_clean() -> None:
    assert Reputation(Networks()).look_up("192.0.2.1") is None
    assert reputation(empty="").look_up("192.0.2.1") == ""


def test_a_kind_of_network_is_no_bad_name() -> None:
    assert reputation(exits="192.0.2.1").look_up("192.0.2.1") is None
    assert reputation(exits="192.0.2.1", drop="198.51.100.1").look_up("192.0.2.1") == ""


def test_the_first_list_names_it() -> None:
    both = reputation(drop="192.0.2.0/25", level1="192.0.2.0/24")
    assert both.look_up("192.0.2.1") == "drop"
    assert both.look_up("192.0.2.200") == "level1"


def test_what_is_private_or_no_address_is_clean() -> None:
    everything = reputation(bad="0.0.0.0/0")
    assert everything.look_up("testclient") == ""
    assert everything.look_up("127.0.0.1") == ""

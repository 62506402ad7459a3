import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.exchange.content import EMPTY, Content, Leaf, query_leaves, read_content
from nightlatch.exchange.disclosure import DataClass, DataItem, Side
from nightlatch.exchange.exchange import Body
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.redaction import Redactor
from nightlatch.exchange.signs import ALL
from nightlatch.inventory.classify import _RETRY, MAX_ENDPOINTS, MAX_MAPPED, MAX_SPOTS, Classifier

DOOR = "GET /door"
REDACTOR = Redactor(Hasher(bytes(32)))


@pytest.fixture
def classifier() -> Classifier:
    return Classifier()


def read(data: bytes, media: str = "application/json") -> Content:
    return read_content(Body(data, len(data)), media)


def told(classifier: Classifier, document: object, door: str = DOOR) -> tuple[DataItem, ...]:
    body = msgspec.json.encode(document)
    return classifier.items(door, (), (), EMPTY, read(body), body)


def held(items: tuple[DataItem, ...]) -> dict[str, tuple[DataClass, int]]:
    return {item.path: (item.data_class, item.count) for item in items}


def test_the_breach_in_one_exchange(classifier: Classifier) -> None:
    answer = {"account_id": 4711, "phone": "15551234567", "status": "active", "devices": 2}
    items = told(classifier, answer)
    assert held(items) == {
        "$.account_id": (DataClass.ACCOUNT_ID, 1),
        "$.phone": (DataClass.PHONE, 1),
    }
    assert {item.side for item in items} == {Side.RESPONSE}
    assert "1555123" not in str(items)


def test_every_part_of_a_request_is_named(classifier: Classifier) -> None:
    form = read(b"email=bob%40example.com", "application/x-www-form-urlencoded")
    items = classifier.items(
        DOOR,
        (Leaf("path.phone", "phone", "+14155552671"),),
        query_leaves("email=alice%40example.com&page=2"),
        form,
        EMPTY,
        b"",
    )
    assert held(items) == {
        "path.phone": (DataClass.PHONE, 1),
        "query.email": (DataClass.EMAIL, 1),
        "form.email": (DataClass.EMAIL, 1),
    }
    assert {item.side for item in items} == {Side.REQUEST}


def test_lists_are_counted(classifier: Classifier) -> None:
    people = [{"name": f"n{n}", "phone": f"+1415555{n:04d}"} for n in range(500)]
    for _ in range(3):
        assert held(told(classifier, {"people": people})) == {
            "$.people[].phone": (DataClass.PHONE, 500)
        }
    bare = told(classifier, {"numbers": ["+14155552671", "+14155552672"]}, "POST /bulk")
    assert held(bare) == {"$.numbers[]": (DataClass.PHONE, 2)}


def test_what_is_absent_is_not_reported(classifier: Classifier) -> None:
    for _ in range(12):
        told(classifier, {"phone": "+14155552671"})
    for value in (None, "", "unknown", True):
        assert told(classifier, {"phone": value}) == ()
    assert held(told(classifier, {"phone": 14155552671})) == {"$.phone": (DataClass.PHONE, 1)}


def test_a_field_that_changes_is_looked_at_again(classifier: Classifier) -> None:
    for _ in range(50):
        assert told(classifier, {"contact_info": "none"}) == ()
    for _ in range(5):
        assert held(told(classifier, {"contact_info": "alice@example.com"})) == {
            "$.contact_info": (DataClass.EMAIL, 1)
        }
    assert told(classifier, {"contact_info": "none"}) == ()


def test_a_field_of_two_kinds(classifier: Classifier) -> None:
    for _ in range(20):
        email = told(classifier, {"identifier": "alice@example.com"})
        assert held(email) == {"$.identifier": (DataClass.EMAIL, 1)}
        phone = told(classifier, {"identifier": "+14155552671"})
        assert held(phone) == {"$.identifier": (DataClass.PHONE, 1)}


def test_weak_evidence_needs_a_second_value(classifier: Classifier) -> None:
    assert told(classifier, {"line": "14155552671"}) == ()
    assert held(told(classifier, {"line": "14155552672"})) == {"$.line": (DataClass.PHONE, 1)}


def test_names_count_where_a_person_is(classifier: Classifier) -> None:
    document = {
        "user": {"name": "Alice Smith"},
        "product": {"name": "Blue Widget"},
        "customers": [{"name": "Bob Jones"}],
    }
    assert held(told(classifier, document)) == {
        "$.user.name": (DataClass.NAME, 1),
        "$.customers[].name": (DataClass.NAME, 1),
    }


def test_data_inside_longer_texts(classifier: Classifier) -> None:
    secret = "AKIA" + "IOSFODNN7EXAMPL2"
    text = f"write to alice@example.com or\nbob@example.com; key:\n{secret} " + "." * 600
    for _ in range(12):
        items = told(classifier, {"log": {"text": text}, "id": 7})
        assert {(item.path, item.data_class, item.count) for item in items} == {
            ("$.log.text", DataClass.EMAIL, 2),
            ("$.log.text", DataClass.CLOUD_KEY, 1),
        }
        assert secret not in str(items)


def test_pages_and_broken_json_are_read_as_text(classifier: Classifier) -> None:
    page = b"<p>Mail <a href='mailto:alice@example.com'>Alice</a>, IBAN DE89370400440532013000</p>"
    items = classifier.items(DOOR, (), (), EMPTY, read(page, "text/html"), page)
    assert held(items) == {"body": (DataClass.IBAN, 1)} | held(items)
    assert {item.data_class for item in items} == {DataClass.EMAIL, DataClass.IBAN}
    broken = b'{"email": "alice@example.com", '
    items = classifier.items(DOOR, (), (), EMPTY, read(broken), broken)
    assert held(items) == {"body": (DataClass.EMAIL, 1)}


def test_binary_answers_are_left_alone(classifier: Classifier) -> None:
    image = b"\x89PNG alice@example.com"
    assert classifier.items(DOOR, (), (), EMPTY, read(image, "image/png"), image) == ()


def test_keys_that_are_values_make_one_path_and_count(classifier: Classifier) -> None:
    for start in range(0, 2_000, 100):
        book = {f"+1415555{n:04d}": {"email": "a@example.com"} for n in range(start, start + 100)}
        items = told(classifier, {"book": book})
        assert held(items) == {
            "$.book.{phone}.email": (DataClass.EMAIL, 100),
        } | {
            item.path: (item.data_class, item.count)
            for item in items
            if item.data_class is DataClass.PHONE
        }
        assert sum(item.count for item in items if item.data_class is DataClass.PHONE) == 100
        assert "555" not in str(items)
    assert len(classifier.learned[DOOR].response) == 1


def test_addresses_as_keys(classifier: Classifier) -> None:
    items = told(classifier, {"by_mail": {"alice@example.com": {"phone": "+14155552671"}}})
    assert {item.data_class for item in items} == {DataClass.EMAIL, DataClass.PHONE}
    assert "alice" not in str(items)


def test_what_only_resembles_a_kind_is_not_searched_for_ever(classifier: Classifier) -> None:
    for _ in range(20):
        assert told(classifier, {"note": "ref +999 123 456 789 ok"}) == ()
    assert classifier.learned[DOOR].fruitless == {DataClass.PHONE: 20}
    for _ in range(_RETRY):
        items = told(classifier, {"note": "ref +442079460958 ok"})
        if items:
            break
    assert held(items) == {"$.note": (DataClass.PHONE, 1)}
    assert held(told(classifier, {"note": "ref +442079460959 ok"})) == held(items)


def test_messages_of_endless_shape_stay_bounded(classifier: Classifier) -> None:
    for turn in range(30):
        document = {f"k{turn}{'x' * n}": {"phone": "+14155552671"} for n in range(40)}
        items = told(classifier, document)
        assert {item.data_class for item in items} == {DataClass.PHONE}
        assert sum(item.count for item in items) == 40
    assert len(classifier.learned[DOOR].response) <= 2 * MAX_SPOTS
    for turn in range(30):
        told(classifier, {f"z{turn}{'x' * n}": "value" for n in range(60)})
    assert len(classifier.learned[DOOR].response) <= 2 * MAX_SPOTS


def test_endpoints_stay_bounded(classifier: Classifier) -> None:
    for number in range(MAX_ENDPOINTS + 50):
        told(classifier, {"a": 1}, f"GET /{number}")
    assert len(classifier.learned) == MAX_ENDPOINTS
    assert "GET /0" not in classifier.learned


def told_once(classifier: Classifier, document: object) -> tuple[DataItem, ...]:
    """As the pipeline does it: only what the walk through the body has sighted is read."""
    body = Body(msgspec.json.encode(document))
    content = read(body.data)
    _, sightings = REDACTOR.read(body, content, ALL, classifier.places(DOOR).response)
    return classifier.items(DOOR, (), (), EMPTY, content, body.data, (None, sightings))


def quiet(classifier: Classifier, document: object) -> set[str]:
    """Paths whose values are no longer reported."""
    body = Body(msgspec.json.encode(document))
    places = classifier.places(DOOR).response
    _, sightings = REDACTOR.read(body, read(body.data), ALL, places)
    seen = {place.path for place, _ in sightings or ()}
    return {leaf.path for leaf in read(body.data).leaves} - seen


def test_what_holds_nothing_falls_quiet(classifier: Classifier) -> None:
    row = {"status": "active", "devices": 2, "phone": "+14155552671", "email": "ada@example.com"}
    for _ in range(10):
        told_once(classifier, {"users": [row]})
    assert quiet(classifier, {"users": [row]}) == {"$.users[].status", "$.users[].devices"}
    items = told_once(classifier, {"users": [row, {**row, "status": "ada@example.com" + "x" * 99}]})
    assert held(items)["$.users[].phone"] == (DataClass.PHONE, 2)


def test_a_quiet_path_that_comes_to_hold_something_is_heard_again(classifier: Classifier) -> None:
    for _ in range(10):
        told_once(classifier, {"info": "nothing of note at all"})
    assert quiet(classifier, {"info": "x"}) == {"$.info"}
    for number in range(30):
        told_once(classifier, {"info": f"ada{number}@example.com"})
    assert quiet(classifier, {"info": "x"}) == set()
    assert held(told_once(classifier, {"info": "bob@example.com"})) == {
        "$.info": (DataClass.EMAIL, 1)
    }


def test_what_is_quiet_is_forgotten_with_the_endpoint(classifier: Classifier) -> None:
    for _ in range(10):
        told_once(classifier, {"status": "active"})
    classifier.forget(DOOR)
    assert quiet(classifier, {"status": "active"}) == set()


def test_places_are_kept_for_so_many_endpoints(classifier: Classifier) -> None:
    first = classifier.places(DOOR)
    for number in range(MAX_MAPPED - 1):
        classifier.places(f"GET /{number}")
    assert classifier.places(DOOR) is first
    for number in range(MAX_MAPPED):
        classifier.places(f"GET /{number}")
    assert classifier.places(DOOR) is not first


@given(
    st.lists(
        st.fixed_dictionaries(
            {"status": st.sampled_from(["active", "gone"]), "age": st.integers(0, 99)},
            optional={
                "email": st.sampled_from(["ada@example.com", "bob@example.org", "none"]),
                "phones": st.lists(st.sampled_from(["+14155552671", "+4930123456", "x"])),
                "account_id": st.integers(1, 10**8),
            },
        ),
        max_size=40,
    )
)
@settings(max_examples=60, deadline=None)
def test_reading_only_what_was_sighted_finds_the_same(rows: list[object]) -> None:
    classifier, careful = Classifier(), Classifier()
    for row in rows:
        assert told_once(classifier, row) == told(careful, row)


@pytest.mark.slow
@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.text(max_size=40)),
        lambda each: (
            st.lists(each, max_size=4) | st.dictionaries(st.text(max_size=12), each, max_size=4)
        ),
        max_leaves=20,
    )
)
@settings(max_examples=100, deadline=None)
def test_no_document_raises_and_none_is_repeated(document: object) -> None:
    classifier = Classifier()
    for _ in range(3):
        for item in told(classifier, document):
            assert 0.0 < item.confidence <= 1.0
            assert item.count >= 1

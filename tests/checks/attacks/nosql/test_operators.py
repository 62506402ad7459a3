"""Operators in names, and what the names around them make of them."""

import pytest

from nightlatch.checks.attacks.nosql.operators import in_fragment, in_name


@pytest.mark.parametrize(
    "path",
    [
        "user[$ne]",
        "password[$regex]",
        "$.password.$ne",
        "$.user.name.$gt",
        "login[$nin][]",
        "token[$exists]",
        "$.$where",
        "$where",
        "$.$or[].a",
        "id[$ne]",
        "$.id.$in[]",
        "a[b][$not][$eq]",
        "$.price.$gt",
        "username[$eq]",
        "reset_code[$gt]",
        "$.users[].pin.$ne",
    ],
)
def test_an_operator_in_place_of_a_value(path: str) -> None:
    found = in_name(path)
    assert found is not None
    assert found[0] >= 60


@pytest.mark.parametrize(
    "path",
    [
        "filters[price][$gt]",
        "filter[name][$ne]",
        "where[age][$lt]",
        "query[$or][0][a]",
        "$.filter.age.$gte",
        "$.pipeline[].$match.x",
        "$.query.$and[].a",
        "$set.email",
        "$.$set.name",
        "$.$schema",
        "$.properties.a.$ref",
        "$.$defs.x",
        "$.$id",
        "$._id.$oid",
        "$.at.$date",
        "$browser",
        "properties[$os]",
        "$.$type",
        "$.price$",
        "user[ne]",
        "$limit",
        "$.$sort",
        "$top",
        "$filter",
        "$select",
        "a.b.c",
        "",
    ],
)
def test_names_that_are_no_operators_or_belong_to_a_published_filter(path: str) -> None:
    found = in_name(path)
    assert found is None or found[0] < 60


def test_a_name_of_a_person_makes_it_worse() -> None:
    named, other = in_name("password[$gt]"), in_name("age[$gt]")
    assert named is not None
    assert other is not None
    assert named[0] > other[0]


@pytest.mark.parametrize("text", ["', $or: [", "{$ne: 1", '", "$gt": ""', "{ '$regex' : 'a'"])
def test_a_piece_of_an_object(text: str) -> None:
    assert in_fragment(text)


@pytest.mark.parametrize("text", ["$or", "pay $or: x", "{$set: 1}", "{a: {$gt: 1}}", "{" * 8_192])
def test_no_piece_of_an_object(text: str) -> None:
    assert in_fragment(text) is None

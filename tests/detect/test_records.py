from typing import Any

import pytest

from nightlatch.detect.records import read_records, subject_kind
from nightlatch.exchange.disclosure import DataClass

PERSON = {"id": 71, "phone": "+15550100199", "email": "ada@example.org"}
OTHER = {"id": 72, "phone": "+15550100198", "email": "bob@example.org"}


def _names(value: Any) -> list[Any]:
    return [record.name[1] for record in read_records(value).people()]


@pytest.mark.parametrize(
    ("value", "names"),
    [
        (PERSON, ["+15550100199"]),
        ({"account": PERSON, "meta": {"page": 1}}, ["+15550100199"]),
        ([PERSON, OTHER], ["+15550100199", "+15550100198"]),
        ({"users": [PERSON, OTHER]}, ["+15550100199", "+15550100198"]),
        ({"data": {"users": [PERSON, OTHER]}}, ["+15550100199", "+15550100198"]),
        ({"users": [{"id": 71}, {"id": 72}]}, [71, 72]),
        ({"phones": ["+15550100199", "+15550100198"]}, ["+15550100199", "+15550100198"]),
        (PERSON | {"devices": [{"id": 1}, {"id": 2}]}, ["+15550100199"]),
        (PERSON | {"contacts": [OTHER]}, ["+15550100199", "+15550100198"]),
        ({"status": "ok", "count": 3}, []),
        (None, []),
        ([], []),
    ],
)
def test_one_subject_per_record(value: Any, names: list[Any]) -> None:
    assert _names(value) == names


def test_depth_and_number_are_bounded() -> None:
    deep: Any = PERSON
    for _ in range(100):
        deep = [deep]
    assert _names(deep) == []
    assert len(_names([{"id": number} for number in range(20_000)])) == 5_000


def test_a_device_or_a_place_is_nobody() -> None:
    assert subject_kind("device_id", "3f2504e0-4f89-11d3-9a0c-0305e82c3301") is None
    assert subject_kind("phone", "+15550100199") is DataClass.PHONE

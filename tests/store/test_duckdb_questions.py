"""Counting distinct subjects among millions of disclosures."""

from collections.abc import Iterator

import duckdb
import pytest

from nightlatch.store import duckdb_questions as questions
from nightlatch.store.duckdb_questions import Where, distinct_subjects
from nightlatch.store.duckdb_schema import migrate


@pytest.fixture
def many() -> Iterator[duckdb.DuckDBPyConnection]:
    """600,000 disclosures: three of each of 180,000 subjects at one endpoint, and few at others."""
    with duckdb.connect() as connection:
        migrate(connection)
        for endpoint, rows, subjects in (("large", 540_000, 180_000), ("small", 59_990, 777)):
            connection.execute(
                "INSERT INTO disclosures SELECT range, $1, 'c', 'a', hash(range % $3 + $3), '' "
                "FROM range($2)",
                [endpoint, rows, subjects],
            )
        connection.execute(
            "INSERT INTO disclosures SELECT 1, 'tiny', 'c', 'a', 7, '' FROM range(10)"
        )
        yield connection


def test_few_are_counted_exactly_and_many_within_three_percent(
    many: duckdb.DuckDBPyConnection,
) -> None:
    counts = distinct_subjects(many, ("endpoint",), Where())
    assert counts["small",] == 777
    assert counts["tiny",] == 1
    assert counts["large",] != 180_000, "this was to be a sample"
    assert abs(counts["large",] - 180_000) <= 0.03 * 180_000


@pytest.mark.slow
def test_below_half_a_million_rows_all_are_counted(many: duckdb.DuckDBPyConnection) -> None:
    where = Where()
    where.add("observed_at < ?", 400_000)
    counts = distinct_subjects(many, ("endpoint",), where)
    assert counts == {("large",): 180_000, ("small",): 777, ("tiny",): 1}


def test_a_timeline_of_many_has_the_same_bounds(many: duckdb.DuckDBPyConnection) -> None:
    steps = questions.timeline(many, 0.0, 540_000.0, 3, "large")
    assert [step.low for step in steps] == [0, 0, 0]
    for step in steps:
        assert abs(step.disclosed - 180_000) <= 0.03 * 180_000

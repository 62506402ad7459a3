from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.capture.logs.lines import MAX_LINE, Cutter


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.lists(st.integers(0, 30), max_size=20), st.integers(0, 10**6))
def test_lines_and_places_do_not_depend_on_the_pieces(
    data: bytes, sizes: list[int], begin: int
) -> None:
    whole, pieces = Cutter(begin), Cutter(begin)
    wanted = list(whole.feed(data))
    found: list[tuple[int, bytes | None]] = []
    at = 0
    for size in [*sizes, len(data)]:
        found += pieces.feed(data[at : at + size])
        at += size
    assert found == wanted
    assert pieces.offset == whole.offset
    assert pieces.last() == whole.last()
    for place, line in wanted:
        assert line is not None
        assert data[place - begin :].startswith(line)


def test_what_stands_before_a_line_is_not_of_it() -> None:
    """A byte order mark, and the hole that copytruncate leaves under a writer that goes on."""
    hole = b"\0" * (3 * MAX_LINE)
    data = b"\xef\xbb\xbffirst\n" + hole + b"second\r\n\0\nthird\n"
    wanted = [(3, b"first"), (9 + len(hole), b"second"), (9 + len(hole) + 9, b""),
              (9 + len(hole) + 10, b"third")]  # fmt: skip
    for size in (1000, MAX_LINE, len(data)):
        cutter = Cutter()
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        assert [found for piece in pieces for found in cutter.feed(piece)] == wanted
        assert cutter.offset == len(data)


def test_a_line_that_is_too_long_is_passed_over_and_memory_stays_bounded() -> None:
    cutter = Cutter()
    found = list(cutter.feed(b"first\n"))
    for _ in range(10):
        found += cutter.feed(b"x" * MAX_LINE)
        assert len(cutter.last()) <= MAX_LINE
    found += cutter.feed(b"end\nnext\n")
    assert [line for _, line in found] == [b"first", None, b"next"]
    assert cutter.offset == 6 + 10 * MAX_LINE + 4 + 5

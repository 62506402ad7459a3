"""Whose records a JSON value carries: people by their identifiers, one subject per record.

A record is an object together with the objects nested in it, up to the next list: phone, e-mail and
id of one account are one subject. Elements of a list are records of their own, unless the object
around them is a record and they carry nothing but record numbers: then they are its parts (the
devices of an account).
"""

from collections.abc import Callable, Iterator
from typing import Any

from nightlatch.exchange.content import MAX_DEPTH, MAX_LEAVES
from nightlatch.exchange.disclosure import DataClass
from nightlatch.exchange.identifiers import identifier_kind
from nightlatch.exchange.shapes import Scalar

Identifier = tuple[DataClass, Scalar]
KindOf = Callable[[str, Scalar], DataClass | None]
"""Says whether the value of that name identifies a person or record, and what kind it is."""

_RANKS = {
    kind: rank
    for rank, kind in enumerate(
        (
            DataClass.PHONE,
            DataClass.EMAIL,
            DataClass.NATIONAL_ID,
            DataClass.PASSPORT,
            DataClass.ACCOUNT_ID,
            DataClass.USERNAME,
            DataClass.IBAN,
            DataClass.PAYMENT_CARD,
        )
    )
}
"""Which of a record's identifiers names the person: the first of these. Others name no one."""
_PARTS = frozenset({DataClass.ACCOUNT_ID})


class Record:
    """One record: its identifiers, and the flags that tell whether it exists."""

    __slots__ = ("fields", "identifiers", "parts")

    def __init__(self) -> None:
        self.identifiers: list[Identifier] = []
        self.fields: dict[str, Any] = {}
        """Scalars of the record by name, for reading the answer's meaning."""
        self.parts: list[Record] = []

    @property
    def name(self) -> Identifier:
        """The identifier that stands for the record."""
        return min(self.identifiers, key=_rank)

    @property
    def personal(self) -> bool:
        return any(kind not in _PARTS for kind, _ in self.identifiers)

    def people(self) -> Iterator["Record"]:
        """This record and those inside it that are somebody else's."""
        if self.identifiers:
            yield self
        for part in self.parts:
            if not self.identifiers or part.personal:
                yield from part.people()


def read_records(value: Any, kind_of: KindOf | None = None) -> Record:
    """The root record of a decoded JSON value, its lists' elements as parts. Bounded in depth and
    number; what lies beyond is not counted."""
    root = Record()
    _read(value, "", root, MAX_DEPTH, [MAX_LEAVES], kind_of or subject_kind)
    return root


def subject_kind(name: str, value: Scalar) -> DataClass | None:
    """The kind of identifier, if it names a person or record (a device or location does not)."""
    kind = identifier_kind(name, value)
    return kind if kind in _RANKS else None


def kind_with(names: frozenset[str]) -> KindOf:
    """As `subject_kind`, where the application says that these names identify somebody."""

    def kind_of(name: str, value: Scalar) -> DataClass | None:
        kind = subject_kind(name, value)
        if kind is not None or name not in names:
            return kind
        # Of no kind that can be told by its spelling: an account's number of the application's own.
        return DataClass.ACCOUNT_ID if type(value) in (str, int) and value != "" else None

    return kind_of


def _read(
    value: Any, name: str, record: Record, depth: int, left: list[int], kind_of: KindOf
) -> None:
    if depth == 0 or left[0] <= 0:
        return
    if type(value) is dict:
        for key, child in value.items():
            _read(child, key, record, depth - 1, left, kind_of)
    elif type(value) is list:
        for child in value:
            part = Record()
            _read(child, name, part, depth - 1, left, kind_of)
            if part.identifiers or part.parts:
                record.parts.append(part)
    else:
        left[0] -= 1
        record.fields[name] = value
        kind = kind_of(name, value)
        if kind is not None:
            record.identifiers.append((kind, value))


def _rank(identifier: Identifier) -> int:
    return _RANKS[identifier[0]]

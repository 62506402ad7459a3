"""Header fields as they arrived: bytes, in order, duplicates kept (RFC 9110 section 5)."""

from collections.abc import Iterable, Iterator


class Headers:
    """An immutable multimap of header fields.

    Names are lower-case bytes, values are raw bytes; nothing is lost or merged, so that a check can
    see a duplicated `Content-Length`. Reading decodes as Latin-1, which cannot fail.
    """

    __slots__ = ("_first", "raw")

    def __init__(self, raw: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self.raw: tuple[tuple[bytes, bytes], ...] = tuple(raw)
        self._first: dict[bytes, bytes] | None = None

    def get(self, name: bytes) -> str | None:
        """The first value of the field `name` (lower-case bytes), or None."""
        value = self._index().get(name)
        return None if value is None else value.decode("latin-1")

    def get_all(self, name: bytes) -> list[str]:
        """Every value of the field, in the order of arrival."""
        return [value.decode("latin-1") for key, value in self.raw if key == name]

    def text(self) -> Iterator[tuple[str, str]]:
        """Every field as decoded (name, value)."""
        for name, value in self.raw:
            yield name.decode("latin-1"), value.decode("latin-1")

    def __contains__(self, name: bytes) -> bool:
        return name in self._index()

    def has_any(self, names: Iterable[bytes]) -> bool:
        """Is one of the fields `names` there? One question for all of them costs what one does."""
        return not self._index().keys().isdisjoint(names)

    def __len__(self) -> int:
        return len(self.raw)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self.raw == other.raw

    def __hash__(self) -> int:
        return hash(self.raw)

    def __repr__(self) -> str:
        # Values may be credentials: a repr ends up in logs and tracebacks.
        return f"Headers({[name.decode('latin-1') for name, _ in self.raw]})"

    def _index(self) -> dict[bytes, bytes]:
        first = self._first
        if first is None:
            # Reversed, so that the first of several duplicates wins.
            first = self._first = dict(reversed(self.raw))
        return first


def headers_of(pairs: Iterable[tuple[str, str]]) -> Headers:
    """Headers from text pairs; names are lower-cased."""
    return Headers((n.lower().encode("latin-1"), v.encode("latin-1", "replace")) for n, v in pairs)

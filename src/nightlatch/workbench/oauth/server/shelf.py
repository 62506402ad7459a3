"""What the server remembers for a while: bounded, and every entry ends."""

from typing import Generic, TypeVar

Value = TypeVar("Value")
MAX_ENTRIES = 10_000


class Shelf(Generic[Value]):
    """Values by key until their time. When it is full, what was put down first goes first."""

    def __init__(self, most: int = MAX_ENTRIES) -> None:
        self._most = most
        self._entries: dict[str, tuple[float, Value]] = {}

    def put(self, key: str, value: Value, until: float) -> None:
        self._entries.pop(key, None)
        while len(self._entries) >= self._most:
            del self._entries[next(iter(self._entries))]
        self._entries[key] = (until, value)

    def get(self, key: str, now: float) -> Value | None:
        until, value = self._entries.get(key, (0.0, None))
        if value is None or now >= until:
            self._entries.pop(key, None)
            return None
        return value

    def take(self, key: str, now: float) -> Value | None:
        """As `get`, and it is gone."""
        value = self.get(key, now)
        self._entries.pop(key, None)
        return value

    def first_time(self, key: str, now: float, until: float, mark: Value) -> bool:
        """Whether the key is new; it is remembered."""
        if self.get(key, now) is not None:
            return False
        self.put(key, mark, until)
        return True

    def values(self, now: float) -> list[Value]:
        return [value for until, value in self._entries.values() if now < until]

    def __len__(self) -> int:
        return len(self._entries)

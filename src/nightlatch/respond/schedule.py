"""What is due at a moment, of things to be done every so many seconds."""


class Schedule:
    """Not safe for several threads."""

    def __init__(self, **every: float) -> None:
        self._every = every
        self._done: dict[str, float] = {}

    def due(self, now: float) -> frozenset[str]:
        """The names of what is due, which from now on counts as done. Nothing is at first sight of
        the clock: a start has nothing to keep yet."""
        due = set()
        for name, seconds in self._every.items():
            done = self._done.setdefault(name, now)
            # A clock that was set back starts the wait anew instead of making it endless.
            if not 0 <= now - done < seconds:
                due.add(name)
                self._done[name] = now
        return frozenset(due)

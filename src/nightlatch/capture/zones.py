"""Times that do not tell their zone, of messages that arrive as they happen."""

_HALF_HOUR = 1_800.0
_WIDEST = 14.5 * 3_600


def without_zone(at: float, now: float) -> float:
    """A moment whose zone was not told, read as UTC: moved by the half hours that bring it nearest
    to its arrival, as far as zones go."""
    apart = now - at
    return at + round(apart / _HALF_HOUR) * _HALF_HOUR if abs(apart) <= _WIDEST else at

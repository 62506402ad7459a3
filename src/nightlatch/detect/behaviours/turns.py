"""When does another period begin?"""

_LATE = 3_600.0


def turned(period: int, current: int, length: float) -> bool:
    """Has another period of `length` seconds begun, where `current` was?

    Exchanges arrive in the order in which they end, not in which they began: late ones of the
    period before belong to the one at hand, or each long answer would end it twice. A clock that
    jumped further back than an hour (and a period) begins anew.
    """
    return period > current or (current - period) > max(1.0, _LATE / length)

"""No sender may take all there is: a bucket of tokens for each."""

from collections import OrderedDict

_SENDERS = 4_096
"""Remembered; the one that was silent longest goes first."""


class SenderRates:
    """Lets each sender through `per_second` times a second on average, and twice that at once."""

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._most = 2 * per_second
        self._buckets: OrderedDict[str, list[float]] = OrderedDict()

    def admits(self, sender: str, now: float) -> bool:
        """Takes one token, where there is one."""
        bucket = self._buckets.get(sender)
        if bucket is None:
            if len(self._buckets) >= _SENDERS:
                self._buckets.popitem(last=False)
            bucket = self._buckets[sender] = [self._most, now]
        else:
            self._buckets.move_to_end(sender)
        elapsed = max(0.0, now - bucket[1])
        left = min(self._most, bucket[0] + elapsed * self._per_second)
        bucket[1] = now
        bucket[0] = left - 1 if left >= 1 else left
        return left >= 1

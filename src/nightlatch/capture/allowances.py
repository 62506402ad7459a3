"""How much of its limits a caller has used, in the standard header fields.

`RateLimit-Policy` and `RateLimit` as in draft-ietf-httpapi-ratelimit-headers-10, structured fields
(RFC 9651) that name every limit; beside them `RateLimit-Limit`, `-Remaining` and `-Reset` of that
draft's early versions, which most clients read, for the one limit that is nearest.
"""

import re
from collections.abc import Sequence

from nightlatch.exchange.spent import Spent

Fields = tuple[tuple[bytes, bytes], ...]

_SECONDS = {"burst": 300, "minute": 60, "hour": 3_600, "day": 86_400, "month": 2_592_000}
_TOKEN = re.compile(r"[a-z0-9][a-z0-9-]*")


def allowance_fields(allowances: Sequence[Spent]) -> Fields:
    """The five fields; none where there is nothing to tell. Kinds of circles are named, never whose
    they are."""
    if not allowances:
        return ()
    nearest = _nearest(allowances)
    return (
        (b"ratelimit-policy", ", ".join(map(_policy, allowances)).encode()),
        (b"ratelimit", ", ".join(map(_remaining, allowances)).encode()),
        (b"ratelimit-limit", b"%d" % nearest.limit),
        (b"ratelimit-remaining", b"%d" % nearest.remaining),
        (b"ratelimit-reset", b"%d" % max(0, nearest.resets_in)),
    )


def _nearest(allowances: Sequence[Spent]) -> Spent:
    """Of requests if there is one: that is what those who read the old fields take them for."""
    of_requests = [spent for spent in allowances if spent.unit == "requests"]
    return min(of_requests or allowances, key=lambda spent: spent.remaining)


def _policy(spent: Spent) -> str:
    window = _SECONDS.get(spent.window)
    lasting = f";w={window}" if window else ""
    # The draft's default unit is requests.
    unit = "" if spent.unit == "requests" else f';qu="{_token(spent.unit)}"'
    return f'"{_name(spent)}";q={spent.limit}{lasting}{unit}'


def _remaining(spent: Spent) -> str:
    return f'"{_name(spent)}";r={spent.remaining};t={max(0, spent.resets_in)}'


def _name(spent: Spent) -> str:
    kind = spent.circle.partition(":")[0]
    return f"{_token(kind)}-{_token(spent.window)}-{_token(spent.unit)}"


def _token(text: str) -> str:
    """Names may come from people's settings: nothing else gets into a header."""
    return text if _TOKEN.fullmatch(text) else "other"

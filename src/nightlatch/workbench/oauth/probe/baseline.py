"""How an API's "yes" differs from its "no": by status, by size, or by a word that only one has."""

from msgspec import Struct

from nightlatch.workbench.oauth.flows.call import Answer
from nightlatch.workbench.oauth.flows.steps import FlowFault

_LEAST = 16
"""Bytes that two answers must differ by, and a tenth: a date or an id alone is no difference."""


class Baseline(Struct, frozen=True):
    """The answers to a good token and to none, to tell others by."""

    status: int
    size: int
    """Bytes of the good answer's body."""
    refused_status: int
    refused_size: int
    canary: bytes = b""

    def accepts(self, answer: Answer) -> bool:
        if self.canary:
            return answer.status == self.status and self.canary in answer.body
        if self.refused_status != self.status:
            return 200 <= answer.status < 300
        size = len(answer.body)
        return answer.status == self.status and (
            abs(size - self.size) < abs(size - self.refused_size)
        )


def baseline(good: Answer, without: Answer, canary: str = "") -> Baseline:
    """`canary` is a text that only the good answer has. Raises FlowFault where nothing differs."""
    word = canary.encode()
    if not 200 <= good.status < 300:
        raise FlowFault(
            f"the API answers {good.status} to the good token: there is nothing to compare "
            "forged ones with. Give one that it takes"
        )
    if word and word not in good.body:
        raise FlowFault("the answer to the good token does not have the --canary")
    if word and word in without.body:
        raise FlowFault("the API's answer has the --canary without any token, too")
    alike = abs(len(good.body) - len(without.body)) <= max(_LEAST, len(good.body) // 10)
    if not word and good.status == without.status and alike:
        raise FlowFault(
            f"the API answers {without.status} without any token: it is open to everybody, or "
            "this address needs none. Name one that does, or what only a good answer has (--canary)"
        )
    return Baseline(good.status, len(good.body), without.status, len(without.body), word)

"""All that can be said at once of what a person pasted."""

from collections.abc import Iterable
from datetime import tzinfo
from typing import Any

from msgspec import Struct

from nightlatch.identity.lint.rule import Fault
from nightlatch.identity.weak_secrets import guess
from nightlatch.workbench.tokens.explain import Explained, explain, faults_of
from nightlatch.workbench.tokens.judging import Verdict, judge
from nightlatch.workbench.tokens.material import without_private
from nightlatch.workbench.tokens.pasted import Pasted, find_token


class Looked(Struct, frozen=True):
    pasted: Pasted
    found: Explained
    faults: list[Fault]
    verdict: Verdict | None = None
    """None where no key was given."""
    inner_faults: list[Fault] = []
    """Of the token within an encrypted one."""


def look(
    text: str,
    keys: list[dict[str, Any]],
    now: float,
    *,
    issuer: str = "",
    audience: str = "",
    zone: tzinfo | None = None,
    published: bool = False,
    words: Iterable[bytes] = (),
) -> Looked:
    """Never raises. `published`: the keys are as their issuer publishes them, not a person's.
    `words` are tried as its secret."""
    pasted = find_token(text)
    found = explain(pasted.token, zone)
    # One's own private key is no fault of the issuer's.
    given = keys if published else [without_private(key) for key in keys]
    faults = faults_of(found, len(pasted.token), given, guess(pasted.token, words), now=now)
    if not keys or not pasted.token:
        return Looked(pasted, found, faults)
    verdict = judge(pasted.token, keys, now, issuer=issuer, audience=audience, zone=zone)
    inner = verdict.inner
    within = [] if inner is None else faults_of(inner, len(verdict.content), given, now=now)
    return Looked(pasted, found, faults, verdict, within)

"""What was found and what was not, counted for each set and each class of attack."""

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct, field

from benchmarks.detection.corpus import Row
from nightlatch.checks.attacks.value import Attack

EXCERPT = 300
"""Characters of a target and of a body that tell which request it was."""


class Tally(Struct):
    """Requests of one set, one file or one class."""

    attacks: int = 0
    found: int = 0
    legit: int = 0
    passed: int = 0
    fired: Counter[str] = field(default_factory=Counter)
    """Requests in which each of our checks found something."""

    def add(self, row: Row, attacks: Sequence[Attack]) -> None:
        if row.attack:
            self.attacks += 1
            self.found += bool(attacks)
        else:
            self.legit += 1
            self.passed += not attacks
        self.fired.update({attack.check for attack in attacks})

    @property
    def tp(self) -> float | None:
        """Percent of the attacks that were found; None where there are none."""
        return round(100 * self.found / self.attacks, 3) if self.attacks else None

    @property
    def tn(self) -> float | None:
        """Percent of the legitimate requests that passed; None where there are none."""
        return round(100 * self.passed / self.legit, 3) if self.legit else None

    def figures(self) -> dict[str, float | int | None]:
        return {"tp": self.tp, "tn": self.tn, "attacks": self.attacks, "legit": self.legit}


class Case(Struct, frozen=True):
    """A request that was judged wrongly, with what explains it."""

    set: str
    kind: str
    id: str
    method: str
    target: str
    body: str
    checks: tuple[str, ...]
    evidence: tuple[str, ...]
    """Of a wrongly blocked request, what was held against it."""


class Score:
    """Everything counted in one run over a corpus."""

    def __init__(self) -> None:
        self.sets: dict[str, Tally] = {}
        self.files: dict[str, Tally] = {}
        self.kinds: dict[tuple[str, str], Tally] = {}
        self.missed: list[Case] = []
        self.blocked: list[Case] = []

    def add(self, file: str, row: Row, attacks: Sequence[Attack]) -> None:
        for tallies, key in ((self.sets, row.set), (self.files, file)):
            tallies.setdefault(key, Tally()).add(row, attacks)
        self.kinds.setdefault((row.set, row.kind), Tally()).add(row, attacks)
        if row.attack and not attacks:
            self.missed.append(_case(row, attacks))
        elif attacks and not row.attack:
            self.blocked.append(_case(row, attacks))


def _case(row: Row, attacks: Sequence[Attack]) -> Case:
    return Case(
        row.set,
        row.kind,
        row.id,
        row.method,
        _excerpt(row.target),
        _excerpt(row.body.decode("utf-8", "replace")),
        tuple(attack.check for attack in attacks),
        tuple(f"{attack.evidence} ({attack.certainty} %)" for attack in attacks),
    )


def _excerpt(text: str) -> str:
    """Its first characters, with what could steer a terminal escaped."""
    shown = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text[:EXCERPT])
    return f"{shown}… ({len(text):,} characters)" if len(text) > EXCERPT else shown

"""What a replay comes to: one row for each scenario and number of addresses."""

from msgspec import Struct


class Outcome(Struct, frozen=True, kw_only=True):
    """One attacker's run."""

    attacker: str
    attempts: int
    disclosed_unprotected: int
    """Distinct people whose records would have left."""
    disclosed: int
    """Distinct people whose records left."""
    disclosed_before_alert: int | None
    """Of them, when the first alert was raised; None: there was none."""
    first_alert_attempts: int | None
    """Identifiers tried by then."""
    first_alert_kind: str
    contained_after: int | None
    """Identifiers tried when the last record left; None while they still leave."""
    refused: int
    """Requests of the attacker that were turned away."""
    challenges_solved: int
    cpu_seconds_per_record: float | None
    """Of the attacker's processor, for challenges; None where none were solved."""
    legit_requests: int
    legit_refused: int
    people: int
    """Honest people who came while the attack was on, and for a while after."""
    people_challenged: int
    people_refused: int
    """Of them, those who were not served even after completing one challenge."""
    shared_refused: int
    """Of these, those who share their address with many others."""
    people_waiting: int
    """Of those refused, whom a hard budget turned away that is the operator's choice."""
    false_alarms: int
    """Detections above Low that concern an honest caller, or came before the attack."""


class Row(Struct, frozen=True, kw_only=True):
    """A scenario from so many addresses; the first outcome is the default attacker's."""

    id: str
    addresses: int | None
    outcomes: tuple[Outcome, ...] = ()
    seen: bool = True
    reason: str = ""

    @property
    def main(self) -> Outcome:
        return self.outcomes[0]


def as_value(row: Row) -> dict[str, object]:
    """The row as JSON promises it."""
    if not row.seen:
        return {"id": row.id, "addresses": None, "seen": False, "reason": row.reason}
    first = row.main
    return {
        "id": row.id,
        "addresses": row.addresses,
        "seen": True,
        "attacker": first.attacker,
        **_figures(first),
        "attackers": {one.attacker: _figures(one) for one in row.outcomes[1:]},
    }


def _figures(one: Outcome) -> dict[str, object]:
    return {
        "attempts": one.attempts,
        "disclosed_unprotected": one.disclosed_unprotected,
        "disclosed": one.disclosed,
        "first_alert_after": one.disclosed_before_alert,
        "first_alert_attempts": one.first_alert_attempts,
        "first_alert_kind": one.first_alert_kind,
        "contained_after": one.contained_after,
        "attacker_refused": one.refused,
        "challenges_solved": one.challenges_solved,
        "cpu_seconds_per_record": one.cpu_seconds_per_record,
        "legit_requests": one.legit_requests,
        "legit_refused": one.legit_refused,
        "people": one.people,
        "people_challenged": one.people_challenged,
        "people_refused": one.people_refused,
        "shared_refused": one.shared_refused,
        "people_waiting": one.people_waiting,
        "false_alarms": one.false_alarms,
    }

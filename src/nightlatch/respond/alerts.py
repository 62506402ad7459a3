"""What a person must know: said once, loudly, and kept with the incident.

An alert is raised when an incident opens, when it grows worse, and each time ten times as many
people's records have left. Ways to reach a person beyond the log are notifiers.
"""

import logging
from typing import Protocol

from nightlatch.exchange.incident import Alert, Incident, IncidentState
from nightlatch.exchange.judgement import Level

log = logging.getLogger("nightlatch.alerts")

FIRST_MILESTONE = 100
"""Subjects disclosed before an open incident is worth a second alert."""


class Notifier(Protocol):
    """A way to reach a person. Called after the incident is kept; may wait a little, may raise: the
    caller guards it."""

    def notify(self, alert: Alert) -> None: ...


class LogNotifier:
    """The way that is always there."""

    def notify(self, alert: Alert) -> None:
        severity = logging.CRITICAL if alert.level is Level.HIGH else logging.WARNING
        # Quoted: the name of a service may come from whoever sends its telemetry.
        of = f" of {alert.service!r}" if alert.service else ""
        log.log(severity, "%s. %s (incident %s%s)", alert.title, alert.text, alert.incident, of)


def alert_for(before: Incident | None, after: Incident, now: float) -> Alert | None:
    """The alert that the step from `before` to `after` is worth, if any."""
    if after.state is IncidentState.CLOSED:
        return None
    if before is None:
        return _alert(after, now, "New")
    if after.level > before.level or after.kind is not before.kind:
        return _alert(after, now, "Worse")
    if after.subjects >= next_milestone(before.subjects):
        return _alert(after, now, "Still going on")
    return None


def _alert(incident: Incident, now: float, news: str) -> Alert:
    return Alert(
        at=now,
        incident=incident.id,
        endpoint=incident.endpoint,
        level=incident.level,
        title=f"{news}: {incident.title}",
        text=f"{_evidence(incident)} {_next_step(incident)}",
        service=incident.service,
    )


def _evidence(incident: Incident) -> str:
    people = f"Records of {incident.subjects:,} people left so far."
    if not incident.detections:
        return people
    return f"{incident.detections[-1].evidence.rstrip('.')}. {people}"


def _next_step(incident: Incident) -> str:
    if incident.state is IncidentState.CONTAINED:
        return "The endpoint is in enforce mode: look whether the numbers still rise."
    return "Open the incident in the console and enforce, or close it if this is expected."


def next_milestone(subjects: int) -> int:
    """The smallest power of ten above `subjects` that is worth an alert."""
    bound = FIRST_MILESTONE
    while subjects >= bound:
        bound *= 10
    return bound

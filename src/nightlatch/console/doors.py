"""What matters first: whose records left to strangers, and which doors stand open."""

from collections.abc import Sequence

from msgspec import Struct

from nightlatch.exchange.disclosure import DataItem, Side
from nightlatch.exchange.facts import EndpointSummary, Expectation
from nightlatch.exchange.incident import Incident, IncidentState
from nightlatch.exchange.judgement import Mode
from nightlatch.exchange.record import Posture

ANSWERS_STRANGERS = frozenset({Posture.OPEN, Posture.MIXED})
MAX_INCIDENTS = 200


class Overview(Struct, frozen=True):
    """The state of the house on one screen."""

    exposure_day: int
    """Distinct people per endpoint that answers strangers, added up: last 24 hours."""
    exposure_month: int
    """The same over 30 days."""
    unproven_day: int
    """The same of the last 24 hours, of endpoints whose callers' credentials nobody saw."""
    endpoints: int
    requests: int
    refused: int
    doors: tuple[EndpointSummary, ...]
    """Endpoints that answer strangers with personal data, most exposed first."""
    incidents: tuple[Incident, ...]
    """Those not closed, newest first."""
    mode: Mode

    @property
    def worst(self) -> Incident | None:
        """The open incident through which most people's records left."""
        still_open = [one for one in self.incidents if one.state is IncidentState.OPEN]
        return max(still_open, key=lambda one: (one.level, one.subjects), default=None)

    @property
    def open_incidents(self) -> int:
        return sum(incident.state is IncidentState.OPEN for incident in self.incidents)


def overview(
    endpoints: Sequence[EndpointSummary], incidents: Sequence[Incident], mode: Mode, now: float
) -> Overview:
    strangers = [summary for summary in endpoints if summary.posture in ANSWERS_STRANGERS]
    return Overview(
        exposure_day=sum(summary.exposure_day for summary in strangers),
        exposure_month=sum(summary.exposure_month for summary in strangers),
        unproven_day=sum(one.exposure_day for one in endpoints if one.posture is Posture.UNKNOWN),
        endpoints=len(endpoints),
        requests=sum(summary.requests for summary in endpoints),
        refused=sum(summary.refused for summary in endpoints),
        doors=open_doors(endpoints, now),
        incidents=tuple(i for i in incidents if i.state is not IncidentState.CLOSED),
        mode=mode,
    )


def open_doors(endpoints: Sequence[EndpointSummary], now: float) -> tuple[EndpointSummary, ...]:
    doors = [summary for summary in endpoints if is_open_door(summary, now)]
    doors.sort(key=lambda summary: (-summary.exposure_day, -summary.exposure_month))
    return tuple(doors)


def is_open_door(summary: EndpointSummary, now: float) -> bool:
    """Does it answer strangers with personal data, and has nobody decided that it may?"""
    contract = summary.contract
    if contract is not None and contract.expectation_at(now) is Expectation.PUBLIC:
        return False
    gives = bool(personal_items(summary)) or summary.exposure_month > 0
    return summary.posture in ANSWERS_STRANGERS and gives


def personal_items(summary: EndpointSummary) -> tuple[DataItem, ...]:
    """What its answers tell about people, and the secrets in them."""
    return tuple(
        item
        for item in summary.items
        if item.side is Side.RESPONSE and (item.data_class.personal or item.data_class.secret)
    )

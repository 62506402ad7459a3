"""Which detections are alerts: what says that somebody attacks, now."""

from collections.abc import Iterable

from nightlatch.exchange.judgement import Detection, DetectionKind, Level

_OF_THE_ENDPOINT = frozenset({DetectionKind.EXISTENCE_ORACLE, DetectionKind.DORMANT_ENDPOINT})
"""Say something of an endpoint, not that it is under attack."""
ALERTS = frozenset(DetectionKind) - _OF_THE_ENDPOINT
_ONES_OWN = ("principal:", "credential:", "session:", "pass:", "address:", "network:")


def alarming(detections: Iterable[Detection]) -> list[Detection]:
    """Those among them that call somebody an attacker, or an endpoint attacked: what is told at
    Low wakes nobody, and is neither an alert nor a false alarm."""
    return [one for one in detections if one.kind in ALERTS and one.level > Level.LOW]


def remarks(detections: Iterable[Detection]) -> list[Detection]:
    """Those that are told at Low."""
    return [one for one in detections if one.kind in ALERTS and one.level <= Level.LOW]


def accuses(detection: Detection) -> bool:
    """It concerns one caller or one network, and not an endpoint as a whole."""
    return detection.circle.startswith(_ONES_OWN)

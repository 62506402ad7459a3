"""Carries what was learned from records to the documents store, and back after a restart."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from threading import Lock

import msgspec

from nightlatch.exchange.facts import EndpointSummary
from nightlatch.exchange.incident import Incident
from nightlatch.inventory.catalogue import Catalogue
from nightlatch.respond.health import HEALTH, Health
from nightlatch.respond.incidents import Incidents
from nightlatch.respond.troubles import Troubles
from nightlatch.store.ports import DocumentStore, StoreFailed

PLACE = "The documents store"

_CATALOGUE = "catalogue"
_COUNTERS = "incident-counters"
_RESTORED = 1_000
"""Newest incidents among which those that nobody has closed are looked for."""


class Keeper:
    """What cannot be stored now is stored the next time; the trouble is noted, nothing raises."""

    def __init__(
        self,
        documents: DocumentStore,
        catalogue: Catalogue,
        incidents: Incidents,
        lock: AbstractContextManager[object],
        troubles: Troubles,
    ) -> None:
        self._documents = documents
        self._catalogue = catalogue
        self._incidents = incidents
        # Guards catalogue and incidents; never held while the store is asked.
        self._lock = lock
        # Held while incidents are stored, or an older picture of one could overwrite a newer.
        self._storing = Lock()
        self._troubles = troubles
        self._kept: dict[tuple[str, str], EndpointSummary] = {}

    def restore(self) -> None:
        """Raises `StoreFailed`: to begin with nothing would overwrite what is there."""
        learned = self._documents.state(_CATALOGUE)
        if learned is not None:
            self._catalogue.load(learned)
        counters = self._documents.state(_COUNTERS) or b""
        self._incidents.restore(reversed(self._documents.incidents(_RESTORED)), counters)

    def keep_incidents(self, now: float) -> None:
        """Those that changed."""
        with self._storing:
            with self._lock:
                changed = self._incidents.take_changed()
            try:
                for incident in changed:
                    self._documents.put_incident(incident)
            except StoreFailed as error:
                self._troubles.note(PLACE, error, now)
                with self._lock:
                    self._incidents.put_back(changed)
            else:
                self._troubles.over(PLACE)

    def keep_incident(self, incident: Incident) -> None:
        """As a person left it. Raises `StoreFailed`."""
        with self._storing:
            self._documents.put_incident(incident)

    def keep_endpoints(self, summaries: Iterable[EndpointSummary], now: float) -> None:
        """Those that changed."""
        current = {(one.service, one.endpoint): one for one in summaries}
        changed = [one for key, one in current.items() if self._kept.get(key) != one]
        if not changed:
            return
        try:
            self._documents.put_endpoints(changed)
        except StoreFailed as error:
            self._troubles.note(PLACE, error, now)
        else:
            self._kept = current

    def keep_health(self, health: Health) -> None:
        """For `doctor`, which runs in another process."""
        try:
            self._documents.put_state(HEALTH, msgspec.json.encode(health))
        except StoreFailed as error:
            self._troubles.note(PLACE, error, health.at)

    def keep_learned(self, now: float) -> None:
        with self._lock:
            catalogue, counters = self._catalogue.dump(), self._incidents.dump_counters()
        try:
            # Whole, whatever another process put there: each has its own picture of the traffic.
            self._documents.put_state(_CATALOGUE, catalogue)
            self._documents.put_state(_COUNTERS, counters)
        except StoreFailed as error:
            self._troubles.note(PLACE, error, now)

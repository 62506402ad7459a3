"""Carries what was learned from records to the documents store, and back after a restart."""

from collections.abc import Iterable
from contextlib import AbstractContextManager

from nightlatch.exchange.facts import EndpointSummary
from nightlatch.inventory.catalogue import Catalogue
from nightlatch.respond.incidents import MAX_CASES, Incidents
from nightlatch.respond.troubles import Troubles
from nightlatch.store.ports import DocumentStore, StoreFailed

PLACE = "The documents store"

_CATALOGUE = "catalogue"
_COUNTERS = "incident-counters"


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
        self._troubles = troubles
        self._kept: dict[str, EndpointSummary] = {}

    def restore(self) -> None:
        """Raises `StoreFailed`: to begin with nothing would overwrite what is there."""
        learned = self._documents.state(_CATALOGUE)
        if learned is not None:
            self._catalogue.load(learned)
        counters = self._documents.state(_COUNTERS) or b""
        self._incidents.restore(reversed(self._documents.incidents(MAX_CASES)), counters)

    def keep_incidents(self, now: float) -> None:
        """Those that changed."""
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

    def keep_endpoints(self, summaries: Iterable[EndpointSummary], now: float) -> None:
        """Those that changed."""
        current = {summary.endpoint: summary for summary in summaries}
        changed = [one for key, one in current.items() if self._kept.get(key) != one]
        if not changed:
            return
        try:
            self._documents.put_endpoints(changed)
        except StoreFailed as error:
            self._troubles.note(PLACE, error, now)
        else:
            self._kept = current

    def keep_learned(self, now: float) -> None:
        with self._lock:
            catalogue, counters = self._catalogue.dump(), self._incidents.dump_counters()
        try:
            self._documents.put_state(_CATALOGUE, catalogue)
            self._documents.put_state(_COUNTERS, counters)
        except StoreFailed as error:
            self._troubles.note(PLACE, error, now)

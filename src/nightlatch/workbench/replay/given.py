"""A row of a scenario file as it is written: fields under any of their names, values as people put
them."""

import math
import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from nightlatch.workbench.replay.freetext import number_in

_ALIASES = {
    "id": "id name slug breach",
    "title": "title summary description",
    "kind": "kind endpoint_kind endpoint what",
    "method": "method verb",
    "path": "path template url route uri",
    "place": "place where in identifier_in",
    "parameter": "parameter param identifier_name field_name",
    "ident": "ident identifier identifier_type ident_type id_type identifier_kind iterated",
    "order": "order ordering walk sequence strategy",
    "batch": "batch batch_size batchsize ids_per_request identifiers_per_request bulk bulk_size",
    "auth": "auth credential_state credentials credential auth_state access authentication",
    "accounts": "accounts account_count number_of_accounts n_accounts",
    "addresses": "addresses address_counts source_addresses n_addresses",
    "ips": "ips ip ip_addresses ip_count n_ips",
    "rate": "rate rate_per_s rate_s rate_per_second attempts_per_s attempts_per_second rps"
    " per_second requests_per_second req_s",
    "hit_rate": "hit_rate hits hitrate hit_share hit_ratio hit success_rate exists",
    "miss": "miss miss_status miss_answer on_miss miss_response miss_code not_found",
    "fields": "fields response_fields answer_fields",
    "classes": "classes data_classes response_classes response_data_classes data",
    "background": "background legitimate_background legit populations population honest"
    " legitimate legit_background",
    "honest_miss": "honest_miss honest_miss_rate legit_miss_rate background_miss legit_miss",
    "attempts": "attempts tries total_attempts",
    "follow": "follow then follow_up second_stage stage2 fan_out",
    "habit": "habit honest_habit",
    "records": "records",
    "src": "src source sources references reference",
    "seen": "seen visible detectable in_traffic",
    "reason": "reason because unseen_because why",
    "derived": "derived",
    "tried": "tried",
}
_NAMES = {alias: field for field, aliases in _ALIASES.items() for alias in aliases.split()}
_NOTES = {
    "space", "duration_s", "duration", "owasp", "notes", "note", "year", "comment",
}  # fmt: skip
"""Fields that say something to people and nothing to a replay."""
_LONGEST = 60


class RowFault(Exception):
    """One field is wrong; the text names it and says what would be right."""

    def __init__(self, field: str, right: str, value: Any) -> None:
        super().__init__(f"field {field}: {right}, not {_shown(value)}.")


class Given:
    """What a row says, by the fields' own names."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        """Raises RowFault for a name that is almost one of the fields'; others are notes."""
        self._values: dict[str, Any] = {}
        for key, value in row.items():
            plain = re.sub(r"[^a-z0-9]+", "_", key.lower()).strip("_")
            field = _NAMES.get(plain)
            if field is None:
                near = [] if plain in _NOTES else get_close_matches(plain, _NAMES, 1, 0.85)
                if near:
                    raise RowFault(key[:_LONGEST], f'this is written "{near[0]}"', key)
            elif self._values.get(field) is None:
                self._values[field] = value

    def get(self, field: str) -> Any:
        """The value as it is, None where there is none."""
        return self._values.get(field)

    def text(self, field: str) -> str:
        """A text; of several, one after the other."""
        value = self.get(field)
        if value is None:
            return ""
        if isinstance(value, str):
            return value.strip()
        if isinstance(value, list) and all(isinstance(part, str) for part in value):
            return "; ".join(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        raise RowFault(field, "this should be a text", value)

    def number(self, field: str) -> float | None:
        """A number, or the first one in a text; None for a text without one."""
        value = self.get(field)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise RowFault(field, "this should be a number", value)
        try:
            number = number_in(value) if isinstance(value, str) else float(value)
        except OverflowError:
            number = math.inf
        if number is not None and not math.isfinite(number):
            raise RowFault(field, "this should be a number", value)
        return number

    def whole(self, field: str, *, most: int) -> int | None:
        """A whole number from 1 to `most`."""
        if self.get(field) is None:
            return None
        number = self.number(field)
        if number is None or number != int(number) or not 1 <= number <= most:
            right = f"this should be a whole number from 1 to {most:,}"
            raise RowFault(field, right, self.get(field))
        return int(number)

    def share(self, field: str) -> float | None:
        """A share from 0 to 1; what is more than 1 is taken for per cent."""
        number = self.number(field)
        if number is not None and 1 < number <= 100:
            number /= 100
        if number is None and self.get(field) is None:
            return None
        if number is None or not 0 <= number <= 1:
            right = "this should be a share from 0 to 1, such as 0.15"
            raise RowFault(field, right, self.get(field))
        return number


def count_of(value: Any) -> int | None:
    """A number of addresses, None for what is none."""
    if isinstance(value, str):
        value = number_in(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 1 <= value <= 1_000_000 and value == int(value) else None


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"

"""Which records leave: the predicate language over what a record says."""

from nightlatch.exchange.judgement import Level
from nightlatch.exchange.predicate import Field, Kind, Predicate, parse_predicate
from nightlatch.exchange.record import Record

_LEVELS = {level.name.lower(): int(level) for level in Level}
_YES = {"yes": 1, "no": 0}


def _findings(record: Record) -> str:
    return " ".join(finding.check for finding in record.findings)


def _data(record: Record) -> str:
    return " ".join(sorted({item.data_class.value for item in record.items}))


FIELDS = {
    "level": Field(Kind.NUMBER, lambda record: int(record.level), _LEVELS),
    "endpoint": Field(Kind.TEXT, lambda record: record.endpoint),
    "method": Field(Kind.TEXT, lambda record: record.method),
    "path": Field(Kind.TEXT, lambda record: record.path),
    "host": Field(Kind.TEXT, lambda record: record.host),
    "status": Field(Kind.NUMBER, lambda record: record.status),
    "address": Field(Kind.ADDRESS, lambda record: record.address),
    "caller": Field(Kind.TEXT, lambda record: record.circles[0] if record.circles else ""),
    "service": Field(Kind.TEXT, lambda record: record.service),
    "source": Field(Kind.TEXT, lambda record: record.source_name or record.source.value),
    "credential": Field(Kind.TEXT, lambda record: record.credential_state.value),
    "posture": Field(Kind.TEXT, lambda record: record.posture.value),
    "refused": Field(Kind.NUMBER, lambda record: int(record.refused), _YES),
    "people": Field(Kind.NUMBER, lambda record: len(record.disclosed)),
    "findings": Field(Kind.TEXT, _findings),
    "data": Field(Kind.TEXT, _data),
}
"""What may be asked. `findings ~ sql-injection` and `data ~ phone` look into lists."""


def wanted(text: str) -> Predicate:
    """PredicateError for what is no predicate; all of them where the text is empty."""
    return parse_predicate(text, FIELDS) if text.strip() else _every


def _every(_record: object) -> bool:
    return True

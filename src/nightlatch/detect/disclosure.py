"""Whose records did an exchange ask for, and whose did it give away?

Asked: identifiers in the path, the query, the form or the JSON body. One element of a list is one
subject, so a bulk look-up of 500 numbers asks for 500; several identifiers outside of lists name
one record (the path's win over the body's, the body's over the query's). Disclosed: the subject
asked for when the answer confirms it, and every record in the answer.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from nightlatch.detect.records import Identifier, Record, read_records, subject_kind
from nightlatch.detect.shapes import Shapes, denied
from nightlatch.exchange.content import MAX_LEAVES, Content, ContentKind, Leaf
from nightlatch.exchange.disclosure import NO_DISCLOSURE, DataClass, Disclosure, Subject
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.identifiers import canonical, shape_number
from nightlatch.exchange.names import name_hint

_MAX_ENDPOINTS = 2_000
_DESCRIBES = frozenset({DataClass.NAME, DataClass.BIRTH_DATE, DataClass.POSTAL_ADDRESS})
"""A name and one of the others name one person."""


class Disclosures:
    """Reads disclosures; learns per endpoint what its answers look like.

    At most 2,000 endpoints; the one met first is forgotten first and learned anew. Used by one
    thread.
    """

    def __init__(self, hasher: Hasher) -> None:
        self._hasher = hasher
        self._shapes: dict[str, Shapes] = {}

    def asked(
        self,
        endpoint_key: str,  # noqa: ARG002  part of the room's interface
        parameters: Sequence[Leaf],
        query: Sequence[Leaf],
        content: Content,
    ) -> tuple[Subject, ...]:
        """The distinct subjects a request asks for, in order."""
        leaves, complete = content.candidates
        if content.kind is ContentKind.JSON and _has_list(leaves if complete else content.leaves):
            several = [record.name for record in _listed(read_records(content.value))]
            if several:
                return self._subjects(several)
        for group in (parameters, leaves, query):
            found = _identifiers(group)
            if found:
                return self._subjects(found)
        described = _described(content.leaves)
        if described:
            return (Subject(self._hasher.digest("person", described), DataClass.NAME),)
        return ()

    def may_be_several(
        self,
        parameters: Sequence[Leaf],
        query: Sequence[Leaf],
        request: Content,
        response: Content,
    ) -> bool:
        """Could more than one person be asked for, or be in the answer? Never False where `asked`
        or `read` would find several; costs a fraction of them."""
        for leaf in parameters:
            if "," in str(leaf.value):
                return True
        if query and (
            any("," in str(leaf.value) for leaf in query)
            or len({leaf.name for leaf in query}) < len(query)
        ):
            return True
        return _may_list(request) or _may_list(response)

    def read(
        self, endpoint_key: str, asked: tuple[Subject, ...], status: int, content: Content
    ) -> Disclosure:
        """What an answer gave away, to be judged before it leaves."""
        shapes = self._shapes.get(endpoint_key) or self._learn(endpoint_key)
        hit = shapes.read(status, content)
        if hit is None:
            return Disclosure(asked) if asked else NO_DISCLOSURE
        if not hit:
            return Disclosure(asked, (), False) if asked else NO_DISCLOSURE
        if not 200 <= status < 300:
            return Disclosure(asked, asked, True) if asked else NO_DISCLOSURE
        if len(asked) > 1:
            return self._read_bulk(asked, content)
        if content.kind is not ContentKind.JSON:
            return Disclosure(asked, asked, True) if asked else NO_DISCLOSURE
        # Most answers carry no identifiers but the one asked for: they are spared the reading of
        # records, which costs 15 µs for ten fields.
        leaves, complete = content.candidates
        if asked and not _has_list(leaves if complete else content.leaves):
            return Disclosure(asked, asked, True)
        if complete and not leaves:
            return NO_DISCLOSURE
        return self._read_records(asked, content)

    def read_status(self, endpoint_key: str, asked: tuple[Subject, ...], status: int) -> Disclosure:
        """The same of an answer whose body cannot be seen. Whose records a list held, or which of
        several were found, only the body could tell."""
        shapes = self._shapes.get(endpoint_key) or self._learn(endpoint_key)
        hit = shapes.read_status(status)
        if not asked:
            return NO_DISCLOSURE
        if len(asked) > 1:
            return Disclosure(asked)
        return Disclosure(asked, asked if hit else (), hit)

    def _learn(self, endpoint_key: str) -> Shapes:
        if len(self._shapes) >= _MAX_ENDPOINTS:
            del self._shapes[next(iter(self._shapes))]
        shapes = self._shapes[endpoint_key] = Shapes()
        return shapes

    def _read_records(self, asked: tuple[Subject, ...], content: Content) -> Disclosure:
        root = read_records(content.value)
        records = [record for record in root.people() if not denied(record.fields)]
        if not asked:
            return Disclosure((), self._subjects([record.name for record in records]))
        # The record itself, or the only one in a list, is the subject that was asked for.
        others = [record for record in records if record is not root]
        if not root.identifiers and len(others) == 1:
            others = []
        known = {subject.digest for subject in asked}
        found = [self._match(record, known) or self._subject(record.name) for record in others]
        return Disclosure(asked, _distinct((*asked, *found)), True)

    def _read_bulk(self, asked: tuple[Subject, ...], content: Content) -> Disclosure:
        """Records that came back are disclosed, the rest of those asked for are misses."""
        if content.kind is not ContentKind.JSON:
            return Disclosure(asked)
        gone = self._by_position(asked, content.value)
        if gone is None:
            gone = self._by_key(asked, content.value) or self._by_record(asked, content.value)
        return Disclosure(asked, gone, bool(gone))

    def _by_position(self, asked: tuple[Subject, ...], value: Any) -> tuple[Subject, ...] | None:
        """`[true, false, null, …]`, one for each identifier in the order of asking."""
        for answers in _layers(value):
            if type(answers) is list and len(answers) == len(asked) and all(map(_is_flag, answers)):
                pairs = zip(asked, answers, strict=True)
                return tuple(subject for subject, answer in pairs if answer)
        return None

    def _by_key(self, asked: tuple[Subject, ...], value: Any) -> tuple[Subject, ...]:
        """`{"+15550100": {…}, "+15550101": null}`, keyed by the identifiers."""
        subjects = {subject.digest: subject for subject in asked}
        kinds = {subject.data_class for subject in asked}
        for answers in _layers(value):
            if type(answers) is not dict or not any(map(_looks_like_identifier, answers)):
                continue
            found = []
            for key, answer in answers.items():
                subject = self._find(kinds, key, subjects)
                if subject is not None and _confirms(answer):
                    found.append(subject)
            if found:
                return _distinct(found)
        return ()

    def _by_record(self, asked: tuple[Subject, ...], value: Any) -> tuple[Subject, ...]:
        """A list of records, or of the identifiers that exist."""
        subjects = {subject.digest: subject for subject in asked}
        root = read_records(value)
        records = [record for record in root.people() if not denied(record.fields)]
        found = []
        for record in records:
            digest = self._match(record, subjects)
            found.append(digest or self._subject(record.name))
        return _distinct(found)

    def _find(
        self, kinds: Iterable[DataClass], value: str, subjects: dict[bytes, Subject]
    ) -> Subject | None:
        for kind in kinds:
            subject = subjects.get(self._digest(kind, canonical(kind, value)))
            if subject is not None:
                return subject
        return None

    def _match(self, record: Record, known: Iterable[bytes]) -> Subject | None:
        """The record under the identifier by which it was asked for."""
        for identifier in record.identifiers:
            subject = self._subject(identifier)
            if subject.digest in known:
                return subject
        return None

    def _subjects(self, identifiers: Sequence[Identifier]) -> tuple[Subject, ...]:
        if len(identifiers) == 1:
            return (self._subject(identifiers[0]),)
        return _distinct(map(self._subject, identifiers))

    def _subject(self, identifier: Identifier) -> Subject:
        kind, value = identifier
        text = canonical(kind, value)
        return Subject(self._digest(kind, text), kind, shape_number(kind, text))

    def _digest(self, kind: DataClass, text: str) -> bytes:
        return self._hasher.digest(kind, text)


def _identifiers(leaves: Sequence[Leaf]) -> list[Identifier]:
    """The identifiers of a flat group: a repeated or comma-separated parameter asks for several,
    otherwise the group names one record, by the last identifier of the best kind."""
    if not leaves:
        return []
    found: dict[str, list[Identifier]] = {}
    for leaf in leaves:
        name, value = leaf.name, leaf.value
        values = value.split(",")[:MAX_LEAVES] if type(value) is str and "," in value else (value,)
        for each in values:
            kind = subject_kind(name, each)
            if kind is not None:
                found.setdefault(name, []).append((kind, each))
    if not found:
        return []
    if len(found) == 1:
        return next(iter(found.values()))
    lists = [group for group in found.values() if len(group) > 1]
    if lists:
        return [identifier for group in lists for identifier in group]
    record = Record()
    record.identifiers = [group[0] for group in reversed(found.values())]
    return [record.name]


def _described(leaves: Sequence[Leaf]) -> str:
    """A person's description, for who is asked for by name and address or date of birth: "" where
    it is not enough for one. Such a description is an identifier as good as a number."""
    named: list[str] = []
    more: list[str] = []
    for leaf in leaves:
        hint = DataClass.NAME if leaf.name.lower() == "name" else name_hint(leaf.name)
        if hint in _DESCRIBES and type(leaf.value) is str and leaf.value:
            (named if hint is DataClass.NAME else more).append(leaf.value.casefold())
    return "\0".join((*named, *more)) if named and more else ""


def _listed(root: Record) -> Iterable[Record]:
    """The records in lists; what stands beside a list is its context, not another subject."""
    for part in root.parts:
        if part.identifiers:
            yield part
        else:
            yield from _listed(part)


def _may_list(content: Content) -> bool:
    """Could there be several records? Of what is not JSON only the asked ones are counted."""
    if content.kind is ContentKind.EMPTY:
        return False
    if content.kind is not ContentKind.JSON:
        return bool(content.leaves)
    leaves, complete = content.candidates
    return not complete or _has_list(leaves) or _has_parts(leaves)


def _has_parts(leaves: Sequence[Leaf]) -> bool:
    """Objects beside or inside each other may each be about someone."""
    return len(leaves) > 1 and len({leaf.path.rpartition(".")[0] for leaf in leaves}) > 1


def _has_list(leaves: Sequence[Leaf]) -> bool:
    return bool(leaves) and any("[]" in leaf.path for leaf in leaves)


def _layers(value: Any) -> Iterable[Any]:
    """The value, and what an envelope such as `{"data": …}` holds."""
    yield value
    if type(value) is dict:
        yield from value.values()


def _looks_like_identifier(key: str) -> bool:
    return "@" in key or sum(char.isdecimal() for char in key) >= 4


def _is_flag(answer: Any) -> bool:
    return answer is None or type(answer) is bool


def _confirms(answer: Any) -> bool:
    if type(answer) is dict:
        return bool(answer) and not denied(answer)
    return bool(answer)


def _distinct(subjects: Iterable[Subject]) -> tuple[Subject, ...]:
    return tuple({subject.digest: subject for subject in subjects}.values())

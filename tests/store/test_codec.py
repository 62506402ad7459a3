"""Records and documents as bytes."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.store.conformance.events import FULL
from tests.store.records import record

from nightlatch.exchange.facts import Contract
from nightlatch.exchange.record import Message, Record
from nightlatch.store.codec import decode_record, encode_document, encode_record, unicode_text

TEXT = st.text(st.characters(codec="utf-8")) | st.text(st.characters())


def test_a_record_comes_back_equal() -> None:
    kept, data = encode_record(FULL)
    assert kept is FULL
    assert decode_record(data) == FULL


def test_fields_added_later_have_their_defaults_and_unknown_ones_are_skipped() -> None:
    fields = msgspec.to_builtins(record(1))
    optional = [field.name for field in msgspec.structs.fields(Record) if not field.required]
    assert len(optional) >= 9
    for name in optional:
        del fields[name]
    fields["a field of the future"] = 1
    found = decode_record(msgspec.msgpack.encode(fields))
    assert found.id == record(1).id
    assert found.request == Message()


@given(TEXT, TEXT)
def test_any_text_can_be_kept(path: str, body: str) -> None:
    hostile = record(1, path=path, response=Message(body=body))
    kept, data = encode_record(hostile)
    assert decode_record(data) == kept
    assert (kept.path, kept.response.body) == (unicode_text(path), unicode_text(body))
    document = msgspec.json.decode(encode_document(Contract(endpoint=path)), type=Contract)
    assert document.endpoint == unicode_text(path)


@given(st.binary())
def test_what_is_no_record_is_one_kind_of_error(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_record(data)

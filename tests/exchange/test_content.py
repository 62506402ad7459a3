import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nightlatch.exchange.content import (
    EMPTY,
    MAX_DEPTH,
    MAX_LEAVES,
    MAX_PATH,
    Content,
    ContentKind,
    Leaf,
    query_leaves,
    read_content,
)
from nightlatch.exchange.exchange import NO_BODY, Body
from nightlatch.exchange.identifiers import may_identify

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text(st.characters(codec="utf-8"))
)
SPELLED = st.sampled_from(
    ["+15550100123", "(555) 010-0123", "a,00155501001", "tel:+15550100", "ada@example.com", "00"]
)
VALUES = st.recursive(
    SCALARS,
    lambda child: (
        st.lists(child, max_size=4) | st.dictionaries(st.text(max_size=8), child, max_size=4)
    ),
    max_leaves=20,
)
MEDIA_TYPES = st.sampled_from(
    [
        None,
        "",
        JSON,
        "application/problem+json; charset=utf-16",
        "application/json; charset=zlib",
        FORM,
        f"{FORM}; charset=euc-jp",
        "multipart/form-data; boundary=b",
        "multipart/form-data",
        'multipart/form-data; boundary="\\"',
        "application/x-ndjson",
        "application/json-seq",
        "text/event-stream",
        "text/plain; charset=utf-7",
        "text/xml;charset=;;=",
        "image/png",
        ";",
    ]
)


def read(text: str | bytes, media: str | None = JSON, *, truncated: bool = False) -> Content:
    data = text.encode() if isinstance(text, str) else text
    return read_content(Body(data, len(data), truncated), media)


def values(content: Content) -> dict[str, Any]:
    return {leaf.path: leaf.value for leaf in content.leaves}


def test_no_body_is_empty() -> None:
    assert read_content(NO_BODY, JSON) is EMPTY
    assert read_content(Body(b"", 0), None) is EMPTY


def test_leaves_of_an_object() -> None:
    content = read(
        '{"a": 1, "users": [{"phone": "+1", "tags": ["x", "y"]}, {"phone": "+2"}], "z": null}'
    )
    assert content.kind is ContentKind.JSON
    assert content.leaves == (
        Leaf("$.a", "a", 1),
        Leaf("$.users[].phone", "phone", "+1"),
        Leaf("$.users[].tags[]", "tags", "x"),
        Leaf("$.users[].tags[]", "tags", "y"),
        Leaf("$.users[].phone", "phone", "+2"),
        Leaf("$.z", "z", None),
    )
    assert not content.cut


@pytest.mark.parametrize(
    ("text", "leaves"),
    [
        ("5", (Leaf("$", "", 5),)),
        ('"x"', (Leaf("$", "", "x"),)),
        ("[1, [2]]", (Leaf("$[]", "", 1), Leaf("$[][]", "", 2))),
        ("{}", ()),
        ("[]", ()),
        ('[{"a": true}]', (Leaf("$[].a", "a", True),)),
    ],
)
def test_leaves_of_other_roots(text: str, leaves: tuple[Leaf, ...]) -> None:
    assert read(text).leaves == leaves


@pytest.mark.slow
@given(VALUES)
def test_sound_json_is_read_as_the_standard_library_reads_it(value: Any) -> None:
    content = read(json.dumps(value))
    assert content.kind is ContentKind.JSON
    assert content.value == value
    assert len(content.leaves) == _scalars(value)


@pytest.mark.parametrize(
    "media",
    [
        "application/json",
        "Application/JSON; charset=utf-8",
        "application/problem+json",
        "application/vnd.api+json",
        "text/json",
        None,
        "text/plain",
        FORM,
        "application/octet-stream",
        "made/up",
    ],
)
def test_json_is_json_under_any_label(media: str | None) -> None:
    assert values(read('\n {"phone": "+15551234567"}', media)) == {"$.phone": "+15551234567"}


@pytest.mark.parametrize("media", ["text/plain", FORM, "application/octet-stream", None])
def test_text_that_only_begins_like_json_keeps_its_label(media: str | None) -> None:
    content = read("[info] not json", media)
    assert content.kind not in (ContentKind.JSON, ContentKind.MALFORMED)
    assert read("[info] not json, cut", media, truncated=True).kind is content.kind


def test_malformed_json_says_why() -> None:
    content = read('{"a": }')
    assert content.kind is ContentKind.MALFORMED
    assert content.fault.startswith("not JSON: ")
    assert content.leaves == ()


def test_of_equal_names_the_last_counts_as_for_the_application() -> None:
    text = '{"phone": "+1", "phone": "+2"}'
    assert values(read(text)) == {"$.phone": json.loads(text)["phone"]} == {"$.phone": "+2"}


# What Python's own reader takes, and so the applications behind us


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("media", [JSON, f"{JSON}; charset=utf-8"])
def test_any_unicode_encoding(encoding: str, media: str) -> None:
    data = '{"phone": "+15551234567", "städte": "Köln"}'.encode(encoding)
    assert json.loads(data)["phone"] == "+15551234567"
    assert values(read(data, media)) == {"$.phone": "+15551234567", "$.städte": "Köln"}


def test_a_declared_charset_is_used_where_the_text_is_not_unicode() -> None:
    content = read('{"name": "Müller"}'.encode("latin-1"), f"{JSON}; charset=ISO-8859-1")
    assert values(content) == {"$.name": "Müller"}


def test_bytes_that_are_no_text_do_not_hide_the_rest() -> None:
    content = read(b'{"phone": "+15551234567", "x": "\xff"}')
    assert values(content) == {"$.phone": "+15551234567", "$.x": "\ufffd"}
    assert "not strict JSON" in content.fault


def test_numbers_json_does_not_know_are_kept_as_words() -> None:
    content = read('{"a": NaN, "b": [-Infinity], "c": 1e999, "d": 1.5}')
    assert values(content) == {"$.a": "NaN", "$.b[]": "-Infinity", "$.c": "1e999", "$.d": 1.5}


@pytest.mark.parametrize("text", ['"\\ud800"', '"a\\uDFFFb"', '"\\ud83d\\u0041"'])
def test_lone_surrogates_are_read_and_made_harmless(text: str) -> None:
    content = read(f'{{"phone": "+15551234567", "x": {text}}}')
    assert content.kind is ContentKind.JSON
    assert values(content)["$.phone"] == "+15551234567"
    values(content)["$.x"].encode()


def test_paired_surrogates_are_one_character() -> None:
    assert values(read('{"x": "\\ud83d\\ude00"}')) == {"$.x": "😀"}


@pytest.mark.parametrize("text", ["[" * 10_000, '{"a":' * 10_000, "[" * 10_000 + "]" * 10_000])
@pytest.mark.parametrize("media", [JSON, "application/x-ndjson"])
def test_bottomless_nesting_is_malformed(text: str, media: str) -> None:
    content = read(text, media)
    assert content.kind is ContentKind.MALFORMED
    assert content.fault


def test_a_number_of_ten_thousand_digits_is_malformed() -> None:
    assert read("9" * 10_000).kind is ContentKind.MALFORMED


# Bounds


def test_depth_is_bounded() -> None:
    shallow = read("[" * MAX_DEPTH + "1" + "]" * MAX_DEPTH)
    assert not shallow.cut
    assert len(shallow.leaves) == 1
    deep = read("[" * (MAX_DEPTH + 2) + "1" + "]" * (MAX_DEPTH + 2))
    assert deep.cut
    assert deep.leaves == ()


@pytest.mark.parametrize(
    "value",
    [
        list(range(MAX_LEAVES + 1)),
        {str(number): 0 for number in range(MAX_LEAVES + 1)},
        [{"a": 0}] * (MAX_LEAVES + 1),
    ],
)
def test_number_of_leaves_is_bounded(value: Any) -> None:
    content = read(json.dumps(value))
    assert content.cut
    assert len(content.leaves) == MAX_LEAVES


def test_long_names_do_not_multiply() -> None:
    content = read(json.dumps({"k" * 30_000: {str(number): 0 for number in range(1_000)}}))
    assert max(len(leaf.path) for leaf in content.leaves) < MAX_PATH + 10


# Bodies captured in part


def test_the_beginning_of_a_cut_body_is_read() -> None:
    text = json.dumps(
        {"users": [{"id": number, "phone": f"+1555{number:07}"} for number in range(9)]}
    )
    content = read(text[: len(text) // 2], truncated=True)
    assert content.kind is ContentKind.JSON
    assert content.cut
    phones = [leaf.value for leaf in content.leaves if leaf.name == "phone"]
    assert phones == [f"+1555{number:07}" for number in range(len(phones))]
    assert 3 <= len(phones) <= 5


@pytest.mark.slow
@given(VALUES, st.data())
@settings(max_examples=60)
def test_a_body_cut_anywhere_yields_only_what_it_holds(value: Any, data: st.DataObject) -> None:
    text = json.dumps({"root": value, "end": 1})
    cut = data.draw(st.integers(1, len(text) - 1))
    content = read(text[:cut], truncated=True)
    assert content.kind is ContentKind.JSON
    whole = read(text).leaves
    assert list(content.leaves) == list(whole[: len(content.leaves)])


def candidates_of(content: Content) -> tuple[Leaf, ...]:
    return tuple(leaf for leaf in content.leaves if may_identify(leaf.name, leaf.value))


NAMES = st.sampled_from(["id", "phone", "note", "n", "", "user", "contacts", "\n"])
NAMED = st.recursive(
    SCALARS | SPELLED,
    lambda child: st.lists(child, max_size=4) | st.dictionaries(NAMES, child, max_size=4),
    max_leaves=20,
)


@pytest.mark.slow
@given(NAMED)
def test_candidates_are_picked_from_all_leaves_in_order(value: Any) -> None:
    content = read(json.dumps(value))
    assert content.candidates == (candidates_of(content), True)


def test_candidates_are_found_under_names_that_promise_nothing() -> None:
    found = 0
    for text in ("ask +15550100", "(555) 010-0123", "a,0015550100", "tel:1", "a@b.example", "+"):
        for value in ({"note": text}, {"note": ["x", text]}, [{"a": [[text]]}]):
            content = read(json.dumps(value))
            assert content.candidates == (candidates_of(content), True), value
            found += len(content.candidates[0])
    assert found == 15


def test_forms_have_candidates_as_well() -> None:
    content = read("n=1&phone=15550100", FORM)
    assert content.candidates == ((Leaf("phone", "phone", "15550100"),), True)
    assert not read("n=1&phone=15550100", FORM, truncated=True).candidates[1]


@pytest.mark.parametrize(
    "value",
    [[0] * (MAX_LEAVES + 1), json.loads("[" * 60 + "]" * 60), {"n": list(range(2 * MAX_LEAVES))}],
    ids=["wide", "deep", "wide below"],
)
def test_candidates_say_when_a_bound_has_cut_leaves_off(value: Any) -> None:
    content = read(json.dumps(value))
    assert content.candidates == (candidates_of(content), False)


def test_a_cut_body_that_cannot_be_mended_is_our_doing() -> None:
    content = read("{nonsense, ", truncated=True)
    assert content.kind is ContentKind.MALFORMED
    assert content.fault == "captured in part"


# Lines and events


@pytest.mark.parametrize("media", ["application/x-ndjson", "application/jsonl; charset=utf-8"])
def test_lines_are_a_list(media: str) -> None:
    content = read('{"phone": "1"}\n\n{"phone": "2"}\n', media)
    assert content.value == [{"phone": "1"}, {"phone": "2"}]
    assert content.leaves == (Leaf("$[].phone", "phone", "1"), Leaf("$[].phone", "phone", "2"))


def test_text_sequences() -> None:
    assert read('\x1e{"a": 1}\n\x1e{"a": 2}\n', "application/json-seq").value == [
        {"a": 1},
        {"a": 2},
    ]


def test_a_bad_line_does_not_hide_the_others() -> None:
    content = read('{"a": 1}\nnonsense\n{"a": NaN}\n', "application/x-ndjson")
    assert content.value == [{"a": 1}, {"a": "NaN"}]
    assert content.fault == "1 of 3 lines are not JSON"


def test_lines_without_any_json_are_malformed() -> None:
    assert read("a\nb", "application/x-ndjson").kind is ContentKind.MALFORMED


def test_events_with_json_are_read() -> None:
    content = read(
        ': hi\nevent: user\ndata: {"phone": "1"}\n\ndata: {"phone": "2"}\n\n', "text/event-stream"
    )
    assert [leaf.value for leaf in content.leaves] == ["1", "2"]
    assert read("data: hello\n\n", "text/event-stream").kind is ContentKind.TEXT


# Forms and queries


def test_form() -> None:
    content = read("phone=%2B1+555&empty=&flag&&a%20b=c%26d", FORM)
    assert content.kind is ContentKind.FORM
    assert values(content) == {"phone": "+1 555", "empty": "", "flag": "", "a b": "c&d"}


def test_form_in_a_declared_charset() -> None:
    assert values(read(b"name=M%FCller", f"{FORM}; charset=latin1")) == {"name": "Müller"}
    assert values(read(b"name=M\xfcller", f"{FORM}; charset=windows-1252")) == {"name": "Müller"}


@pytest.mark.parametrize(
    ("name", "path", "last"),
    [
        ("users[0][phone]", "users[][phone]", "phone"),
        ("users[][phone]", "users[][phone]", "phone"),
        ("ids[]", "ids[]", "ids"),
        ("ids[17]", "ids[]", "ids"),
        ("[x", "[x", "x"),
        ("[]", "[]", "[]"),
    ],
)
def test_names_with_brackets(name: str, path: str, last: str) -> None:
    assert query_leaves(f"{name}=1") == (Leaf(path, last, "1"),)


def test_query() -> None:
    assert query_leaves("") == ()
    assert query_leaves("a=1&a=2") == (Leaf("a", "a", "1"), Leaf("a", "a", "2"))


def test_a_query_of_too_many_fields_is_read_in_part() -> None:
    leaves = query_leaves("&".join(f"a{number}=1" for number in range(MAX_LEAVES + 5)))
    assert len(leaves) == MAX_LEAVES
    assert leaves[0].name == "a0"


@pytest.mark.slow
@given(st.dictionaries(st.text(min_size=1), st.text()))
def test_forms_are_read_as_browsers_write_them(fields: dict[str, str]) -> None:
    from urllib.parse import urlencode

    plain = {name: value for name, value in fields.items() if "[" not in name}
    assert values(read(urlencode(plain), FORM)) == plain


# The rest


@pytest.mark.parametrize(
    ("media", "kind"),
    [
        ("text/html; charset=utf-8", ContentKind.TEXT),
        ("application/soap+xml", ContentKind.TEXT),
        ("application/graphql", ContentKind.TEXT),
        ("image/png", ContentKind.BINARY),
        ("application/octet-stream", ContentKind.BINARY),
        (None, ContentKind.BINARY),
    ],
)
def test_other_kinds(media: str | None, kind: ContentKind) -> None:
    assert read("<a>", media).kind is kind


def test_being_cut_is_told() -> None:
    for media in (JSON, FORM, "text/plain", "image/png", "multipart/form-data; boundary=b"):
        assert read('{"a": 1, "b": 2', media, truncated=True).cut, media


def test_text_knows_how_to_be_decoded() -> None:
    assert read("x", "text/plain; charset=Shift-JIS").charset == "shift_jis"


@pytest.mark.slow
@given(st.binary(max_size=300), MEDIA_TYPES | st.text(max_size=40), st.booleans())
@settings(max_examples=300)
@example(b'{"\xff', JSON, True)
@example(b"--b\r\nContent-Disposition: form-data\r\n\r\n", "multipart/form-data; boundary=b", False)
@example(b"\xff\xfe{", JSON, True)
@example(b"\x00[", JSON, False)
def test_never_raises(data: bytes, media: str | None, truncated: bool) -> None:
    content = read_content(Body(data, len(data), truncated), media)
    assert isinstance(content.kind, ContentKind)
    for leaf in content.leaves:
        assert leaf.path.encode() is not None
        assert str(leaf.value).encode() is not None
    b"x".decode(content.charset, "replace")


@pytest.mark.slow
@given(st.text(alphabet='{}[]",:\\u0dD8\n1aeN-. ', max_size=60), MEDIA_TYPES, st.booleans())
@settings(max_examples=300)
def test_never_raises_on_almost_json(text: str, media: str | None, truncated: bool) -> None:
    content = read(text, media, truncated=truncated)
    for leaf in content.leaves:
        str(leaf.value).encode()


def _scalars(value: Any) -> int:
    if isinstance(value, dict):
        return sum(map(_scalars, value.values()))
    return sum(map(_scalars, value)) if isinstance(value, list) else 1

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightlatch.exchange.media import MediaKind, decode_text, read_media


@pytest.mark.parametrize(
    ("content_type", "kind", "charset", "boundary"),
    [
        (None, MediaKind.UNDECLARED, "utf-8", ""),
        ("", MediaKind.UNDECLARED, "utf-8", ""),
        ("application/json", MediaKind.JSON, "utf-8", ""),
        ("APPLICATION/LD+JSON ; Charset=UTF8", MediaKind.JSON, "utf-8", ""),
        ("application/json;charset='utf-16'", MediaKind.JSON, "utf-8", ""),
        ('text/html; charset="iso-8859-15"', MediaKind.TEXT, "iso8859-15", ""),
        ("text/plain; charset=windows-1251", MediaKind.TEXT, "cp1251", ""),
        ("text/plain; charset=zlib", MediaKind.TEXT, "utf-8", ""),
        ("text/plain; charset=idna", MediaKind.TEXT, "utf-8", ""),
        ("text/plain; charset=../../x", MediaKind.TEXT, "utf-8", ""),
        ('multipart/form-data; boundary="a;b\\"c"', MediaKind.MULTIPART, "utf-8", 'a;b"c'),
        ("multipart/form-data; boundary=----x", MediaKind.MULTIPART, "utf-8", "----x"),
        ("multipart/mixed; boundary=x", MediaKind.BINARY, "utf-8", "x"),
        ("application/x-ndjson", MediaKind.LINES, "utf-8", ""),
        ("text/event-stream", MediaKind.EVENTS, "utf-8", ""),
        ("image/svg+xml", MediaKind.TEXT, "utf-8", ""),
        ("video/mp4", MediaKind.BINARY, "utf-8", ""),
    ],
)
def test_reading(content_type: str | None, kind: MediaKind, charset: str, boundary: str) -> None:
    media = read_media(content_type)
    assert (media.kind, media.charset, media.boundary) == (kind, charset, boundary)


@given(st.text(max_size=80))
def test_never_raises(content_type: str) -> None:
    media = read_media(content_type)
    assert "x".encode(media.charset, "replace").decode(media.charset, "replace") == "x"


# A zero after the mark of UTF-16 makes it that of UTF-32: nobody can tell those apart.
@given(
    st.text(st.characters(min_codepoint=1, codec="utf-8")),
    st.sampled_from(["utf-8-sig", "utf-16", "utf-32"]),
)
def test_a_byte_order_mark_decides(text: str, encoding: str) -> None:
    assert decode_text(text.encode(encoding), "ascii") == text


@given(st.binary(), st.sampled_from(["utf-8", "ascii", "gb18030", "utf-16-le", "euc_jp"]))
def test_decoded_text_can_be_encoded_again(data: bytes, charset: str) -> None:
    decode_text(data, charset).encode()

"""Contents of uploads; whole classes of them are in the cases."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.checks.attacks.upload.contents import read_content

SHELL = "<?php system($_GET['c']); ?>"


@pytest.mark.parametrize(
    "magic", ["GIF89a", "\x89PNG\r\n\x1a\n", "\ufffd\ufffd\ufffd\ufffd\0\x10JFIF\0", "%PDF-1.4\n"]
)
def test_a_picture_with_a_program_in_it_is_found(magic: str) -> None:
    clue = read_content(magic + "x" * 2000 + SHELL)
    assert clue is not None
    assert "image" in clue.why
    assert read_content(magic + "x" * 2000) is None


def test_an_article_about_programs_passes() -> None:
    article = "The old page was written like this and ran whatever it was sent by anybody. " * 6
    assert read_content(f"{article}\n\n{SHELL}\n\n{article}") is None


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from(["GIF89a", "<?php", "<svg", "<script", "PK\x03\x04", "../", "\0", "("])
    )
)
def test_anything_may_be_read(parts: list[str]) -> None:
    read_content("".join(parts))

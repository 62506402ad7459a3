"""A window of a real browser: whatever its log complains of fails the test that opened it."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page

ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDE, NARROW = (1280, 800), (390, 844)


@contextmanager
def window(
    browser: Browser,
    base: str,
    size: tuple[int, int] = WIDE,
    *,
    script: bool = True,
    dark: bool = False,
    expected: str = "",
) -> Iterator[Page]:
    """`expected`: what its log may complain of, as part of each complaint."""
    context = browser.new_context(
        base_url=base,
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
        java_script_enabled=script,
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    try:
        yield page
    finally:
        context.close()
    assert [one for one in complaints if not (expected and expected in one)] == []

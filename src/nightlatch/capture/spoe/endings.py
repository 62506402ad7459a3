"""How an exchange ended, as HAProxy logs it: in a line of its own, or at the end of another."""

from typing import Final

from nightlatch.capture.gateway.underway import End

FORMAT: Final = "%ID %ST %U %B %Ta %ts"
"""Id, status, bytes from the client and to it (heads included), milliseconds, and who ended it."""
_CUT: Final = 8_190
"""Bytes from which on HAProxy may have cut a line off (`log … len 8192`): what stands last in it is
then what a client wrote."""
_WORDS: Final = len(FORMAT.split())
_CLIENT: Final = b"C"


def read_ending(line: bytes) -> tuple[str, End] | None:
    """The exchange and its end, which the last words of a line tell; None where they do not."""
    if len(line) >= _CUT:
        return None
    parts = line.rsplit(maxsplit=_WORDS)[-_WORDS:]
    if len(parts) != _WORDS:
        return None
    key, status, received, sent, took, state = parts
    try:
        end = End(
            status=max(0, int(status)),
            received=int(received),
            sent=int(sent),
            with_heads=True,
            duration=max(0, int(took)) / 1_000,
            client_gone=state.startswith(_CLIENT),
        )
    except ValueError:
        return None
    return key.decode("latin-1"), end

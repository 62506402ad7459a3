"""What the engine reads, and what it says: values, clues and attacks."""

from enum import StrEnum

from msgspec import Struct


class Place(StrEnum):
    """Where in a request a value stood."""

    PATH = "path"
    QUERY = "query"
    HEADER = "header"
    COOKIE = "cookie"
    FORM = "form field"
    MULTIPART = "multipart field"
    FILE_NAME = "file name"
    FILE = "file"
    """The content of an uploaded file, as text."""
    JSON = "JSON"
    XML = "XML"
    TOKEN = "token"
    """A claim or header of a JWT."""
    BODY = "body"
    """A body of no known structure, whole."""


class Value(Struct, frozen=True, gc=False):
    """One named text of a request, decoded once as its place demands (a query: percent-decoded)."""

    place: Place
    name: str
    """The parameter, header or cookie; of JSON the path (`$.users[].phone`); of the path empty."""
    text: str
    is_name: bool = False
    """The text is itself a name (a key of JSON or of a form), which a sender also chooses."""
    codings: tuple[str, ...] = ()
    """What was undone to get the text beyond what its place demands, e.g. ("base64",)."""


class Clue(Struct, frozen=True, gc=False):
    """What a recogniser says of a text."""

    certainty: int
    """Percent. 60 and above is a finding on its own; less needs a second clue."""
    why: str
    """What it would do, in words that end a sentence: "appends a second result with UNION"."""
    text: str
    """The decoded part that shows it; the engine shortens and masks it."""


class Attack(Struct, frozen=True, gc=False):
    """One attack that was found in one request."""

    check: str
    """Id of its check, e.g. "sql-injection"."""
    certainty: int
    evidence: str
    """Which parameter, which decoded text, why; in words, masked."""
    place: str = ""
    name: str = ""
    """Of the value, as exceptions speak of it; empty for the request as a whole."""

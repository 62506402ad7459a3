"""The formats' help, as Markdown: one page for each."""

from collections.abc import Sequence

from nightlatch.capture.logs.log_format import LogFormat
from nightlatch.exchange.source import Part

PARTS: dict[Part, str] = {
    Part.SCHEME: "whether it was https",
    Part.HOST: "the host",
    Part.QUERY: "the query",
    Part.CLIENT: "the client's address",
    Part.REQUEST_HEADERS: "request headers but those that are named",
    Part.REQUEST_BODY: "the request's body",
    Part.RESPONSE_HEADERS: "response headers but those that are named",
    Part.RESPONSE_BODY: "the answer's body",
    Part.CREDENTIALS: "whether there was a credential (a user that is logged proves one)",
    Part.SECRETS: "what the credential was: it is masked",
    Part.STATUS: "the status",
    Part.DURATION: "the duration",
}
"""What a part is, for people."""


def unseen_in_words(unseen: Sequence[Part] | frozenset[Part] | set[Part]) -> str:
    """In the order of the parts; "nothing" where all can be seen."""
    return "; ".join(words for part, words in PARTS.items() if part in unseen) or "nothing"


def help_page(each: LogFormat) -> str:
    """Headed by its id at the third level."""
    examples = "\n".join(each.examples)
    parts = [
        f"### `{each.id}`",
        f"{each.software}. {each.what}",
        f"```text\n{examples}\n```",
        f"**It cannot show:** {unseen_in_words(each.unseen)}.",
    ]
    if not each.zone:
        parts.append("Its times name no zone: say which with `--zone`, or they are read as UTC.")
    if each.setup:
        parts.append(f"**To see the most**\n\n```text\n{each.setup.rstrip()}\n```")
    return "\n\n".join(parts) + "\n"

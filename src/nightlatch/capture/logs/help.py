"""The formats' help, as Markdown: one page for each."""

from nightlatch.capture.logs.log_format import LogFormat


def help_page(each: LogFormat, unseen: str) -> str:
    """Headed by its id at the third level; `unseen`: what it cannot show, in words."""
    examples = "\n".join(each.examples)
    parts = [
        f"### `{each.id}`",
        f"{each.software}. {each.what}",
        f"```text\n{examples}\n```",
        f"**It cannot show:** {unseen}.",
    ]
    if not each.zone:
        parts.append("Its times name no zone: say which with `--zone`, or they are read as UTC.")
    if each.setup:
        parts.append(f"**To see the most**\n\n```text\n{each.setup.rstrip()}\n```")
    return "\n\n".join(parts) + "\n"

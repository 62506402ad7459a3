"""How a flow is told on a terminal: its requests before they leave, and what came of it."""

import json
from typing import Any

import msgspec
from rich.console import Console
from rich.markup import escape

from nightlatch.cli.output import print_json, screen, table
from nightlatch.exchange.judgement import Level
from nightlatch.workbench.oauth.flows.answers import printable
from nightlatch.workbench.oauth.flows.call import Answer, Call
from nightlatch.workbench.oauth.flows.drive import Played
from nightlatch.workbench.oauth.flows.log import Entry
from nightlatch.workbench.oauth.flows.masking import masked_url
from nightlatch.workbench.oauth.flows.steps import Invite, Visit
from nightlatch.workbench.oauth.flows.tokens import Tokens
from nightlatch.workbench.oauth.probe.weakness import Found, Report

_COLOURS = {Level.HIGH: "red", Level.MEDIUM: "yellow", Level.LOW: "dim"}
aside = Console(stderr=True, highlight=False)
"""For what a person must do, while the result goes into a pipe."""


def print_requests(
    steps: list[Call | Visit], *, reveal: bool, as_json: bool, authority: str = ""
) -> None:
    """As lines for a shell; a visit is an address for a browser."""
    lines = [_line(step, reveal, authority) for step in steps]
    if as_json:
        kinds = ("curl" if isinstance(step, Call) else "open" for step in steps)
        told = zip(steps, kinds, lines, strict=True)
        print_json({"requests": [{"purpose": one.purpose, kind: line} for one, kind, line in told]})
        return
    for step, line in zip(steps, lines, strict=True):
        word = "" if isinstance(step, Call) else ", in a browser"
        screen.print(f"[dim]# {escape(step.purpose)}{word}[/]")
        screen.print(line, markup=False, soft_wrap=True)


def _line(step: Call | Visit, reveal: bool, authority: str) -> str:
    if isinstance(step, Visit):
        return step.url if reveal else masked_url(step.url)
    return (step if reveal else step.masked()).curl(authority)


def print_before(call: Call, *, reveal: bool, authority: str = "") -> None:
    screen.print(f"[dim]→ {escape(call.purpose)}[/]")
    screen.print(f"  {_line(call, reveal, authority)}", style="dim", markup=False, soft_wrap=True)


def print_invitation(step: Invite) -> None:
    aside.print(f"\nTo {step.purpose}, open [bold]{escape(step.url)}[/]")
    aside.print(f"and check that it shows [bold]{escape(step.code)}[/]\n")


def print_visit(step: Visit) -> None:
    aside.print(f"\nTo {step.purpose}, open in a browser of this machine:")
    aside.print(step.url, markup=False, soft_wrap=True)
    aside.print()


def print_played(played: Played[Any], *, as_json: bool, log: bool) -> None:
    if as_json:
        told: dict[str, Any] = {"result": plain(played.result), "notes": played.notes}
        told |= {"fault": played.fault} if played.fault else {}
        print_json(told | ({"log": played.log} if log else {}))
        return
    for note in played.notes:
        screen.print(f"[yellow]•[/] {escape(note)}")
    if log:
        _print_log(played.log)
    if played.fault:
        screen.print(f"[bold red]No:[/] {escape(played.fault)}.")
    elif isinstance(played.result, Tokens):
        _print_tokens(played.result)
    elif isinstance(played.result, Report):
        print_report(played.result)
    elif isinstance(played.result, Answer):
        _print_answer(played.result)
    elif isinstance(played.result, dict):
        _print_document(played.result)


def plain(result: object) -> Any:
    """For JSON: without members that are empty."""
    if isinstance(result, Report):
        return plain_report(result)
    if isinstance(result, Answer):
        headers = [list(pair) for pair in result.headers]
        return {"status": result.status, "headers": headers, "body": _text(result)}
    if not isinstance(result, Tokens):
        return result
    return {name: value for name, value in msgspec.structs.asdict(result).items() if value}


def _print_tokens(tokens: Tokens) -> None:
    screen.print("[bold green]Issued.[/]")
    for name, value in plain(tokens).items():
        if name != "claims":
            screen.print(f"  [bold]{name}[/]: {escape(str(value))}", soft_wrap=True)
    if tokens.claims is not None:
        screen.print("\nThe ID token is verified, and says:")
        _print_document(tokens.claims)


def _print_answer(answer: Answer) -> None:
    """As it came: status, headers, an empty line, the body."""
    colour = "green" if answer.status < 400 else "yellow"
    screen.print(f"[bold {colour}]{answer.status}[/]")
    for name, value in answer.headers:
        screen.print(_clean(f"{name}: {value}"), style="dim", markup=False, soft_wrap=True)
    if answer.body:
        screen.print()
        screen.print(_clean(_text(answer)), markup=False, soft_wrap=True)


def _text(answer: Answer) -> str:
    return answer.body.decode("utf-8", "replace")


def _print_document(document: dict[str, Any]) -> None:
    rows = table("Name", "Value")
    for name, value in document.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        rows.add_row(escape(printable(name)), escape(printable(text, 2_000)))
    screen.print(rows)


def _print_log(log: tuple[Entry, ...]) -> None:
    for entry in log:
        end = escape(entry.fault) or f"{entry.status} in {entry.seconds * 1000:.0f} ms"
        screen.print(f"\n[bold]{escape(entry.purpose)}[/]: {end}")
        headers = "\n".join(f"< {name}: {value}" for name, value in entry.headers)
        request = "\n".join(f"> {line}" for line in entry.request.split("\n"))
        for text in (request, headers, entry.body):
            if text:
                screen.print(_clean(text), style="dim", markup=False, soft_wrap=True)
    screen.print()


def _clean(text: str) -> str:
    """A server's bytes must not steer the terminal."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "�" for letter in text)


def plain_report(report: Report) -> dict[str, Any]:
    """For JSON."""
    found = [_one(one) for one in report.found]
    return {"found": found, "tried": report.tried, "skipped": report.skipped}


def _one(found: Found) -> dict[str, str]:
    its = found.weakness
    return {"id": its.id, "level": its.level.word, "title": its.title, "source": its.source,
            "evidence": found.evidence, "remedy": its.remedy}  # fmt: skip


def print_report(report: Report) -> None:
    """What was found, what was tried, and what could not be."""
    if report.found:
        rows = table("Level", "What is wrong", "What was seen", "What to do", "Written in")
        for one in report.found:
            its = one.weakness
            level = f"[{_COLOURS[its.level]}]{its.level.word}[/]"
            rows.add_row(
                level, its.title, escape(one.evidence), its.remedy, f"[dim]{its.source}[/]"
            )
        screen.print(rows)
    else:
        screen.print("[bold green]Nothing found.[/]")
    screen.print(f"Tried: {', '.join(report.tried)}.")
    for text in report.skipped:
        screen.print(f"[dim]Not tried: {escape(text)}.[/]")

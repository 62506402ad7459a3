"""`nightlatch token`: tokens taken apart, verified, judged and made, on this machine alone."""

import json
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.markup import escape

from nightlatch.cli.output import AsJson, Refusal, print_json, screen, table
from nightlatch.exchange.judgement import Level
from nightlatch.identity.lint.rule import Fault
from nightlatch.identity.weak_secrets import Guess, guess
from nightlatch.workbench.tokens.explain import (
    Explained,
    Line,
    explain,
    faults_of,
    shown,
    tellable,
)
from nightlatch.workbench.tokens.pasted import Pasted, find_token

if TYPE_CHECKING:
    from nightlatch.workbench.tokens.judging import Verdict
    from nightlatch.workbench.tokens.keyset import JudgedSet, Remark

_FILE_NAME = re.compile(r"[\w./\\:~ -]{1,255}\.(txt|json|jwt|jws|jwe|jwk|jwks|pem|token)", re.ASCII)
_COLOURS = {Level.HIGH: "red", Level.MEDIUM: "yellow", Level.LOW: "dim"}

TokenText = Annotated[
    str, typer.Argument(metavar="TOKEN", help='The token, a file that holds it, or "-".')
]
Keys = Annotated[
    list[str],
    typer.Option(
        "--key", help="A file (PEM, JWK, JWK set) or an https address (JWKS or issuer). Repeatable."
    ),
]
Secret = Annotated[
    str, typer.Option(help='A shared secret: text, "hex:…" or "base64:…"; "-" asks for it.')
]
Words = Annotated[
    Path | None,
    typer.Option(
        help="A file of further secrets to try on it, one a line.", exists=True, dir_okay=False
    ),
]

token = typer.Typer(
    help="Take tokens apart, verify, judge and make them; alone, print a link to the console.",
    invoke_without_command=True,
)


@token.callback()
def link(context: typer.Context, as_json: AsJson = False) -> None:
    """Take tokens apart, verify, judge and make them. Nothing leaves this machine or is kept.

    Without a command: print a new one-time link to the console of this data directory.
    """
    if context.invoked_subcommand is None:
        # The console's rooms are not loaded to look at a token.
        from nightlatch.cli.up import token as console_link_command

        console_link_command(as_json)


@token.command()
def inspect(text: TokenText, as_json: AsJson = False) -> None:
    """Show what a token is and says, each part in words, and what is wrong with it.

    Nothing in it is believed: `nightlatch token verify` tells whether its signature holds.
    """
    pasted = _pasted(text)
    found = explain(pasted.token)
    faults = faults_of(found, len(pasted.token), [], now=time.time())
    if as_json:
        print_json({"kind": found.kind, "found": pasted.place, **_lines_of(found),
                    "faults": [_plain(fault) for fault in faults]})  # fmt: skip
        return
    where = f" It was {pasted.place}." if pasted.place else ""
    screen.print(f"This is [bold]{escape(found.kind)}[/].{escape(where)} {pasted.warning}\n")
    for section in found.sections:
        _print_lines(section.title, section.lines)
    if found.note:
        screen.print(f"[red]{escape(found.note)}.[/]")
    if found.token is not None:
        _print_faults(faults)


@token.command()
def verify(
    text: TokenText,
    key: Keys = [],  # noqa: B006 -- typer's way
    secret: Secret = "",
    issuer: Annotated[str, typer.Option(help="Whom it must be from.")] = "",
    audience: Annotated[str, typer.Option(help="Whom it must be for.")] = "",
    as_json: AsJson = False,
) -> None:
    """Tell whether a token is what its issuer's keys say, and in force.

    The algorithm is the key's to say, never the token's alone. What was encrypted is shown where a
    key opens it. Exits with 1 when it is not valid.
    """
    from nightlatch.workbench.tokens.judging import judge

    pasted, keys = _pasted(text), _keys(key, secret, "verify")
    found = judge(pasted.token, keys, time.time(), issuer=issuer, audience=audience)
    weak = _guessed(pasted.token, None) if found.holds else None
    if as_json:
        print_json({
            "valid": found.valid, "reason": found.reason, "header": tellable(found.header),
            "claims": tellable(found.claims), "key_id": found.key_id, "key": found.key,
            "guessable": weak is not None,
        })  # fmt: skip
    else:
        _print_verdict(found, weak)
    raise typer.Exit(0 if found.valid else 1)


@token.command()
def lint(
    text: TokenText,
    key: Keys = [],  # noqa: B006 -- typer's way
    secret: Secret = "",
    words: Words = None,
    as_json: AsJson = False,
) -> None:
    """Judge a token by every rule: what is wrong, where that is written, what to do.

    With its issuer's keys, these are judged too. A hundred thousand common secrets are tried on
    one that a secret signs. Exits with 1 when something is Medium or High.
    """
    given = _pasted(text).token
    found = explain(given)
    keys = _keys(key, secret, "lint") if key or secret else []
    faults = faults_of(found, len(given), keys, _guessed(given, words), now=time.time())
    if as_json:
        print_json([_plain(fault) for fault in faults])
    else:
        _print_faults(faults)
    raise typer.Exit(1 if any(fault.level > Level.LOW for fault in faults) else 0)


@token.command()
def sign(
    claims: Annotated[str, typer.Argument(help='Claims as JSON: \'{"sub": "ada"}\', or a file.')],
    key: Keys = [],  # noqa: B006 -- typer's way
    secret: Secret = "",
    header: Annotated[str, typer.Option(help="More of the header, as JSON.")] = "{}",
    expires: Annotated[int, typer.Option(help="Seconds until it expires; 0: never.")] = 600,
) -> None:
    """Make a token and sign it, to try what your API does with it."""
    from nightlatch.workbench.tokens.making import sign as signed
    from nightlatch.workbench.tokens.material import NoKey

    body = _json(read_given(claims), "the claims")
    if expires and "exp" not in body:
        now = int(time.time())
        body = {"iat": now, "exp": now + expires, **body}
    try:
        made = signed(body, _keys(key, secret, "sign")[0], **_json(header, "the header"))
    except NoKey as fault:
        raise Refusal(f"{fault}.") from fault
    typer.echo(made)


@token.command()
def encrypt(
    content: Annotated[
        str, typer.Argument(help="Claims as JSON, or a signed token; or a file of either.")
    ],
    key: Keys = [],  # noqa: B006 -- typer's way
    secret: Secret = "",
    header: Annotated[
        str, typer.Option(help="More of the header, as JSON; alg and enc choose the algorithms.")
    ] = "{}",
) -> None:
    """Encrypt claims or a signed token to somebody's public key (JWE), to try who can read it."""
    from nightlatch.workbench.tokens.making import seal
    from nightlatch.workbench.tokens.material import NoKey

    given = read_given(content)
    body = _json(given, "the claims") if given.startswith("{") else given
    try:
        made = seal(body, _keys(key, secret, "encrypt")[0], **_json(header, "the header"))
    except NoKey as fault:
        raise Refusal(f"{fault}.") from fault
    typer.echo(made)


@token.command()
def keys(
    place: Annotated[
        str, typer.Argument(metavar="KEYS", help="A file (PEM, JWK, JWK set) or an https address.")
    ],
    as_json: AsJson = False,
) -> None:
    """Judge a key set: what each key may be used for, and what is wrong with it.

    Exits with 1 when something is Medium or High.
    """
    from nightlatch.workbench.tokens.keyset import judge_keys

    judged = judge_keys(_keys([place], "", "keys"))
    if as_json:
        print_json(judged)
    else:
        _print_keys(judged)
    raise typer.Exit(1 if (judged.worst or Level.LOW) > Level.LOW else 0)


@token.command(name="key")
def make_key(
    kind: Annotated[str, typer.Argument(help="EC, OKP, RSA or oct (a secret).")] = "EC",
    size: Annotated[str, typer.Option(help="Curve or bits: P-256, Ed25519, 3072 …")] = "",
    public: Annotated[
        str, typer.Option(help="Print the public part of this file's keys instead, as a set.")
    ] = "",
) -> None:
    """Make a key, as a JWK with its thumbprint for an id; or show what of one may be published."""
    from nightlatch.workbench.tokens.material import NoKey, generate, keys_from, public_part

    try:
        if public:
            print_json({"keys": [public_part(one) for one in keys_from(public)]})
        else:
            print_json(generate(kind, size))
    except NoKey as fault:
        raise Refusal(f"{fault}.") from fault


def read_given(text: str) -> str:
    """A text, the content of a file of that name, or standard input for a dash. Raises Refusal for
    what can only be the name of a file that is not there."""
    if text == "-":
        return sys.stdin.read(1 << 20).strip()
    try:
        place = Path(text)
        if len(text) < 1_024 and place.is_file():
            return place.read_text("utf-8", "replace")[: 1 << 20].strip()
    except (OSError, ValueError):
        pass
    if _FILE_NAME.fullmatch(text):
        raise Refusal(f"{text}: there is no such file here.")
    return text.strip()


def _pasted(text: str) -> Pasted:
    given = read_given(text)
    if not given:
        raise Refusal("There is no token in what was given: it is empty.")
    return find_token(given)


def _keys(places: list[str], secret: str, command: str) -> list[dict[str, Any]]:
    from nightlatch.workbench.tokens.material import NoKey, keys_from
    from nightlatch.workbench.tokens.material import secret as shared

    try:
        found = [key for place in places for key in keys_from(place)]
        if secret:
            asked = typer.prompt("Secret", hide_input=True) if secret == "-" else secret
            found.append(shared(asked))
    except NoKey as fault:
        raise Refusal(f"{fault}.") from fault
    if not found:
        raise Refusal(
            f"Which key? `nightlatch token {command} … --key FILE-or-ADDRESS`, or --secret."
        )
    return found


def _json(text: str, what: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise Refusal(f"{what} are no JSON: {error}") from error
    if not isinstance(value, dict):
        raise Refusal(f"{what} are no JSON object.")
    return value


def _guessed(text: str, words: Path | None) -> Guess | None:
    from nightlatch.identity.secret_words import secret_words

    try:
        return guess(text, secret_words(words))
    except OSError as error:
        raise Refusal(f"{words}: {error.strerror}.") from error


def _plain(fault: Fault) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(fault)
    return plain | {"level": fault.level.word}


def _print_lines(name: str, lines: tuple[Line, ...]) -> None:
    rows = table(name, "Value", "Meaning")
    for line in lines:
        rows.add_row(
            escape(line.name), escape(shown(line.value, 200)), escape(line.words(time.time()))
        )
    screen.print(rows)
    screen.print()


def _lines_of(found: Explained) -> dict[str, Any]:
    def told(lines: tuple[Line, ...]) -> list[dict[str, Any]]:
        return [
            {"name": line.name, "value": tellable(line.value), "meaning": line.meaning,
             "moment": line.moment, "personal": line.personal}
            for line in lines
        ]  # fmt: skip

    more = [{"title": section.title, "lines": told(section.lines)} for section in found.more]
    return {"header": told(found.header), "claims": told(found.claims), "more": more}


def _print_verdict(found: "Verdict", weak: Guess | None) -> None:
    if found.valid:
        screen.print("[bold green]Valid.[/] The signature holds, and the token is in force.")
    else:
        screen.print(f"[bold red]Not valid:[/] {escape(found.reason)}.")
    if weak is not None:
        screen.print(
            f"[bold red]Its secret can be guessed:[/] it is number {weak.rank:,} in a list of "
            "common ones, so that anybody can make such tokens."
        )
    if found.key:
        screen.print(f"The key: {escape(found.key)}")
    for name, value in (found.claims or {}).items() if found.valid else ():
        screen.print(f"  {escape(shown(name, 100))}: {escape(shown(value, 200))}")
    if found.content and not found.claims:
        screen.print(f"It was opened: {escape(shown(found.content))}")


def _print_keys(judged: "JudgedSet") -> None:
    rows = table("No.", "Kind", "Id", "May", "What is wrong")
    for key in judged.keys:
        wrong = "\n".join(_remark(one) for one in key.remarks) or "nothing"
        may = escape(", ".join((*key.signs, *key.seals)) or "nothing")
        rows.add_row(str(key.number + 1), escape(key.kind), escape(shown(key.id)), may, wrong)
    screen.print(rows)
    for one in judged.remarks:
        screen.print(_remark(one))


def _remark(one: "Remark") -> str:
    colour = _COLOURS[one.level]
    return f"[{colour}]{one.level.word}[/]: {escape(one.text)} [dim]({one.source})[/]"


def _print_faults(faults: list[Fault]) -> None:
    if not faults:
        screen.print("No rule finds anything wrong with it.")
        return
    rows = table("Level", "What is wrong", "What to do", "Written in")
    for fault in faults:
        level = f"[{_COLOURS[fault.level]}]{fault.level.word}[/]"
        rows.add_row(level, escape(fault.evidence), fault.remedy, f"[dim]{fault.source}[/]")
    screen.print(rows)

"""The few pages: who asks for what, and two buttons. Each says that this is a test."""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from html import escape

from nightlatch.workbench.oauth.server.answers import Answer, page_answer
from nightlatch.workbench.oauth.server.clients import PEOPLE

_SEND = "document.forms[0].submit()"
_SEND_HASH = "'sha256-" + base64.b64encode(hashlib.sha256(_SEND.encode()).digest()).decode() + "'"
_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:3rem auto;padding:0 1rem}"
    "p.test{background:#fde68a;color:#000;padding:.5rem 1rem;border-radius:.25rem}"
    "button,select{font:inherit;padding:.4rem 1rem}code{word-break:break-all}"
)
_FRAME = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>{title} - test authorization server</title><style>{style}</style></head><body>
<p class="test" role="note">This is a test authorization server. It asks for no password and
protects nothing.</p><main><h1>{title}</h1>{content}</main></body></html>"""


def page(title: str, content: str, status: int = 200, script: str = "'none'") -> Answer:
    """`content` is HTML."""
    text = _FRAME.format(title=escape(title), style=_STYLE, content=content)
    return page_answer(text, status, script)


def consent_page(ticket: str, client: str, scope: str, hint: str) -> Answer:
    people = "".join(
        f'<option value="{person.id}"{" selected" if person.id == hint else ""}>'
        f"{escape(person.name)}</option>"
        for person in PEOPLE.values()
    )
    return page(
        "Allow it?",
        f"<p><strong>{escape(client)}</strong> asks for: {escape(scope)}</p>"
        f'<form method="post" action="/consent"><input type="hidden" name="ticket" '
        f'value="{escape(ticket)}"><p><label>As <select name="person">{people}</select></label></p>'
        f"{_BUTTONS}</form>",
    )


_BUTTONS = (
    '<p><button name="decision" value="allow">Allow</button> '
    '<button name="decision" value="deny">Deny</button></p>'
)


def waiting_page(entries: Iterable[tuple[str, str, str, str]], said: str = "") -> Answer:
    """Device and CIBA requests: code, client, scope, message of each."""
    forms = "".join(
        f"<p><strong>{escape(client)}</strong> asks for: {escape(scope)}. {escape(message)} "
        f'Code: <code>{escape(code)}</code></p><form method="post" action="/device">'
        f'<input type="hidden" name="user_code" value="{escape(code)}">{_BUTTONS}</form>'
        for code, client, scope, message in entries
    )
    return page("Devices that wait", f"<p>{escape(said)}</p>{forms or '<p>Nobody waits.</p>'}")


def form_post_page(address: str, members: Mapping[str, str]) -> Answer:
    """OAuth 2.0 Form Post Response Mode; a button where no script runs."""
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in members.items()
    )
    return page(
        "Back to the application",
        f'<form method="post" action="{escape(address)}">{fields}<button>Continue</button></form>'
        f"<script>{_SEND}</script>",
        script=_SEND_HASH,
    )


def arrival_page(members: Mapping[str, str], issuer: str) -> Answer:
    """Where the demo clients' answers can go when there is no application."""
    rows = "".join(
        f"<p>{escape(name)}: <code>{escape(value)}</code></p>" for name, value in members.items()
    )
    next_step = ""
    if "code" in members:
        next_step = (
            f"<p>Exchange it: <code>curl {escape(issuer)}/token -d grant_type=authorization_code "
            f"-d code={escape(members['code'])} -d redirect_uri={escape(issuer)}/callback "
            "-d client_id=demo-public -d code_verifier=…</code></p>"
        )
    nothing = "<p>Nothing came in the query: it may be in the fragment, after #.</p>"
    return page("What came back", (rows or nothing) + next_step)


def mistake_page(description: str, status: int = 400) -> Answer:
    return page("That does not work", f"<p>{escape(description)}.</p>", status)

"""Command lines that somebody keeps: what builds, deployments and people at a terminal write.

A value that begins as such a line broke out of nothing; it is data of programs that run others.
"""

from nightlatch.checks.attacks.lazy_pattern import LazyPattern
from nightlatch.checks.attacks.sensitive_files import is_sensitive
from nightlatch.checks.attacks.shell.arguments import Fit
from nightlatch.checks.attacks.shell.commands import Kind
from nightlatch.checks.attacks.shell.reading import Command

_TOOLS = (
    "git|npm|npx|yarn|pnpm|bun|deno|make|cmake|docker|docker-compose|podman|mvn|gradle"
    r"|\./(?:mvnw|gradlew)|go|cargo|pip3?|pipx|poetry|uv|tox|nox|pytest|ruff|mypy|bundle|rake|rails"
    "|gem|composer|dotnet|terraform|helm|kubectl|ansible(?:-playbook)?|aws|gcloud|az|gh|brew|vite"
    "|webpack|jest|eslint|prettier|tsc|lerna|turbo|nx|cd|apt(?:-get)?|apk|yum|dnf|pacman|chown|chmod"
    "|mkdir|export|source|exec"
)
_BEGINNING = LazyPattern(
    r"\s*+(?:#!\s?/|#cloud-config|set -[a-z]{1,4}\b|[#$>] +(?!id\b|whoami\b)(?:[a-z(]|\./)"
    r"|\$(?!IFS)[A-Z][A-Z_]{1,20}\b\s*+[|/]"
    rf"|(?:Run +|sudo +)?(?>(?:[A-Z_]{{2,30}}=\S{{0,60}} +)*)(?:{_TOOLS}) +[-\w./~@\"'$])"
)
_PUBLIC_NUMBER = LazyPattern(
    r"(?:\w{3,5}://)?(?!10\.|127\.|192\.168\.|172\.|0\.)\d{1,3}(?:\.\d{1,3}){3}(?![\d.])"
)


def is_own_script(text: str) -> bool:
    """Does the text begin with a prompt, a script's first line or a tool of builders?"""
    return _BEGINNING.match(text) is not None


def shows_a_stranger(command: Command) -> bool:
    """Would no script that somebody keeps say this: hidden names, the system's secrets, programs
    from a bare public address?"""
    if command.disguised:
        return True
    if command.fit is not Fit.HARM or command.kind is Kind.INTERPRETER:
        return False
    return any(
        is_sensitive(word.text)
        or (command.kind is Kind.NETWORK and _PUBLIC_NUMBER.match(word.text) is not None)
        for word in command.arguments
    )

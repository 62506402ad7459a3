"""`nightlatch` and `python -m nightlatch`."""

import sys
from typing import NoReturn


def main() -> None:
    """The front door. Says what to install when only the middleware is there."""
    if sys.argv[1:3] == ["run", "--"] and sys.argv[3:]:
        _run(sys.argv[3:])
    try:
        from nightlatch.cli import run

        run()
    except ModuleNotFoundError as missing:
        if missing.name and missing.name.startswith("nightlatch"):
            raise
        sys.exit(
            f"The command line needs {missing.name!r}, which the base install leaves out.\n"
            "Install the rest with:  pip install 'nightlatch[server]'"
        )


def _run(command: list[str]) -> NoReturn:
    """`nightlatch run --`, which starts applications: where they are there is no command line, and
    nobody wants to wait until it is loaded."""
    from nightlatch.stand_ins import CannotStart, become

    try:
        become(command)
    except CannotStart as mistake:
        sys.stderr.write(f"{mistake}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()

"""`nightlatch` and `python -m nightlatch`."""

import sys


def main() -> None:
    """The front door. Says what to install when only the middleware is there."""
    try:
        from nightlatch.cli import run
    except ModuleNotFoundError as missing:
        if missing.name and missing.name.startswith("nightlatch"):
            raise
        sys.exit(
            f"The command line needs {missing.name!r}, which the base install leaves out.\n"
            "Install the rest with:  pip install 'nightlatch[server]'"
        )
    run()


if __name__ == "__main__":
    main()

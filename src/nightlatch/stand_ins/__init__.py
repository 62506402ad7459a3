"""Nightlatch in the place of Treblle's Python SDKs, in applications whose code nobody touches.

`nightlatch run` puts `start/` in front of PYTHONPATH, so that each Python below it reads the
`sitecustomize` there before anything else; that one calls `install`. From then on whoever imports a
module of an SDK gets one of ours, with the names that applications use: also of a copy beside the
application, which no order of paths would hide. Everything else about the modules stays: what
else is below the real package is imported from there. Forked workers inherit all of this, spawned
ones come by here again. Where we fail, the import goes on to the real module, and the log says so.

Whole frameworks are not wrapped: from the outside nobody can tell an application from a part of
one that is mounted into another, which would then be recorded twice.

This package imports nothing but the standard library: every Python below `nightlatch run` loads it.
"""

import logging
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, NoReturn

log = logging.getLogger("nightlatch")

START = Path(__file__).with_name("start")
"""The directory with the `sitecustomize`, and nothing else."""

_Names = Mapping[str, str]
"""What a module has, and where of ours it comes from."""

_DJANGO = {"TreblleMiddleware": "nightlatch.treblle.django"}
_FLASK = {"Treblle": "nightlatch.treblle"}
_FASTAPI = {"TreblleMiddleware": "nightlatch.treblle.fastapi"}

STAND_INS: Mapping[str, _Names] = MappingProxyType({
    "treblle": _DJANGO,
    "treblle.middleware": _DJANGO,
    "treblle_flask": _FLASK,
    "treblle_flask.extension": _FLASK,
    "trenasty": {},
    "trenasty.middleware": {},
    "trenasty.middleware.treblle": _FASTAPI,
})  # fmt: skip
"""As the packages' documentation has them: PyPI `treblle` 2.0.6, `trenasty` 1.0.2 (FastAPI), and
`treblle-flask`, which is installed from its repository."""

_ALSO = {"trenasty.middleware.treblle": "trenasty.configs.config"}
"""Imported along with it, if it is there: it reads `.env` into the environment, and more of the
application than the SDK may have come to rely on that."""


def environment_for_children(environment: Mapping[str, str]) -> dict[str, str]:
    """The same environment, in which every Python stands in for the SDKs."""
    paths = environment.get("PYTHONPATH", "").split(os.pathsep)
    kept = [place for place in paths if place and place != str(START)]
    return {**environment, "PYTHONPATH": os.pathsep.join([str(START), *kept])}


class CannotStart(Exception):
    """There is no such command, or it must not be run; the text says which and what to do."""


def become(command: Sequence[str]) -> NoReturn:
    """Be this command from now on: signals, exit code and process id are its own. Raises
    CannotStart."""
    sys.stderr.write("nightlatch run: Nightlatch stands in for treblle, treblle_flask, trenasty.\n")
    sys.stderr.flush()
    try:
        os.execvpe(command[0], list(command), environment_for_children(os.environ))  # noqa: S606
    except OSError as error:
        raise CannotStart(
            f"Cannot start {command[0]!r}: {error.strerror}. "
            "Is it installed, and on PATH? nightlatch run -- COMMAND"
        ) from error


def install() -> None:
    """From now on, in this process, imports of the SDKs' modules find ours."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder:
    """Answers for the modules of `STAND_INS`, and for no other."""

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        names = STAND_INS.get(name)
        if names is None:
            return None
        try:
            _import_along(name)
            contents = {one: getattr(import_module(ours), one) for one, ours in names.items()}
        except Exception:
            log.critical(
                "Nightlatch could not stand in for %s: the module of that name is used, "
                "and what it sends goes to Treblle.",
                name,
                exc_info=True,
            )
            return None
        return _spec(name, contents, path)


def _import_along(name: str) -> None:
    if name in _ALSO:
        with suppress(ImportError):
            import_module(_ALSO[name])


def _spec(name: str, contents: Mapping[str, object], path: Sequence[str] | None) -> ModuleSpec:
    is_package = any(one.startswith(f"{name}.") for one in STAND_INS)
    # Not derived from importlib.abc, which costs every Python below us more than all of this.
    loader: Any = _Loader(contents)
    spec = ModuleSpec(name, loader, origin=__file__, is_package=is_package)
    # Django asks modules of INSTALLED_APPS for their file.
    spec.has_location = True
    if is_package:
        with suppress(Exception):
            real = PathFinder.find_spec(name, path)
            if real is not None and real.submodule_search_locations is not None:
                spec.submodule_search_locations = list(real.submodule_search_locations)
    return spec


class _Loader:
    """Makes a module of what is in it."""

    def __init__(self, contents: Mapping[str, object]) -> None:
        self._contents = contents

    def create_module(self, spec: ModuleSpec) -> None:
        """None, for Python's own way to make one."""

    def exec_module(self, module: ModuleType) -> None:
        vars(module).update(self._contents, __all__=list(self._contents))
        if self._contents:
            log.warning(
                "Nightlatch stands in for %s, because this runs under `nightlatch run`. "
                "Nothing is sent to Treblle.",
                module.__name__,
            )

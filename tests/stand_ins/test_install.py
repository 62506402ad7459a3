"""What a Python below `nightlatch run` imports, each in an interpreter of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.servers import environment

from nightlatch.stand_ins import STAND_INS, START, environment_for_children, install

OURS = {
    "treblle": "nightlatch.treblle.django",
    "treblle.middleware": "nightlatch.treblle.django",
    "treblle_flask": "nightlatch.treblle",
    "treblle_flask.extension": "nightlatch.treblle",
    "trenasty.middleware.treblle": "nightlatch.treblle.fastapi",
}


def python(place: Path, code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=place,
        env=environment_for_children({**environment(), **variables}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.slow
def test_each_module_has_the_names_that_applications_use(tmp_path: Path) -> None:
    names = {"treblle_flask": "Treblle", "treblle_flask.extension": "Treblle"}
    code = "".join(
        f"from {module} import {names.get(module, 'TreblleMiddleware')} as found\n"
        "print(found.__module__)\n"
        for module in OURS
    )
    done = python(tmp_path, code)
    assert done.stdout.split() == list(OURS.values()), done.stderr
    assert done.stderr.count("Nothing is sent to Treblle.") == len(OURS)
    assert set(OURS) < set(STAND_INS)


def test_a_copy_beside_the_application_is_stood_in_for_and_its_other_modules_stay(
    tmp_path: Path,
) -> None:
    place = tmp_path / "treblle_flask"
    place.mkdir()
    (place / "__init__.py").write_text("raise AssertionError('theirs was imported')")
    (place / "telemetry_gatherer.py").write_text("LIMIT = 4")
    code = "from treblle_flask import Treblle, telemetry_gatherer as g; print(Treblle.__module__)\n"
    done = python(tmp_path, code + "print(g.LIMIT)")
    assert done.stdout.split() == ["nightlatch.treblle", "4"], done.stderr


@pytest.mark.slow
def test_the_package_need_not_be_there_and_django_takes_it_for_an_application(
    tmp_path: Path,
) -> None:
    code = (
        "from importlib.metadata import packages_distributions\n"
        "from django.apps import AppConfig\n"
        "for name in ('treblle', 'trenasty'):\n"
        "    print(AppConfig.create(name).label, name in packages_distributions())\n"
    )
    done = python(tmp_path, code)
    assert done.stdout.split() == ["treblle", "True", "trenasty", "False"], done.stderr


def test_where_ours_fails_the_import_goes_on_to_theirs_and_the_log_says_so(tmp_path: Path) -> None:
    place = tmp_path / "treblle_flask"
    place.mkdir()
    (place / "__init__.py").write_text("class Treblle: pass")
    code = (
        "import sys; sys.modules['nightlatch.treblle'] = None\n"
        "from treblle_flask import Treblle; print(Treblle.__module__)"
    )
    done = python(tmp_path, code)
    assert done.stdout.split() == ["treblle_flask"], done.stderr
    assert "Nightlatch could not stand in for treblle_flask" in done.stderr
    assert "goes to Treblle" in done.stderr


def test_a_python_without_nightlatch_goes_on_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "nightlatch.py").write_text("raise ImportError('not here')")
    done = python(tmp_path, "print(7)", PYTHONPATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (0, "7\n")
    assert "has no Nightlatch (not here)" in done.stderr
    assert "pip install nightlatch there" in done.stderr


def test_a_sitecustomize_of_somebody_elses_is_read_and_ours_leaves_no_trace(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "sitecustomize.py").write_text("NAME = 'theirs'")
    paths = os.pathsep.join([str(tmp_path / "theirs"), environment()["PYTHONPATH"]])
    code = (
        "import sys, sitecustomize, treblle_flask; print(sitecustomize.NAME)\n"
        f"print({str(START)!r} in sys.path, treblle_flask.Treblle.__module__)"
    )
    done = python(tmp_path, code, PYTHONPATH=paths)
    assert done.stdout.split() == ["theirs", "False", "nightlatch.treblle"], done.stderr


def test_an_error_in_their_sitecustomize_is_told_as_python_tells_it(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("raise KeyError('their mistake')")
    paths = os.pathsep.join([str(tmp_path), environment()["PYTHONPATH"]])
    done = python(tmp_path, "print(7)", PYTHONPATH=paths)
    assert (done.returncode, done.stdout) == (0, "7\n")
    assert "Error in sitecustomize" in done.stderr
    assert "their mistake" in done.stderr


@pytest.mark.slow
def test_spawned_and_forked_processes_stand_in_too(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text(
        "import multiprocessing\n"
        "def name(_):\n"
        "    from treblle_flask import Treblle\n"
        "    return Treblle.__module__\n"
        "if __name__ == '__main__':\n"
        "    for way in ('spawn', 'fork'):\n"
        "        with multiprocessing.get_context(way).Pool(1) as pool:\n"
        "            print(*pool.map(name, [0]))\n"
    )
    done = subprocess.run(
        [sys.executable, "work.py"], cwd=tmp_path, env=environment_for_children(environment()),
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout.split() == ["nightlatch.treblle"] * 2, done.stderr


def test_a_python_that_imports_none_of_it_loads_nothing_of_the_house(tmp_path: Path) -> None:
    done = python(tmp_path, "import sys; print(*sys.modules)")
    loaded = {name for name in done.stdout.split() if name.startswith("nightlatch")}
    assert loaded == {"nightlatch", "nightlatch.stand_ins"}
    assert done.stderr == ""


def test_the_environment_keeps_its_paths_and_is_changed_once() -> None:
    once = environment_for_children({"PYTHONPATH": f"a{os.pathsep}b", "HOME": "/root"})
    assert once == {"PYTHONPATH": os.pathsep.join([str(START), "a", "b"]), "HOME": "/root"}
    assert environment_for_children(once) == once
    assert environment_for_children({}) == {"PYTHONPATH": str(START)}
    assert [path.name for path in START.iterdir() if path.suffix == ".py"] == ["sitecustomize.py"]


def test_installed_twice_is_installed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    before = len(sys.meta_path)
    install()
    install()
    assert len(sys.meta_path) == before + 1

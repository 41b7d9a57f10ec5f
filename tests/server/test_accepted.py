"""Families that a service is told of: named, imported when it starts, told from changed ones, wrong ones refused."""

from __future__ import annotations

import importlib
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from warmfit.cli.app import app
from warmfit_fitting.errors import InvalidInput, UnknownDistribution, UnsupportedType, WarmfitError
from warmfit_fitting.families import custom
from warmfit_fitting.families.custom import GROUP, Target, identity, load, parse
from warmfit_fitting.spec import FitSpec
from warmfit_server.accepted import CHANGED, NONE, Accepted, configured
from warmfit_server.identity import engine_version
from warmfit_server.jobs import split
from warmfit_server.settings import Settings

HERE = "tests.service.families"
SOURCE = """
from scipy import stats

class Half(stats.rv_continuous):
    def _pdf(self, x):
        return {}

HALF = Half(a=0.0, name="half")
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What writes a module of a family, and imports it anew."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(density: str) -> None:
        (tmp_path / "half_family.py").write_text(SOURCE.format(density))
        sys.modules.pop("half_family", None)
        importlib.invalidate_caches()
        import linecache

        linecache.clearcache()

    yield write
    sys.modules.pop("half_family", None)


def test_entries_are_read_with_and_without_names() -> None:
    assert parse(f" {HERE}:KUMARASWAMY, tent = {HERE}:BOREL ,") == (
        Target("KUMARASWAMY", f"{HERE}:KUMARASWAMY"),
        Target("tent", f"{HERE}:BOREL"),
    )
    assert parse("") == ()


@pytest.mark.parametrize("text", ["module", "module:", ":attribute", "=a:b", "name=module", "a:b,c"])
def test_entries_that_name_no_object_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="expected module:attribute or name=module:attribute"):
        parse(text)


def test_a_name_given_twice_is_refused() -> None:
    with pytest.raises(InvalidInput, match="more than once: x"):
        parse("x=a:b, x=c:d")


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        (
            "own=no_such_module:x",
            InvalidInput,
            r"own=no_such_module:x: cannot be imported \(ModuleNotFoundError: No module",
        ),
        (f"own={HERE}:NOTHING", InvalidInput, r"cannot be imported \(AttributeError.*NOTHING"),
        (f"own={HERE}:Kumaraswamy", UnsupportedType, r"give Kumaraswamy\(name='own'\), not the class"),
        (f"own={HERE}:FROZEN", UnsupportedType, "not a frozen one"),
        (f"own={HERE}:HISTOGRAM", UnsupportedType, "'own' is an rv_histogram"),
        (f"own={HERE}:np", UnsupportedType, "expected an instance of scipy.stats.rv_continuous or"),
        (f"norm={HERE}:KUMARASWAMY", InvalidInput, "'norm' is a family of SciPy, which keeps its name"),
        (f"zi_poisson={HERE}:KUMARASWAMY", InvalidInput, "'zi_poisson' is a family of warmfit"),
        (f"two words={HERE}:KUMARASWAMY", InvalidInput, "is no identifier"),
    ],
)
def test_what_cannot_be_accepted_is_told_by_name(text: str, error: type[WarmfitError], says: str) -> None:
    with pytest.raises(error, match=says):
        configured(text)


def test_a_service_does_not_start_with_what_it_cannot_import() -> None:
    told = CliRunner().invoke(app, ["serve", "--distribution", "own=no_such_module:x", "--port", "9", "--workers", "1"])
    assert told.exit_code == 2
    assert "own=no_such_module:x: cannot be imported" in told.output


def test_settings_take_them_from_flags_the_environment_and_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "list.toml").write_text('distributions = ["a=m:x", "m:y"]')
    (tmp_path / "table.toml").write_text('[distributions]\na = "m:x"\nb = "m:y"')
    assert Settings.load(tmp_path / "list.toml").distributions == "a=m:x, m:y"
    assert Settings.load(tmp_path / "table.toml").distributions == "a=m:x, b=m:y"
    monkeypatch.setenv("WARMFIT_DISTRIBUTIONS", "m:z")
    assert Settings.load(tmp_path / "list.toml").distributions == "m:z"
    assert Settings.load(None, distributions=["a=m:x", "m:y"]).distributions == "a=m:x, m:y"
    assert Settings().distributions == "m:z"


def test_the_catalogue_has_them_after_its_own_and_the_default_one_has_none() -> None:
    accepted = Accepted.of(configured(f"own={HERE}:KUMARASWAMY, counts={HERE}:BOREL"))
    assert accepted.catalogue.names[-2:] == ("own", "counts")
    accepted.check(["own", "norm"])
    accepted.check(["counts", "poisson"])
    with pytest.raises(InvalidInput, match="discrete families are fitted in a call without continuous ones"):
        accepted.check(["own", "counts"])
    with pytest.raises(UnknownDistribution):
        NONE.check(["own"])
    assert sorted(n for part in split(FitSpec(("own", "norm")), 2, accepted.catalogue) for n in part.families) == [
        "norm",
        "own",
    ]


def test_a_changed_family_has_another_identity_and_engine_version(module: Any) -> None:
    seen = []
    for density in ("2.0 * (x < 0.5)", "2.0 * (x <= 0.5)"):
        module(density)
        (target,) = configured("half=half_family:HALF")
        seen.append(target)
    assert seen[0].identity != seen[1].identity
    assert engine_version(seen[:1]) != engine_version(seen[1:])
    assert configured("half=half_family:HALF") == (seen[1],)
    assert "half=half_family:HALF" in engine_version(seen[1:])


def test_a_family_whose_source_changed_since_the_start_is_refused_and_no_other(module: Any) -> None:
    module("2.0 * (x < 0.5)")
    targets = configured(f"half=half_family:HALF, own={HERE}:KUMARASWAMY")
    module("3.0 * (x < 1 / 3)")
    accepted = Accepted.of(targets)
    assert accepted.catalogue["half"].refusal == CHANGED
    assert not accepted.catalogue["own"].refusal
    with pytest.raises(InvalidInput, match="have the service started anew"):
        accepted.custom_object("half")
    assert accepted.custom_object("own") is not None
    assert accepted.custom_object("norm") is None


def test_installed_packages_declare_families_and_settings_win(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [
        metadata.EntryPoint("theirs", f"{HERE}:BOREL", GROUP),
        metadata.EntryPoint("own", f"{HERE}:BROKEN", GROUP),
    ]
    monkeypatch.setattr(custom.metadata, "entry_points", lambda group: points if group == GROUP else [])
    targets = {target.name: target.where for target in configured(f"own={HERE}:KUMARASWAMY")}
    assert targets == {"own": f"{HERE}:KUMARASWAMY", "theirs": f"{HERE}:BOREL"}


def test_the_identity_is_the_same_in_another_process() -> None:
    import subprocess

    target = Target("own", f"{HERE}:KUMARASWAMY")
    code = f"from warmfit_fitting.families.custom import *; t = Target('own', '{target.where}'); print(identity(t, load(t)))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert other.stdout.strip() == identity(target, load(target))


ROOT = Path(__file__).parents[2]

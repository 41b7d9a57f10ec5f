"""Families of a user's own in this process: fitted by threads and forks alike, used, saved, loaded, wrong ones refused."""

from __future__ import annotations

import pickle
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tests.service.families import BOREL, BROKEN, FROZEN, HISTOGRAM, KUMARASWAMY, Kumaraswamy

from warmfit import (
    DistributionFitResult,
    DistributionFitter,
    FitResults,
    InvalidInput,
    LocalBackend,
    SerializationError,
    UnknownDistribution,
    UnsupportedType,
)
from warmfit_fitting.families import custom
from warmfit_fitting.families.catalogue import CATALOGUE

VALUES = 3.0 * np.random.default_rng(21).beta(2.0, 3.0, 600)
MANY = [name for name in CATALOGUE.names if not CATALOGUE[name].off_by_default][:40]


@pytest.fixture
def fitter() -> DistributionFitter:
    made = DistributionFitter(backend=LocalBackend(1))
    made.register_distribution("kumaraswamy", KUMARASWAMY)
    return made


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A package is installed that declares the family."""
    points = [metadata.EntryPoint("kumaraswamy", "tests.service.families:KUMARASWAMY", custom.GROUP)]
    monkeypatch.setattr(custom.metadata, "entry_points", lambda group: points if group == custom.GROUP else [])
    custom.of_installed.cache_clear()
    yield
    custom.of_installed.cache_clear()


@pytest.mark.parametrize(
    ("thing", "says"),
    [
        (HISTOGRAM, "'mine' is an rv_histogram, the distribution of other data and not a family"),
        (FROZEN, "not a frozen one"),
        (Kumaraswamy, r"give Kumaraswamy\(name='mine'\), not the class"),
        (BOREL, "rv_continuous"),
        (lambda x: x, "expected an instance of scipy.stats.rv_continuous"),
        ("norm", "expected an instance of scipy.stats.rv_continuous"),
    ],
)
def test_what_is_no_family_is_refused_by_name(fitter: DistributionFitter, thing: Any, says: str) -> None:
    with pytest.raises(UnsupportedType, match=says):
        fitter.register_distribution("mine", thing)


@pytest.mark.parametrize("name", ["norm", "poisson", "zi_poisson", "kumaraswamy"])
def test_a_name_that_is_taken_is_refused(fitter: DistributionFitter, name: str) -> None:
    with pytest.raises(InvalidInput, match=r"keeps its name|registered already"):
        fitter.register_distribution(name, KUMARASWAMY)


def test_forks_and_threads_give_the_same_rows() -> None:
    tables = []
    for backend in (LocalBackend(1), LocalBackend(2)):
        fitter = DistributionFitter(backend=backend)
        fitter.register_distribution("kumaraswamy", KUMARASWAMY)
        fitter.register_distribution("broken", BROKEN)
        names = [*MANY, "kumaraswamy", "broken"]
        tables.append(fitter.fit(VALUES, included_distributions=names).df.drop(columns="elapsed"))
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    rows = tables[0].set_index("distribution")
    assert rows.loc["kumaraswamy", "status"] == "ok"
    assert rows.loc["broken", "reason"].startswith("KeyError: ('the moon is full'")


def test_a_fit_is_used_like_any_other(fitter: DistributionFitter) -> None:
    fit = fitter.fit(VALUES, included_distributions=["kumaraswamy"]).best()[0]
    a, b, loc, scale = fit.parameters
    z = (1.0 - loc) / scale
    assert fit.get_param_names() == ["a", "b", "loc", "scale"]
    assert fit.cdf(1.0) == pytest.approx(1 - (1 - z**a) ** b)
    assert fit.cdf(fit.ppf(0.3)) == pytest.approx(0.3)
    drawn = fit.sample(4_000, random_state=1)
    assert stats.kstest(drawn, fit.cdf).pvalue > 1e-3
    assert fit.mean() == pytest.approx(VALUES.mean(), rel=0.05)


def test_json_keeps_the_name_and_takes_the_object_back(fitter: DistributionFitter, tmp_path: Path) -> None:
    results = fitter.fit(VALUES, included_distributions=["kumaraswamy", "norm"])
    results.save(tmp_path / "all.json")
    results.best()[0].save(tmp_path / "one.json")
    assert "Kumaraswamy(" not in (tmp_path / "all.json").read_text()
    for kind, file in ((FitResults, "all.json"), (DistributionFitResult, "one.json")):
        with pytest.raises(SerializationError, match=r"unknown distribution 'kumaraswamy'.*custom="):
            kind.load(tmp_path / file)
    own = {"kumaraswamy": KUMARASWAMY}
    loaded = FitResults.load(tmp_path / "all.json", custom=own)
    assert loaded.best()[0].pdf(1.0) == results.best()[0].pdf(1.0)
    assert DistributionFitResult.load(tmp_path / "one.json", custom=own).ppf(0.5) == results.best()[0].ppf(0.5)


@pytest.mark.usefixtures("declared")
def test_an_installed_package_that_declares_it_is_enough_to_load(fitter: DistributionFitter, tmp_path: Path) -> None:
    results = fitter.fit(VALUES, included_distributions=["kumaraswamy", "norm"], lazy_metrics=True)
    results.save(tmp_path / "all.json")
    results.best()[0].save(tmp_path / "one.json")
    loaded = FitResults.load(tmp_path / "all.json")
    assert loaded.materialize().df["ks_statistic"].notna().all()
    assert DistributionFitResult.load(tmp_path / "one.json").cdf(1.0) == results.best()[0].cdf(1.0)
    assert pickle.loads(pickle.dumps(loaded)).best()[0].cdf(1.0) == results.best()[0].cdf(1.0)


def test_a_declared_family_that_cannot_be_imported_is_named(
    fitter: DistributionFitter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitter.fit(VALUES, included_distributions=["kumaraswamy"]).save(tmp_path / "all.json")
    points = [metadata.EntryPoint("kumaraswamy", "no_such_module:X", custom.GROUP)]
    monkeypatch.setattr(custom.metadata, "entry_points", lambda group: points if group == custom.GROUP else [])
    custom.of_installed.cache_clear()
    with pytest.raises(SerializationError, match="kumaraswamy=no_such_module:X: cannot be imported"):
        FitResults.load(tmp_path / "all.json")


def test_a_pickle_is_read_only_by_permission(fitter: DistributionFitter, tmp_path: Path) -> None:
    results = fitter.fit(VALUES, included_distributions=["kumaraswamy"])
    results.save(tmp_path / "all.pkl")
    with pytest.raises(SerializationError, match="allow_pickle=True"):
        FitResults.load(tmp_path / "all.pkl")
    assert FitResults.load(tmp_path / "all.pkl", allow_pickle=True).best()[0].cdf(9.0) == 1.0


def test_a_family_known_to_nobody_here_is_unknown_with_the_local_backend() -> None:
    with pytest.raises(UnknownDistribution, match="'kumaraswamy'"):
        DistributionFitter(backend=LocalBackend(1)).fit(VALUES, included_distributions=["kumaraswamy"])

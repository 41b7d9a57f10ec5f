"""`DistributionFitter.fit`: what is asked reaches the engine, what fails says so, and nothing is ignored in silence."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats

import warmfit
from warmfit import (
    DistributionFitter,
    FitterConfig,
    InvalidInput,
    LocalBackend,
    TruncationNotice,
    UnknownDistribution,
    UnsupportedType,
    summarize,
)
from warmfit.backends import FitTask
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.row import FitRow

QUICK = ["norm", "expon", "gamma"]
VALUES = np.random.default_rng(0).gamma(3.0, size=400)


def fit(data: Any = VALUES, *args: Any, families: Any = QUICK, seed: int = 42, **keywords: Any) -> Any:
    fitter = DistributionFitter(random_seed=seed, backend=LocalBackend(2))
    return fitter.fit(data, *args, included_distributions=families, **keywords)


def table(results: Any) -> pd.DataFrame:
    frame: pd.DataFrame = results.df
    return frame.drop(columns=[name for name in ("elapsed",) if name in frame])


def test_signatures_are_those_of_the_documented_interface() -> None:
    made = inspect.signature(DistributionFitter).parameters
    assert list(made)[:4] == ["target", "excluded_distributions", "random_seed", "backend"]
    assert (made["random_seed"].default, made["spark"].kind) == (42, inspect.Parameter.KEYWORD_ONLY)
    called = list(inspect.signature(DistributionFitter.fit).parameters.values())[1:]
    assert [p.name for p in called if p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD] == [
        "df",
        "column",
        "columns",
        "config",
    ]
    given = {p.name: p.default for p in called if p.kind is inspect.Parameter.KEYWORD_ONLY}
    assert given == {
        "bins": 50, "use_rice_rule": True, "support_at_zero": False, "max_distributions": None, "enable_sampling": True,
        "sample_fraction": None, "max_sample_size": 1_000_000, "sample_threshold": 10_000_000, "num_partitions": None,
        "progress_callback": None, "bounded": False, "lower_bound": None, "upper_bound": None, "lazy_metrics": False,
        "prefilter": False, "estimation_method": "mle", "included_distributions": None, "fixed": None, "weights": None,
        "censoring": None, "truncation": None, "groupby": None, "warm_start": None, "timeout": None,
    }  # fmt: skip
    assert str(inspect.signature(summarize)).startswith("(df: ")
    assert list(inspect.signature(summarize).parameters) == [
        "df",
        "columns",
        "by",
        "weights",
        "censoring",
        "truncation",
    ]


def test_everything_listed_as_public_is_there() -> None:
    assert all(hasattr(warmfit, name) for name in warmfit.__all__)
    assert len(set(warmfit.__all__)) == len(warmfit.__all__)
    from warmfit_fitting import errors

    tree = {
        name for name, cls in vars(errors).items() if isinstance(cls, type) and issubclass(cls, errors.WarmfitError)
    }
    assert tree <= set(warmfit.__all__)


def test_the_family_that_made_the_data_is_recovered() -> None:
    values = stats.gumbel_r.rvs(10, 2, size=3000, random_state=1)
    best = fit(values, families=["norm", "gumbel_r", "logistic", "expon"]).best()[0]
    assert best.distribution == "gumbel_r"
    assert best.parameters == pytest.approx([10, 2], abs=0.15)
    assert best.loglik == pytest.approx(stats.gumbel_r.logpdf(values, *best.parameters).sum(), rel=1e-6)


def test_every_family_but_the_default_exclusions_is_tried_and_has_a_row() -> None:
    results = DistributionFitter(backend=LocalBackend(2)).fit([1.0, 2.0, 4.0, 3.0, 9.0, 5.0], timeout=0.2)
    expected = [name for name in CATALOGUE.names if name not in warmfit.DEFAULT_EXCLUDED_DISTRIBUTIONS]
    assert list(results.df["distribution"]) == expected


def test_no_exclusions_means_every_family_of_scipy() -> None:
    fitter = DistributionFitter(excluded_distributions=(), backend=LocalBackend(2))
    assert len(fitter.fit([1.0, 2.0, 4.0], timeout=0.01)) == len(CATALOGUE)


def test_exclusions_and_a_maximum_leave_families_out() -> None:
    fitter = DistributionFitter(excluded_distributions=["norm"])
    results = fitter.fit(VALUES, max_distributions=1)
    assert list(results.df["distribution"]) == [name for name in CATALOGUE.names if name != "norm"][:1]


def test_columns_of_one_call_are_those_of_single_calls() -> None:
    frame = pl.DataFrame({"a": VALUES, "b": VALUES * 2 + 1})
    both = fit(frame, columns=["b", "a"])
    assert both.column_names == ["b", "a"]
    for name in ("a", "b"):
        one = table(fit(frame, column=name))
        pd.testing.assert_frame_equal(table(both.for_column(name)).reset_index(drop=True), one)


def test_a_summary_is_fitted_as_the_frame_that_it_was_made_of() -> None:
    frame = pd.DataFrame({"price": VALUES})
    pd.testing.assert_frame_equal(table(fit(summarize(frame, "price"))), table(fit(frame)))
    pd.testing.assert_frame_equal(table(fit(summarize(frame, "price")["price"], "price")), table(fit(frame)))


def test_a_column_that_cannot_be_summarized_or_prepared_fails_its_rows_only() -> None:
    frame = pd.DataFrame({"text": ["x"] * 400, "constant": 1.0, "good": VALUES})
    results = fit(frame, columns=["text", "constant", "good"])
    rows = results.df.groupby("column_name")["status"].agg(set)
    assert rows.to_dict() == {"text": {"failed"}, "constant": {"failed"}, "good": {"ok"}}
    reasons = results.failures.set_index("column_name")["reason"]
    assert all("not numeric" in reason for reason in reasons["text"])
    assert all("two different values" in reason for reason in reasons["constant"])


def test_where_no_column_can_be_fitted_the_first_error_is_raised() -> None:
    frame = pd.DataFrame({"constant": [1.0, 1.0], "text": ["x", "y"]})
    with pytest.raises(InvalidInput, match=r"column 'constant': every value is 1\.0"):
        fit(frame, columns=["constant", "text"])
    with pytest.raises(UnsupportedType, match="column 'text'"):
        fit(frame, columns=["text", "constant"])


def test_columns_that_cannot_be_fitted_are_not_given_to_the_backend() -> None:
    class Counting(LocalBackend):
        asked: ClassVar[list[str]] = []

        def fit(self, tasks: Sequence[FitTask], **how: Any) -> list[tuple[FitRow, ...]]:
            self.asked.extend(task.column for task in tasks)
            return super().fit(tasks, **how)

    fitter = DistributionFitter(backend=Counting())
    frame = pd.DataFrame({"text": ["x"] * 400, "constant": 1.0, "good": VALUES})
    results = fitter.fit(frame, columns=["text", "constant", "good"], included_distributions=["norm"])
    assert Counting.asked == ["good"]
    assert list(results.df["data_min"])[1] == 1.0
    with pytest.raises(InvalidInput, match="column 'constant'"):
        fitter.fit(frame, columns=["constant", "text"], included_distributions=["norm"])
    assert Counting.asked == ["good"]


def test_progress_counts_all_columns_together_and_reaches_a_hundred() -> None:
    events: list[tuple[int, int, float]] = []
    frame = pd.DataFrame({"bad": ["x"] * 400, "a": VALUES, "b": VALUES})
    fit(frame, columns=["a", "bad", "b"], progress_callback=lambda *event: events.append(event))
    assert [completed for completed, _, _ in events] == list(range(1, 10))
    assert {total for _, total, _ in events} == {9}
    assert events[-1][2] == 100.0


def test_an_exception_in_the_progress_callback_does_not_fail_the_fit(caplog: pytest.LogCaptureFixture) -> None:
    def callback(completed: int, total: int, percent: float) -> None:
        raise RuntimeError("display is gone")

    assert len(fit(progress_callback=callback)) == len(QUICK)
    assert len(caplog.records) == len(QUICK)


def test_whole_weights_count_as_repeated_rows() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.5, 4.0, 7.0], "n": [3, 1, 4, 2]})
    repeated = fit(np.repeat(frame["x"], frame["n"]).to_numpy()).df
    for weights in ("n", frame["n"].to_numpy()):
        weighted = fit(frame, column="x", weights=weights).df
        for name in ("loglik", "bic", "data_count", "data_mean"):
            assert weighted[name].to_numpy() == pytest.approx(repeated[name].to_numpy(), rel=1e-6)


def test_a_sample_is_drawn_by_the_seed() -> None:
    halves = [fit(sample_fraction=0.5, seed=seed).df["data_mean"][0] for seed in (1, 1, 2)]
    assert halves[0] == halves[1] != halves[2]
    assert set(fit(sample_fraction=0.5).df["data_count"]) == {200}


def test_bounds_reach_the_columns_that_they_are_given_for() -> None:
    frame = pd.DataFrame({"a": VALUES, "b": VALUES})
    results = fit(frame, columns=["a", "b"], lower_bound={"a": 0.0})
    assert set(results.for_column("a").df["lower_bound"]) == {0.0}
    assert results.for_column("b").df["lower_bound"].isna().all()
    with pytest.raises(InvalidInput, match="no column 'c'"):
        fit(frame, columns=["a", "b"], lower_bound={"c": 0.0})


def test_bounded_alone_truncates_at_the_observed_extremes_and_says_so() -> None:
    with pytest.warns(TruncationNotice, match="'value'.*observed extremes") as caught:
        rows = fit(bounded=True).df
    assert caught[0].filename.endswith("test_fitter.py")
    assert set(zip(rows["lower_bound"], rows["upper_bound"], strict=True)) == {(VALUES.min(), VALUES.max())}
    assert fit(bounded=True, lower_bound=0.0).df["upper_bound"].isna().all()


def test_truncated_data_are_fitted_by_the_truncated_likelihood() -> None:
    whole = np.random.default_rng(5).normal(0, 1, 20_000)
    best = fit(whole[whole > 0.5], families=["norm"], lower_bound=0.5).best()[0]
    assert best.parameters == pytest.approx([0, 1], abs=0.2)


def test_fixed_parameters_stay_and_families_without_them_are_skipped() -> None:
    rows = fit(fixed={"loc": 0.0, "a": 3.0}).df.set_index("distribution")
    assert dict(rows["status"]) == {"norm": "skipped", "expon": "skipped", "gamma": "ok"}
    assert list(rows["parameters"]["gamma"])[:2] == [3.0, 0.0]
    with pytest.raises(InvalidInput, match="fixed names lco"):
        fit(fixed={"lco": 0.0})


def test_support_at_zero_skips_families_that_cannot_have_it() -> None:
    rows = fit(support_at_zero=True).df.set_index("distribution")
    assert rows["status"]["norm"] == "skipped"
    assert list(rows["parameters"]["gamma"])[1] == 0.0


def test_lazy_results_compute_the_same_metrics_when_asked() -> None:
    lazy, eager = fit(lazy_metrics=True), fit()
    assert lazy.is_lazy
    assert lazy.df["ks_statistic"].isna().all()
    pd.testing.assert_frame_equal(table(lazy.materialize()), table(eager))


def test_time_that_runs_out_leaves_rows_that_say_so() -> None:
    rows = DistributionFitter(backend=LocalBackend(1)).fit(VALUES, timeout=1e-6).df
    assert set(rows["status"]) == {"timed_out"}


def test_a_family_of_the_callers_own_is_fitted_by_name() -> None:
    class Triweight(stats.rv_continuous):  # type: ignore[misc]
        def _pdf(self, x: Any) -> Any:
            return 35 / 32 * (1 - x**2) ** 3

    fitter = DistributionFitter(backend=LocalBackend(1))
    fitter.register_distribution("triweight", Triweight(a=-1, b=1, name="triweight"))
    assert list(fitter.get_custom_distributions()) == ["triweight"]
    fit = fitter.fit(VALUES, included_distributions=["triweight", "norm"]).df.set_index("distribution")
    assert fit["status"]["triweight"] == "ok"
    fitter.unregister_distribution("triweight")
    with pytest.raises(UnknownDistribution):
        fitter.fit(VALUES, included_distributions=["triweight"])


def test_a_config_stands_for_the_keywords() -> None:
    config = FitterConfig(included_distributions=["norm"], fixed={"loc": 1.0})
    rows = DistributionFitter().fit(VALUES, config=config).df
    assert [float(p[0]) for p in rows["parameters"]] == [1.0]
    with pytest.raises(InvalidInput, match="bins"):
        DistributionFitter().fit(VALUES, config=config, bins=7)


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("groupby", "g"),
    ],
)  # fmt: skip
def test_what_a_later_version_brings_is_refused_by_name(keyword: str, value: object) -> None:
    with pytest.raises(InvalidInput, match=f"{keyword}.*not available in this version"):
        fit(**{keyword: value})


def test_each_row_says_how_its_parameters_were_estimated() -> None:
    for method in ("mle", "mse", "mme"):
        rows = fit(estimation_method=method, families=["norm", "gamma", "cauchy"]).df
        assert (rows["estimation_method"] == method).all()
    moments = fit(estimation_method="mme", families=["norm"]).best()[0]
    assert moments.parameters == pytest.approx([np.mean(VALUES), np.std(VALUES)])


def test_a_contradiction_about_sampling_is_refused() -> None:
    with pytest.raises(InvalidInput, match="enable_sampling"):
        fit(enable_sampling=False, sample_fraction=0.5)


@pytest.mark.parametrize(
    ("keywords", "says"),
    [
        ({"column": "a", "columns": ["a"]}, "both given"),
        ({}, "column= or columns= is needed"),
        ({"columns": []}, "columns is empty"),
        ({"columns": ["a", "a"]}, "more than once"),
        ({"column": "aa"}, "did you mean 'a'"),
    ],
)
def test_the_columns_must_be_clear(keywords: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        fit(pd.DataFrame({"a": VALUES, "b": VALUES}), **keywords)


@pytest.mark.parametrize("keywords", [{"columns": "a"}, {"column": 0.5}, {"column": ["a"]}])
def test_names_of_columns_are_strings_or_whole_numbers(keywords: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedType, match="column"):
        fit(pd.DataFrame({"a": VALUES, "b": VALUES}), **keywords)


def test_the_backend_is_the_argument_the_target_or_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WARMFIT_ADDRESS", raising=False)
    one, other = LocalBackend(1), LocalBackend(2)
    assert DistributionFitter(one).backend is one
    assert DistributionFitter(spark=one).backend is one
    assert DistributionFitter("fits:1", backend=other).backend is other
    assert isinstance(DistributionFitter().backend, LocalBackend)
    assert repr(DistributionFitter("fits:1").backend) == "RemoteBackend('fits:1', timeout=60)"


class SparkContext:
    __module__ = "pyspark.core.context"


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"target": "fits.example"}, InvalidInput, "expected host:port"),
        ({"target": "http://fits.example:80"}, InvalidInput, "expected host:port"),
        ({"spark": "fits.example:99999"}, InvalidInput, "expected host:port"),
        ({"backend": "local"}, InvalidInput, r"LocalBackend\(\)"),
        ({"target": SparkContext()}, UnsupportedType, "expected a SparkSession"),
        ({"target": 5}, UnsupportedType, "expected a backend"),
        ({"backend": LocalBackend}, UnsupportedType, "the class LocalBackend"),
        ({"target": LocalBackend(1), "spark": LocalBackend(2)}, InvalidInput, "two names"),
        ({"random_seed": -1}, InvalidInput, "random_seed"),
        ({"random_seed": 1.5}, UnsupportedType, "random_seed"),
        ({"excluded_distributions": "norm"}, UnsupportedType, "excluded_distributions"),
        ({"excluded_distributions": ["nrom"]}, UnknownDistribution, "norm"),
    ],
)
def test_arguments_of_the_fitter_that_cannot_be_used_are_refused(
    arguments: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        DistributionFitter(**arguments)


def test_an_address_in_the_environment_is_where_fits_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARMFIT_ADDRESS", "fits.example:50051")
    assert repr(DistributionFitter().backend) == "RemoteBackend('fits.example:50051', timeout=60)"
    assert isinstance(DistributionFitter(backend=LocalBackend(1)).backend, LocalBackend)
    monkeypatch.setenv("WARMFIT_ADDRESS", "fits.example")
    with pytest.raises(InvalidInput, match=r"WARMFIT_ADDRESS='fits\.example'.*host:port"):
        DistributionFitter()


def test_summarize_gives_the_columns_asked_for_and_refuses_groups() -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [3, 4], "c": ["x", "y"]})
    assert list(summarize(frame, ["b", "a"])) == ["b", "a"]
    assert summarize([1, 2, 2], None)["value"].n == 3
    with pytest.raises(UnsupportedType, match="column 'c'"):
        summarize(frame, ["a", "c"])
    with pytest.raises(InvalidInput, match="by='g'"):
        summarize(frame, "a", by="g")  # type: ignore[arg-type]

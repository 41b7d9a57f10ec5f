"""Censored, truncated and weighted rows against closed forms and against optima of likelihoods written out here."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import optimize, special, stats

from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.families.every import EVERY
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary, summarize_intervals, summarize_values

AT_ZERO = (("loc", 0.0),)
AT_UNIT = (("scale", 1.0),)


def fit(summary: ColumnSummary, name: str, **spec: object) -> FitRow:
    row = fit_family(prepare(summary, FitSpec((name,), **spec)), EVERY[name])  # type: ignore[arg-type]
    assert row.status == "ok", row.reason
    return row


def best(loglik: Callable[[np.ndarray], float], start: list[float]) -> tuple[np.ndarray, float]:
    """The optimum of a log-likelihood, by a search of SciPy's own."""
    found = optimize.minimize(
        lambda p: -loglik(p), start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-10}
    )
    return found.x, -found.fun


def agrees(row: FitRow, parameters: np.ndarray, within: float = 0.01) -> None:
    """The estimates lie within a share of a standard error of `parameters`, in the order of those that are free."""
    free = [(p, e) for p, e in zip(row.parameters, row.standard_errors, strict=True) if e > 0]
    assert len(free) == len(parameters)
    for (estimate, error), other in zip(free, parameters, strict=True):
        assert abs(estimate - other) < within * error


def lifetimes(n: int, seed: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, whether each is censored on the right, and the times of entry."""
    rng = np.random.default_rng(seed)
    entry = np.where(rng.random(n) < 0.5, 0.0, rng.exponential(4, n))
    life, end = entry + rng.exponential(10, n), entry + rng.exponential(15, n)
    return np.minimum(life, end), life > end, entry


@pytest.mark.parametrize("n", [300, 30_000])
def test_the_exponential_mean_is_the_time_under_observation_over_the_events(n: int) -> None:
    x, censored, entry = lifetimes(n)
    events = n - censored.sum()
    plain = fit(summarize_values(x, censoring=censored), "expon", fixed=AT_ZERO)
    late = fit(summarize_values(x, censoring=censored, truncation=(entry, None)), "expon", fixed=AT_ZERO)
    for row, time in ((plain, x.sum()), (late, (x - entry).sum())):
        mean = time / events
        assert row.parameters[1] == pytest.approx(mean, rel=1e-5)
        assert row.loglik == pytest.approx(-events * (math.log(mean) + 1), abs=0.03)
        assert row.standard_errors[1] == pytest.approx(mean / math.sqrt(events), rel=1e-3)
        assert (row.n_parameters, row.aic) == (1, 2 - 2 * row.loglik)
        assert row.bic == pytest.approx(math.log(n) - 2 * row.loglik)


@pytest.mark.parametrize("name", ["weibull_min", "lognorm", "gamma", "norm", "gumbel_r", "logistic"])
def test_right_censored_samples_end_at_the_optimum_that_scipy_finds(name: str) -> None:
    rng = np.random.default_rng(1)
    life, end = rng.weibull(1.5, 400) * 10, rng.exponential(15, 400)
    x, censored = np.minimum(life, end), life > end
    family = getattr(stats, name)
    at_zero = name in ("weibull_min", "lognorm", "gamma")
    theirs = family.fit(stats.CensoredData.right_censored(x, censored), **({"floc": 0} if at_zero else {}))
    row = fit(summarize_values(x, censoring=censored), name, fixed=AT_ZERO if at_zero else ())
    agrees(row, np.array([v for v in theirs if not (at_zero and v == 0)]))
    law = family(*theirs)
    assert row.loglik == pytest.approx(law.logpdf(x[~censored]).sum() + law.logsf(x[censored]).sum(), abs=0.03)


@pytest.mark.parametrize("n", [400, 40_000])
def test_rows_of_every_kind_at_once_end_at_the_optimum_of_the_likelihood_written_out(n: int) -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(5, 2, n)
    kind = rng.integers(0, 4, n)
    entry = rng.normal(2, 1, n)
    kept = x > entry
    x, kind, entry = x[kept], kind[kept], entry[kept]
    width = rng.uniform(0.1, 3, len(x))
    lower = np.select([kind == 0, kind == 1, kind == 2], [x, x - width, -np.inf], np.floor(x))
    upper = np.select([kind == 0, kind == 1, kind == 2], [x, np.inf, x + width], np.floor(x) + 1)
    row = fit(summarize_intervals(lower, upper, truncation=(entry, None)), "norm")

    a, b = np.maximum(lower, entry), upper

    def loglik(p: np.ndarray) -> float:
        law = stats.norm(p[0], abs(p[1]))
        mass = np.where(kind == 0, law.pdf(x), law.cdf(b) - law.cdf(a))
        return float(np.log(mass).sum() - law.logsf(entry).sum())

    theirs, value = best(loglik, [4.0, 3.0])
    agrees(row, theirs, within=0.02)
    assert row.loglik == pytest.approx(value, rel=1e-4)


def test_one_window_for_all_rows_is_the_window_of_the_spec() -> None:
    rng = np.random.default_rng(3)
    x = stats.truncnorm(-1.0, 0.7, 3.0, 2.0).rvs(800, random_state=rng)
    low, high = 1.0, 4.4
    by_row = fit(summarize_values(x, truncation=(low, high)), "norm")
    by_spec = fit(summarize_values(x), "norm", lower_bound=low, upper_bound=high)
    assert by_row.parameters == pytest.approx(by_spec.parameters, rel=1e-4)
    assert by_row.loglik == pytest.approx(by_spec.loglik, abs=1e-6)

    def loglik(p: np.ndarray) -> float:
        a, b = (low - p[0]) / abs(p[1]), (high - p[0]) / abs(p[1])
        return float(stats.truncnorm(a, b, p[0], abs(p[1])).logpdf(x).sum())

    theirs, value = best(loglik, [2.5, 1.5])
    agrees(by_row, theirs)
    assert by_row.loglik == pytest.approx(value, abs=1e-4)


def test_the_window_of_the_spec_holds_for_censored_rows_and_beside_their_own() -> None:
    rng = np.random.default_rng(6)
    x = rng.normal(5, 2, 4000)
    entry = np.where(rng.random(4000) < 0.5, rng.normal(3, 1, 4000), -np.inf)
    kept = (x > np.maximum(entry, 1.0)) & (x < 9.0)
    x, entry = x[kept], entry[kept]
    end = rng.uniform(1, 14, len(x))
    censored = end < x
    end = np.maximum(end, np.maximum(entry, 1.0))
    seen = np.where(censored, end, x)
    summary = summarize_values(seen, censoring=censored, truncation=(entry, None))
    row = fit(summary, "norm", lower_bound=1.0, upper_bound=9.0)

    def loglik(p: np.ndarray) -> float:
        law = stats.norm(p[0], abs(p[1]))
        known = law.logpdf(seen[~censored]).sum() + np.log(law.cdf(9.0) - law.cdf(seen[censored])).sum()
        return float(known - np.log(law.cdf(9.0) - law.cdf(np.maximum(entry, 1.0))).sum())

    theirs, value = best(loglik, [4.0, 3.0])
    agrees(row, theirs)
    assert row.loglik == pytest.approx(value, abs=1e-3)


@pytest.mark.parametrize("name", ["weibull_min", "lognorm", "norm"])
def test_frequency_weights_equal_repeated_rows(name: str) -> None:
    x, censored, entry = lifetimes(300)
    times = np.random.default_rng(5).integers(1, 5, 300)
    weighted = summarize_values(x, times.astype(float), censoring=censored, truncation=(entry, None))
    again = [np.repeat(part, times) for part in (x, censored, entry)]
    a = fit(weighted, name)
    b = fit(summarize_values(again[0], censoring=again[1], truncation=(again[2], None)), name)
    assert a.parameters == pytest.approx(b.parameters, rel=1e-9)
    assert (a.loglik, a.aic, a.aicc, a.bic) == pytest.approx((b.loglik, b.aic, b.aicc, b.bic), rel=1e-9)


def test_analytic_weights_change_estimates_as_frequencies_do_and_count_the_rows() -> None:
    rng = np.random.default_rng(7)
    x, w = rng.normal(size=200), rng.integers(1, 9, 200).astype(float)
    frequency, analytic = (fit(summarize_values(x, w, analytic=flag), "norm") for flag in (False, True))
    assert analytic.parameters == pytest.approx(frequency.parameters, rel=1e-6)
    assert analytic.loglik == pytest.approx(frequency.loglik * 200 / w.sum(), rel=1e-6)
    assert analytic.bic == pytest.approx(2 * math.log(200) - 2 * analytic.loglik)
    assert analytic.standard_errors[0] == pytest.approx(
        frequency.standard_errors[0] * math.sqrt(w.sum() / 200), rel=1e-3
    )
    assert analytic.ks_statistic == pytest.approx(frequency.ks_statistic, abs=1e-4)
    scaled = fit(summarize_values(x, 1e-3 * w, analytic=True), "norm")
    assert scaled.parameters == pytest.approx(analytic.parameters, rel=1e-6)
    assert scaled.loglik == pytest.approx(analytic.loglik, rel=1e-9)


def test_counts_between_edges_are_fitted_without_a_single_known_value() -> None:
    edges = np.array([0.0, 1.0, 2.0, 3.5, 5.0, 8.0, 12.0])
    counts = np.array([30.0, 70.0, 110.0, 60.0, 40.0, 6.0])
    row = fit(summarize_intervals(edges[:-1], edges[1:], counts), "gamma", fixed=AT_ZERO)

    def loglik(p: np.ndarray) -> float:
        mass = np.diff(stats.gamma(abs(p[0]), scale=abs(p[1])).cdf(edges))
        return float(counts @ np.log(mass))

    theirs, value = best(loglik, [2.0, 1.0])
    agrees(row, theirs)
    assert row.loglik == pytest.approx(value, abs=1e-6)


def test_a_heavily_censored_bounded_family_keeps_its_end_beyond_every_bound() -> None:
    x = np.array([1.0, 2.0, 3.0, 4.0, 4.0, 4.0, 4.0, 4.0])
    row = fit(summarize_values(x, censoring=[0, 0, 0, 1, 1, 1, 1, 1]), "beta")
    *_, loc, scale = row.parameters
    assert loc <= 1.0
    assert loc + scale > 4.0


def test_the_unit_of_the_data_does_not_matter() -> None:
    x, censored, entry = lifetimes(500)
    rows = [
        fit(summarize_values(x * unit, censoring=censored, truncation=(entry * unit, None)), "weibull_min")
        for unit in (1.0, 1e6)
    ]
    shift = 6 * math.log(10) * (500 - censored.sum())
    assert rows[1].loglik + shift == pytest.approx(rows[0].loglik, abs=1e-4)
    assert rows[1].parameters[2] / 1e6 == pytest.approx(rows[0].parameters[2], rel=1e-4)


def test_what_cannot_be_measured_is_unknown_and_says_why() -> None:
    row = fit(summarize_values(np.array([1.0, 2.0, 4.0, 5.0]), censoring=[0, 0, 0, 1]), "norm")
    assert np.isfinite([row.ks_statistic, row.ad_statistic, row.cvm_statistic]).all()
    assert math.isnan(row.sse)
    assert "censored" in row.reason


def test_columns_that_tell_nothing_are_refused() -> None:
    x = np.array([1.0, 2.0, 3.0])
    for codes, side in (([1, 1, 1], "right"), ([-1, -1, -1], "left")):
        with pytest.raises(InvalidInput, match=f"every row is censored on the {side}"):
            prepare(summarize_values(x, censoring=codes), FitSpec(("norm",)))


@pytest.mark.parametrize("name", ["rice", "vonmises_line"])
def test_families_without_a_closed_distribution_function_end_at_the_optimum_too(name: str) -> None:
    rng = np.random.default_rng(8)
    start, truth, fixed, law = {
        "rice": ([1.5, 2.0], [2.0, 3.0], AT_ZERO, lambda p: stats.rice(abs(p[0]), 0, abs(p[1]))),
        "vonmises_line": ([2.0, 0.0], [2.0, 0.1], AT_UNIT, lambda p: stats.vonmises_line(abs(p[0]), p[1], 1.0)),
    }[name]
    life = law(truth).rvs(60, random_state=rng)
    end = np.quantile(life, rng.uniform(0.3, 1.5, 60).clip(0, 1))
    x, censored = np.minimum(life, end), life > end
    assert 5 < censored.sum() < 40
    row = fit(summarize_values(x, censoring=censored), name, fixed=fixed)

    def loglik(p: np.ndarray) -> float:
        return float(law(p).logpdf(x[~censored]).sum() + law(p).logsf(x[censored]).sum())

    free = [i for i, e in enumerate(row.standard_errors) if e > 0]
    found = loglik(np.array([row.parameters[i] for i in free]))
    assert found == pytest.approx(row.loglik, abs=0.03)
    theirs = optimize.minimize(lambda p: -loglik(p), start, method="Nelder-Mead", options={"fatol": 1e-6})
    assert found > -theirs.fun - 1e-3


def test_a_users_density_without_a_distribution_function_is_integrated() -> None:
    class Gamma(stats.rv_continuous):
        def _logpdf(self, x: np.ndarray, a: np.ndarray) -> np.ndarray:
            return (a - 1) * np.log(x) - x - special.gammaln(a)

        def _pdf(self, x: np.ndarray, a: np.ndarray) -> np.ndarray:
            return np.exp(self._logpdf(x, a))

    catalogue = CATALOGUE.extended({"mine": Gamma(a=0.0, name="mine", shapes="a")})
    x, censored, entry = lifetimes(300)
    summary = summarize_values(x, censoring=censored, truncation=(entry, None))
    mine = fit_family(prepare(summary, FitSpec(("mine",), fixed=AT_ZERO)), catalogue["mine"])
    assert mine.status == "ok"
    assert mine.loglik == pytest.approx(fit(summary, "gamma", fixed=AT_ZERO).loglik, abs=0.03)


@pytest.mark.parametrize("name", ["norm", "gamma", "laplace", "weibull_min"])
def test_a_single_known_value_wins_no_spike(name: str) -> None:
    # without a bound a normal law of no spread at 5 has an infinite likelihood
    summary = summarize_values(np.array([5.0, 1.0, 2.0, 3.0]), censoring=[0, 1, 1, 1])
    row = fit_family(prepare(summary, FitSpec((name,))), EVERY[name])
    assert row.loglik <= -math.log(2.0) + 1e-6  # the value is known to (4, 6)

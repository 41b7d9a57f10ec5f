"""What all methods have in common: they agree on large samples, cover as they say, and refuse nonsense by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats
from tests.fitting.intervals.fits import AT_ZERO, Fit, fit

from warmfit_fitting.errors import FitFailed, InvalidInput
from warmfit_fitting.row import FitRow
from warmfit_fitting.summary import ColumnSummary, summarize_values

METHODS = ["wald", "profile", "bootstrap"]
Sampler = Callable[[np.random.Generator], ColumnSummary]


def censored(x: np.ndarray, limit: float) -> ColumnSummary:
    return summarize_values(np.minimum(x, limit), censoring=(x > limit).astype(float))


COLUMNS: dict[str, tuple[str, Sampler, dict[str, Any]]] = {
    "plain": ("gamma", lambda g: summarize_values(g.gamma(2.5, 3.0, 2000)), {"fixed": AT_ZERO}),
    "binned": ("gamma", lambda g: summarize_values(g.gamma(2.5, 3.0, 30_000)), {"fixed": AT_ZERO}),
    "weighted": (
        "lognorm",
        lambda g: summarize_values(g.lognormal(1.0, 0.5, 1000), g.integers(1, 4, 1000).astype(float)),
        {"fixed": AT_ZERO},
    ),
    "censored": ("weibull_min", lambda g: censored(2 * g.weibull(1.5, 2000), 2.5), {"fixed": AT_ZERO}),
    "truncated": (
        "norm",
        lambda g: summarize_values((x := g.normal(0, 1, 4000))[(x > -1) & (x < 2)]),
        {"lower_bound": -1.0, "upper_bound": 2.0},
    ),
    "support at zero": ("expon", lambda g: summarize_values(g.exponential(2.0, 2000)), {"support_at_zero": True}),
    "location free": ("gumbel_r", lambda g: summarize_values(g.gumbel(3.0, 2.0, 2000)), {}),
    "counts": ("nbinom", lambda g: summarize_values(g.negative_binomial(3, 0.3, 2000).astype(float)), {}),
}


@pytest.mark.parametrize("case", COLUMNS)
def test_methods_agree_on_a_large_sample(case: str, rng: np.random.Generator) -> None:
    name, sampled, spec = COLUMNS[case]
    best = fit(sampled(rng), name, **spec)
    wald = best.intervals()
    for method, slack in (("profile", 0.1), ("bootstrap", 0.4)):
        other = best.intervals(method, n_bootstrap=199)
        assert list(other) == list(best.family.parameters)
        for parameter, (low, high) in wald.items():
            assert other[parameter] == pytest.approx((low, high), abs=slack * (high - low))
    for p in (0.1, 0.9):
        low, high = best.quantile(p)
        for method, slack in (("profile", 0.1), ("bootstrap", 0.4)):
            width = slack * (high - low) if case != "counts" else 1.0
            assert best.quantile(p, method, n_bootstrap=199) == pytest.approx((low, high), abs=width)


@pytest.mark.parametrize("method", METHODS)
def test_a_quantile_within_a_window_lies_in_it(method: str) -> None:
    name, sampled, spec = COLUMNS["truncated"]
    best = fit(sampled(np.random.default_rng(1)), name, **spec)
    low, high = best.quantile(0.999, method, n_bootstrap=99)
    assert -1.0 < low < high < 2.0


@pytest.mark.parametrize("method", METHODS)
def test_intervals_have_the_unit_of_the_data(method: str, rng: np.random.Generator) -> None:
    x = rng.gumbel(0.0, 1.0, 500)
    here, there = fit(x, "gumbel_r"), fit(1e6 + 1e-3 * x, "gumbel_r")
    for p in (None, 0.9):
        one = here.intervals(method, *([p] if p else []), n_bootstrap=99)
        two = there.intervals(method, *([p] if p else []), n_bootstrap=99)
        for name, (low, high) in one.items():
            shift = 0.0 if name == "scale" else 1e6
            width = 1e-3 * (high - low)
            moved = (shift + 1e-3 * low, shift + 1e-3 * high)
            assert two[name] == pytest.approx(moved, abs=(0.01 if method != "bootstrap" else 0.3) * width, rel=0)


@pytest.mark.parametrize(
    ("name", "law"), [("gamma", stats.gamma(2.5, scale=3)), ("weibull_min", stats.weibull_min(1.5))]
)
def test_intervals_cover_the_truth_as_often_as_they_say(
    name: str, law: stats.rv_continuous, rng: np.random.Generator
) -> None:
    """100 columns of 200 censored rows; at least 87 hits have probability 0.999 at 95 %, at most 99 have 0.994."""
    limit, hits = law.ppf(0.8), {method: np.zeros(3, int) for method in ("wald", "profile")}
    truth = [law.args[0], law.kwds.get("scale", 1.0), law.ppf(0.9)]
    for _ in range(100):
        best = fit(censored(law.rvs(200, random_state=rng), limit), name, AT_ZERO, goodness=False)
        for method in hits:
            found = best.intervals(method)
            ends = [found[best.family.parameters[0]], found["scale"], best.quantile(0.9, method)]
            hits[method] += [low <= value <= high for (low, high), value in zip(ends, truth, strict=True)]
    assert all((of >= 87).all() and (of <= 99).all() for of in hits.values()), hits


def test_a_seed_gives_the_same_bootstrap_and_another_seed_another(rng: np.random.Generator) -> None:
    best = fit(rng.gamma(2.0, size=300), "gamma", AT_ZERO)
    one, again, other = (best.intervals("bootstrap", n_bootstrap=99, seed=s) for s in (1, 1, 2))
    assert one == again != other


def test_the_bootstrap_reflects_the_end_of_a_support(rng: np.random.Generator) -> None:
    """Refits begin above the estimate, as the estimate does above the truth: nothing is learnt from their quantiles."""
    covered = 0
    for _ in range(40):
        x = rng.exponential(3.0, 100) + 10.0
        low, high = fit(x, "expon", goodness=False).intervals("bootstrap", n_bootstrap=99)["loc"]
        assert high <= x.min() + 1e-9
        covered += low <= 10.0
    assert covered >= 33  # 95 %, less what 40 columns may miss


NONSENSE: dict[str, tuple[dict[str, Any], str]] = {
    "method": ({"method": "jackknife"}, "unknown method 'jackknife'; expected one of wald, profile, bootstrap"),
    "alpha": ({"alpha": 1.0}, "alpha=1.0"),
    "n_bootstrap": ({"n_bootstrap": 0}, "n_bootstrap=0"),
    "few refits": ({"method": "bootstrap", "n_bootstrap": 30}, "n_bootstrap=30; with alpha=0.05 expected at least 39"),
}


@pytest.mark.parametrize("case", NONSENSE)
def test_nonsense_is_refused_by_name(case: str, rng: np.random.Generator) -> None:
    keywords, says = NONSENSE[case]
    with pytest.raises(InvalidInput, match=says):
        fit(rng.gamma(2.0, size=100), "gamma", AT_ZERO).intervals(**keywords)


@pytest.mark.parametrize("quantiles", [(0.0,), (1.5,), (0.5, 0.5), (float("nan"),)])
def test_probabilities_that_are_none_are_refused(quantiles: tuple[float, ...], rng: np.random.Generator) -> None:
    with pytest.raises(InvalidInput, match="quantiles="):
        fit(rng.gamma(2.0, size=100), "gamma", AT_ZERO).intervals("wald", *quantiles)


def test_a_row_without_a_fit_has_no_intervals(rng: np.random.Generator) -> None:
    best = fit(rng.gamma(2.0, size=100), "gamma", AT_ZERO)
    failed = Fit(best.problem, best.family, FitRow("gamma", "failed", "no reason"))
    with pytest.raises(FitFailed, match=r"gamma has no fit to give intervals for \(failed: no reason\)"):
        failed.intervals()

from __future__ import annotations

import math
import warnings
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from tests.conftest import COLUMNS, real_column

from warmfit_fitting.engine import fit_family, measure, prepare
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.families.catalogue import CATALOGUE, Catalogue
from warmfit_fitting.families.relations import REPARAMETRIZATIONS
from warmfit_fitting.problem import Problem
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import summarize_values

TEXTBOOK = {
    "norm": lambda x: (x.mean(), x.std()),
    "expon": lambda x: (x.min(), x.mean() - x.min()),
    "uniform": lambda x: (x.min(), np.ptp(x)),
    "laplace": lambda x: (np.median(x), np.abs(x - np.median(x)).mean()),
}


def fit(x: np.ndarray, name: str, catalogue: Catalogue = CATALOGUE, **spec: object) -> FitRow:
    return fit_family(prepare(summarize_values(x), FitSpec((name,), **spec)), catalogue[name])  # type: ignore[arg-type]


def without_clock(row: FitRow) -> FitRow:
    return replace(row, elapsed=0.0)


@pytest.mark.parametrize("name", TEXTBOOK)
@pytest.mark.parametrize("column", ["precip", "danish", "galaxies", "faithful"])
def test_closed_form_families_equal_the_textbook_estimates(name: str, column: str) -> None:
    x = real_column(column)
    row = fit(x, name)
    assert row.ending == "closed_form"
    np.testing.assert_allclose(row.parameters, TEXTBOOK[name](x), rtol=1e-12, atol=1e-12 * np.abs(x).max())


@pytest.mark.parametrize("column", ["ozone", "rivers", "precip"])
@pytest.mark.parametrize("name", ["norm", "gumbel_r", "t", "genextreme", "weibull_min", "johnsonsu", "lognorm"])
def test_the_log_likelihood_of_a_smooth_fit_is_that_of_the_rows_and_no_less_than_scipys(name: str, column: str) -> None:
    x, dist = real_column(column), getattr(stats, name)
    row = fit(x, name)
    assert row.loglik == pytest.approx(dist.logpdf(x, *row.parameters).sum(), abs=1e-6 * len(x) + 0.05)
    assert row.loglik >= dist.logpdf(x, *dist.fit(x)).sum() - 0.5


@pytest.mark.parametrize(
    "name", ["gamma", "weibull_min", "lognorm", "beta", "dgamma", "dweibull", "powerlaw", "genpareto"]
)
def test_no_family_wins_by_a_spike_on_one_value(name: str) -> None:
    x = np.sort(stats.norm.rvs(size=80, random_state=7))
    row = fit(x, name)
    assert math.isfinite(row.loglik)
    assert row.loglik < fit(x, "norm").loglik + 25  # the plain likelihood of each is unbounded here


@pytest.mark.parametrize(
    ("column", "name", "limit"),
    [
        ("faithful", "gamma", "norm"),
        ("faithful", "lognorm", "norm"),
        ("faithful", "betaprime", "norm"),
        ("danish", "weibull_max", "gumbel_l"),
        ("danish", "loggamma", "norm"),
        ("precip", "invweibull", "gumbel_r"),
        ("galaxies", "t", "cauchy"),
        ("rivers", "genpareto", "expon"),
        ("ozone", "exponweib", "weibull_min"),
        ("lynx", "burr12", "lomax"),
    ],
)
def test_a_family_ends_no_lower_than_one_that_it_contains_or_nears(column: str, name: str, limit: str) -> None:
    x = real_column(column)
    assert fit(x, name).loglik > fit(x, limit).loglik - 0.25


@pytest.mark.parametrize("values", [[0.0, 0.5, 1.0, 1.0], [1.0, 2.0, 4.0, 4.5, 90.0]])
def test_scipys_exponentiated_weibull_has_a_density_at_the_estimates(values: list[float]) -> None:
    row = fit(np.array(values), "exponweib")
    assert np.isfinite(stats.exponweib.logpdf(values, *row.parameters)).all()


LEVEL = np.linspace(0.0, 1.0, 41)


@pytest.mark.parametrize(("outer", "inner"), [("gennorm", "uniform"), ("halfgennorm", "uniform")])
def test_on_even_data_no_family_ends_below_its_flat_limit(outer: str, inner: str) -> None:
    assert fit(LEVEL, outer).loglik > fit(LEVEL, inner).loglik - 0.01


@pytest.mark.parametrize(
    "values", [[0.0, 0.0, 0.0, 1.0], [0.0] * 5 + [1.0, 2.0, 4.0], [1.0, 1.0 + 2e-16, 1.0 + 4e-16, 9.0]]
)
def test_a_log_laplace_is_fitted_where_the_smallest_value_is_the_median_or_next_to_it(values: list[float]) -> None:
    assert fit(np.array(values), "loglaplace").status == "ok"


def test_the_asymmetric_laplace_is_the_best_of_all_at_a_value(rng: np.random.Generator) -> None:
    x = stats.laplace_asymmetric.rvs(1.7, 3.0, 2.0, size=400, random_state=4)
    row = fit(x, "laplace_asymmetric")
    assert row.ending == "closed_form"
    kappa, loc, scale = row.parameters
    assert loc in x
    moved = (kappa * 1.01, loc, scale), (kappa, loc + 0.01, scale), (kappa, loc, scale * 1.01)
    for other in moved:
        assert stats.laplace_asymmetric.logpdf(x, *other).sum() < row.loglik


def test_a_cusp_is_no_trap() -> None:
    x = real_column("rivers")
    starts = [stats.gennorm.fit(x, loc=q) for q in np.quantile(x, np.linspace(0.1, 0.9, 9))]
    assert fit(x, "gennorm").loglik > max(stats.gennorm.logpdf(x, *p).sum() for p in starts) - 0.5


@pytest.mark.parametrize("column", ["rivers", "faithful", "lynx"])
@pytest.mark.parametrize("name", ["dgamma", "dweibull"])
def test_a_density_that_is_infinite_at_its_centre_is_not_centred_on_a_value(name: str, column: str) -> None:
    x = real_column(column)
    row = fit(x, name)
    assert row.status == "ok"
    assert np.isfinite(getattr(stats, name).logpdf(x, *row.parameters)).all()


def test_estimates_are_numbers_that_scipys_density_takes() -> None:
    x = real_column("galaxies")
    problem = prepare(summarize_values(x), FitSpec(CATALOGUE.names, goodness=False))
    for name in ("gamma", "ncx2", "jf_skew_t", "geninvgauss", "burr", "truncweibull_min", "powernorm", "betaprime"):
        row = fit_family(problem, CATALOGUE[name])
        assert getattr(stats, name).logpdf(x, *row.parameters).sum() == pytest.approx(row.loglik, abs=2.5), name


def test_a_singular_density_is_fitted_without_an_infinite_one(rng: np.random.Generator) -> None:
    x = rng.gamma(0.5, size=3_000)
    row = fit(x, "gamma")
    assert row.status == "ok"
    assert row.parameters[0] == pytest.approx(0.5, abs=0.03)
    assert np.isfinite(stats.gamma.logpdf(x, *row.parameters)).all()


@pytest.mark.parametrize(("offset", "unit"), [(0.0, 1e-150), (1e9, 1.0), (-1e15, 64.0), (0.0, 1e150)])
def test_estimates_follow_the_data_to_any_offset_and_unit(offset: float, unit: float, rng: np.random.Generator) -> None:
    z = np.round(rng.gumbel(size=2_000) * 4) / 4
    reference, moved = fit(z, "gumbel_r"), fit(offset + unit * z, "gumbel_r")
    loc, scale = reference.parameters
    spacing = math.ulp(offset) if offset else 0.0
    np.testing.assert_allclose(moved.parameters[1] / unit, scale, rtol=1e-6)
    assert abs((moved.parameters[0] - offset) / unit - loc) < 1e-6 + spacing / unit
    assert moved.loglik + len(z) * math.log(unit) == pytest.approx(reference.loglik, abs=1e-5)


def test_every_family_has_a_row_that_says_what_became_of_it() -> None:
    problem = prepare(summarize_values(real_column("precip")), FitSpec(CATALOGUE.names))
    rows = [fit_family(problem, family) for family in CATALOGUE.values()]
    assert [row.distribution for row in rows] == list(CATALOGUE.names)
    for row in rows:
        if row.status == "ok":
            numbers = (
                row.loglik,
                row.aic,
                row.bic,
                row.ks_statistic,
                row.ad_statistic,
                row.cvm_statistic,
                row.sse,
            )
            assert np.isfinite([*row.parameters, *numbers]).all(), row
            assert 0 <= row.ks_statistic <= 1
            assert row.n_evaluations > 0
        else:
            assert row.reason, row
    assert sum(row.status == "ok" for row in rows) >= 100


def test_the_same_distributions_under_several_names_are_fitted_once() -> None:
    x = real_column("ozone")
    problem = prepare(summarize_values(x), FitSpec(CATALOGUE.names))
    for name, same in REPARAMETRIZATIONS.items():
        ours, theirs = (fit_family(problem, CATALOGUE[n]) for n in (name, same.name))
        assert (ours.loglik, ours.ks_statistic, ours.elapsed) == (
            theirs.loglik,
            theirs.ks_statistic,
            theirs.elapsed,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # SciPy would rather have erlang's shape an integer
            one, other = (getattr(stats, r.distribution).logpdf(x, *r.parameters) for r in (ours, theirs))
        # at limits, as that of burr here, loc and scale cancel in SciPy's densities; test_relations compares ours
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5, err_msg=name)


def test_translated_parameters_keep_every_row_in_the_support() -> None:
    x = real_column("faithful")  # a Pareto that is nearly exponential: loc and scale are huge, and their sum rounds
    pareto, lomax = (fit(x, name) for name in ("pareto", "lomax"))
    assert pareto.loglik == lomax.loglik
    assert lomax.parameters[0] > 1e3
    assert np.isfinite(stats.pareto.logpdf(x, *pareto.parameters)).all()
    np.testing.assert_allclose(stats.pareto.logpdf(x, *pareto.parameters).sum(), lomax.loglik, atol=1e-3 * len(x))


@pytest.mark.parametrize("name", REPARAMETRIZATIONS)
def test_a_support_that_begins_at_zero_does_so_under_every_name(name: str) -> None:
    spec = FitSpec(CATALOGUE.names, support_at_zero=True, goodness=False)
    problem = prepare(summarize_values(real_column("ozone")), spec)
    ours, theirs = (fit_family(problem, CATALOGUE[n]) for n in (name, REPARAMETRIZATIONS[name].name))
    assert ours.loglik == theirs.loglik
    low, _ = CATALOGUE[name].support(*map(np.asarray, ours.parameters[:-2]))
    assert ours.parameters[-2] + ours.parameters[-1] * low == pytest.approx(0.0, abs=1e-12)


def test_a_location_held_fixed_makes_a_pareto_another_model_than_a_lomax() -> None:
    x = real_column("danish")
    pareto, lomax = (fit(x, name, fixed=(("loc", 0.0),)) for name in ("pareto", "lomax"))
    b, _, scale = stats.pareto.fit(x, floc=0.0)
    np.testing.assert_allclose(pareto.parameters, (b, 0.0, scale), rtol=1e-4)
    assert lomax.loglik < pareto.loglik - 100


@pytest.mark.parametrize("column", COLUMNS[:3])
def test_a_row_is_a_pure_function_of_summary_and_spec(column: str) -> None:
    x = real_column(column)
    names = ("norm", "gamma", "johnsonsu", "t", "genpareto")
    summary, spec = summarize_values(x), FitSpec(names)
    alone = [fit(x, name) for name in names]
    problem = prepare(summary, spec)
    backwards = [fit_family(problem, CATALOGUE[name]) for name in reversed(names)][::-1]
    assert [without_clock(r) for r in alone] == [without_clock(r) for r in backwards]


def test_parameters_held_fixed_keep_their_value_and_count_no_more() -> None:
    x = real_column("ozone")
    row = fit(x, "gamma", fixed=(("loc", 0.0),))
    a, loc, scale = stats.gamma.fit(x, floc=0)
    np.testing.assert_allclose(row.parameters, (a, loc, scale), rtol=1e-4, atol=0)
    assert row.parameters[1] == 0
    assert row.aic == pytest.approx(4 - 2 * row.loglik)
    assert fit(x, "norm", fixed=(("a", 1.0),)).status == "skipped"
    held = fit(x, "weibull_min", fixed=(("c", 1.5), ("loc", 0.0)))
    assert held.parameters[:2] == (1.5, 0.0)
    assert held.parameters[2] == pytest.approx(np.mean(x**1.5) ** (1 / 1.5), rel=1e-4)


def test_the_support_can_be_fixed_at_zero() -> None:
    x = real_column("ozone")
    summary = summarize_values(x)
    problem = prepare(summary, FitSpec(CATALOGUE.names, support_at_zero=True, goodness=False))
    rows = {name: fit_family(problem, CATALOGUE[name]) for name in ("gamma", "lognorm", "uniform", "norm", "pareto")}
    for name in ("gamma", "lognorm", "uniform", "pareto"):
        low, _ = getattr(stats, name).support(*rows[name].parameters)
        assert low == pytest.approx(0.0, abs=1e-6), name  # the sum of a large loc and scale rounds
    assert rows["norm"].status == "skipped"
    assert "no lower end" in rows["norm"].reason


def test_a_truncated_fit_conditions_on_the_window(rng: np.random.Generator) -> None:
    x = rng.normal(3.0, 2.0, size=60_000)
    x = x[x > 3.0]
    row = fit(x, "norm", lower_bound=3.0)
    np.testing.assert_allclose(row.parameters, (3.0, 2.0), atol=0.15)
    assert row.ks_statistic < 0.01
    assert fit(x, "norm").ks_statistic > 0.05


def test_lazy_metrics_added_afterwards_are_the_same() -> None:
    summary = summarize_values(real_column("rivers"))
    eager = fit_family(prepare(summary, FitSpec(("gamma",))), CATALOGUE["gamma"])
    problem = prepare(summary, FitSpec(("gamma",), goodness=False))
    lazy = fit_family(problem, CATALOGUE["gamma"])
    assert math.isnan(lazy.ks_statistic)
    assert without_clock(measure(problem, CATALOGUE["gamma"], lazy)) == without_clock(eager)


def test_a_fit_ends_at_the_next_evaluation_when_the_caller_asks() -> None:
    asked = iter([False] * 5)
    problem = prepare(summarize_values(real_column("rivers")), FitSpec(("gamma",)))
    row = fit_family(problem, CATALOGUE["gamma"], lambda: next(asked, True))
    assert row.status == "timed_out"
    assert row.parameters == ()
    assert fit_family(problem, CATALOGUE["gamma"]).status == "ok"  # a row cut short is not kept


def test_the_budget_counts_parameter_vectors() -> None:
    row = fit(real_column("rivers"), "johnsonsu", evaluations=60)
    assert row.ending == "budget"
    assert row.n_evaluations < 600


@pytest.mark.parametrize(
    ("values", "message"),
    [([5.0], "one row"), ([5.0] * 7, "at least two different"), ([-1.0, 9.0], "outside the bounds")],
)
def test_a_column_that_no_family_can_be_fitted_to_is_refused(values: list[float], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        prepare(summarize_values(np.array(values)), FitSpec(("norm",), lower_bound=0.0))


def test_values_farther_apart_than_floats_reach_are_refused_and_others_are_not() -> None:
    with pytest.raises(InvalidInput, match="farther apart than the largest float"):
        prepare(summarize_values(np.array([-1e308, 0.0, 1e308])), FitSpec(("norm",)))
    row = fit(np.array([-8e307, 8e307]), "norm")
    assert row.parameters == pytest.approx((0.0, 8e307))


def test_a_users_own_family_is_fitted_by_the_generic_path() -> None:
    class Tent(stats.rv_continuous):
        def _pdf(self, x: np.ndarray, k: np.ndarray) -> np.ndarray:
            return (1 + k) * (1 - x) ** k

    tent = Tent(a=0.0, b=1.0, name="tent")
    x = stats.beta.rvs(1, 4, size=500, random_state=3)
    row = fit(x, "tent", CATALOGUE.extended({"tent": tent}), fixed=(("loc", 0.0), ("scale", 1.0)))
    assert row.status == "ok"
    assert row.parameters[0] == pytest.approx(-1 - 1 / np.log1p(-x).mean(), rel=1e-4)
    assert isinstance(prepare(summarize_values(x), FitSpec(("norm",))), Problem)

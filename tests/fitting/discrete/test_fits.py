"""Discrete fits: the maximum is found, on the lattice too; known closed forms and published estimates are met."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import optimize, stats
from tests.fitting.discrete.table import SHAPES, draws

from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.families.discrete.catalogue import DISCRETE
from warmfit_fitting.families.every import EVERY
from warmfit_fitting.fitted import fitted
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary, Runs, Tally, summarize_values


def fit(x: Any, name: str, **spec: Any) -> FitRow:
    summary = x if isinstance(x, ColumnSummary) else summarize_values(np.asarray(x, dtype=np.float64))
    return fit_family(prepare(summary, FitSpec((name,), **spec)), EVERY[name])


def counted(table: dict[int, int]) -> np.ndarray:
    """The column of a published frequency table."""
    return np.repeat(list(table), list(table.values())).astype(np.float64)


# Four sizes that data hardly tell apart: the search may end on a lower top of their ridge, by so many nats.
RIDGE = {"nchypergeom_wallenius": 1.5, "nchypergeom_fisher": 1.5}


@pytest.mark.parametrize(("name", "shapes"), [(name, s) for name, all_ in SHAPES.items() for s in all_[:2]])
@pytest.mark.parametrize("size", [60, 3_000])
def test_the_maximum_is_at_least_as_likely_as_the_truth(name: str, shapes: tuple[float, ...], size: int) -> None:
    x = draws(name, shapes, size, seed=size + 1)
    if len(np.unique(x)) < 2:
        return
    row = fit(x, name)
    truth = fitted(name, (*shapes, 0.0)).logpmf(x).sum()
    assert row.status == "ok"
    assert row.loglik >= truth - RIDGE.get(name, 1e-6)
    assert row.loglik == pytest.approx(fitted(name, row.parameters).logpmf(x).sum(), rel=1e-9)
    assert row.n_parameters == len(shapes)
    assert row.bic == pytest.approx(len(shapes) * math.log(len(x)) - 2 * row.loglik)


CONSISTENT = {
    "poisson": 0.1, "skellam": 0.4, "betabinom": 0.1, "bernoulli": 0.05, "geom": 0.02, "planck": 0.02, "boltzmann": 0.02,
    "dlaplace": 0.02, "nbinom": 0.3, "zipf": 0.1, "zipfian": 0.1, "yulesimon": 0.2, "logser": 0.03, "zi_poisson": 0.1,
    "zi_nbinom": 0.5, "zt_poisson": 0.1, "randint": 0.0,
}  # fmt: skip


@pytest.mark.parametrize("name", CONSISTENT)
def test_parameters_are_recovered_from_many_rows(name: str) -> None:
    shapes = SHAPES[name][0]
    row = fit(draws(name, shapes, 20_000, seed=3), name)
    assert row.parameters == pytest.approx((*shapes, 0.0), abs=CONSISTENT[name])
    for value, truth, error in zip(row.parameters, shapes, row.standard_errors, strict=False):
        assert math.isnan(error) or abs(value - truth) < 4 * error


X = draws("nbinom", (2.5, 0.3), 500, seed=1)
CLOSED: dict[str, Any] = {
    "poisson": lambda x: (x.mean(),),
    "planck": lambda x: (math.log1p(1 / x.mean()),),
    "dlaplace": lambda x: (math.asinh(1 / np.abs(x).mean()),),
    "randint": lambda x: (x.min(), x.max() + 1),
}


@pytest.mark.parametrize("name", CLOSED)
def test_closed_forms_are_met(name: str) -> None:
    row = fit(X, name)
    assert row.ending == "closed_form"
    assert row.parameters[:-1] == pytest.approx(CLOSED[name](X), rel=1e-12)


def test_geometric_and_bernoulli_estimates_are_shares() -> None:
    assert fit(X + 1, "geom").parameters == pytest.approx((1 / (X.mean() + 1), 0.0))
    assert fit((X > 3) * 1.0, "bernoulli").parameters == pytest.approx(((X > 3).mean(), 0.0))


def test_where_the_end_of_the_support_is_estimated_it_is_the_largest_value() -> None:
    assert fit(X, "boltzmann").parameters[1] == X.max() + 1
    assert fit(X + 1, "zipfian").parameters[1] == X.max() + 1


def test_the_number_of_trials_of_a_binomial_is_the_best_of_all() -> None:
    for seed, (n, p) in itertools.product(range(5), [(12, 0.4), (40, 0.8), (25, 0.1)]):
        x = draws("binom", (n, p), 200, seed)
        row = fit(x, "binom")
        trials = np.arange(x.max(), 3_000.0)
        profile = [stats.binom.logpmf(x, m, x.mean() / m).sum() for m in trials]
        if row.ending == "boundary":  # it rises towards the Poisson's without end
            assert row.loglik >= max(profile) - 1e-3
            assert row.loglik == pytest.approx(stats.poisson.logpmf(x, x.mean()).sum(), abs=1e-2)
            continue
        assert row.ending == "converged"
        assert row.loglik == pytest.approx(max(profile), abs=1e-8)
        if row.parameters[0] < trials[-1]:
            assert row.parameters[0] == trials[int(np.argmax(profile))]
            assert row.parameters[1] == pytest.approx(x.mean() / row.parameters[0], rel=1e-5)


def test_a_trial_number_once_fitted_moves_with_the_data() -> None:
    found = {n: fit(draws("binom", (n, 0.5), 20_000, seed=n), "binom").parameters[0] for n in (10, 20, 30)}
    assert all(abs(value - n) <= 2 for n, value in found.items())


@pytest.mark.parametrize("name", ["hypergeom", "nhypergeom"])
def test_no_triple_of_sizes_within_reach_is_better_than_the_one_found(name: str) -> None:
    x = draws(name, (20, 8, 6), 300, seed=2)
    row = fit(x, name)
    k, count = np.unique(x, return_counts=True)
    best, dist = -math.inf, getattr(stats, name)
    for total in range(int(x.max()) + 1, 45):
        good, drawn = (v.ravel()[:, None] for v in np.meshgrid(np.arange(1, total), np.arange(1, total)))
        with np.errstate(all="ignore"):
            value = (dist.logpmf(k, total, good, drawn) * count).sum(axis=1)
        best = max(best, float(np.nanmax(value)))
    assert row.loglik >= best - 1e-6


@pytest.mark.parametrize("name", ["nbinom", "zi_poisson", "yulesimon", "skellam", "zt_nbinom", "logser", "zipf"])
def test_real_shapes_are_those_of_a_search_by_other_means(name: str) -> None:
    shapes = SHAPES[name][0]
    x = draws(name, shapes, 800, seed=5)
    row, family = fit(x, name), DISCRETE[name]

    def loss(free: np.ndarray) -> float:
        theta = [s.from_free(np.array([v]))[0] for s, v in zip(family.shapes, free, strict=True)]
        return -float(fitted(name, (*theta, 0.0)).logpmf(x).sum())

    start = np.array([s.to_free(np.array([v]))[0] for s, v in zip(family.shapes, shapes, strict=True)])
    found = optimize.minimize(
        loss, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-9, "maxiter": 4000}
    )
    assert row.loglik == pytest.approx(-found.fun, abs=1e-5)


def test_deaths_by_horse_kick_are_poisson() -> None:
    """Bortkiewicz (1898), "Das Gesetz der kleinen Zahlen": 200 corps-years, 122 deaths; his estimate is 0.61."""
    x = counted({0: 109, 1: 65, 2: 22, 3: 3, 4: 1})
    row = fit(x, "poisson")
    assert row.parameters == (pytest.approx(0.61), 0.0)
    assert row.standard_errors[0] == pytest.approx(math.sqrt(0.61 / 200), rel=1e-3)
    families = ["poisson", "binom", "nbinom", "zi_poisson", "planck", "skellam"]
    assert min(families, key=lambda name: fit(x, name).bic) == "poisson"


def test_accidents_of_women_on_shells_are_negative_binomial() -> None:
    """Greenwood & Yule (1920), J. R. Stat. Soc. 83: 647 women, 301 accidents; the mean is 0.465, the variance 0.692."""
    x = counted({0: 447, 1: 132, 2: 42, 3: 21, 4: 3, 5: 2})
    assert (len(x), x.sum(), round(x.mean(), 3), round(x.var(ddof=1), 3)) == (647, 301, 0.465, 0.692)
    row, poisson = fit(x, "nbinom"), fit(x, "poisson")
    size, p = row.parameters[:2]
    assert size * (1 - p) / p == pytest.approx(x.mean(), rel=1e-5)  # the likelihood equation of the mean
    assert size == pytest.approx(0.865, abs=0.01)
    assert row.bic < poisson.bic - 30
    expected = 647 * fitted("nbinom", row.parameters).pmf([0, 1, 2, 3, 4])
    np.testing.assert_allclose(expected, [446, 134, 44, 15, 5], atol=1.2)  # the expected frequencies of their Table


def test_sons_among_twelve_children_are_beta_binomial() -> None:
    """Geissler (1889), as in Lindsey (1995), Table 1.1: families of 12 in Saxony; a = 34.096 and b = 31.572."""
    x = counted(dict(enumerate([3, 24, 104, 286, 670, 1033, 1343, 1112, 829, 478, 181, 45, 7])))
    row = fit(x, "betabinom", fixed=(("n", 12.0),))
    assert row.n_parameters == 2
    assert row.parameters[1:3] == pytest.approx((34.096, 31.572), abs=0.02)  # a thousandth of a standard error
    assert row.standard_errors[0] == 0.0
    assert row.bic < fit(x, "binom", fixed=(("n", 12.0),)).bic


def test_bins_of_many_counts_cost_hardly_any_likelihood() -> None:
    for name, shapes in {"nbinom": (2.0, 1e-4), "geom": (1e-5,), "zipf": (1.4,), "poisson": (3e7,)}.items():
        x = draws(name, shapes, 200_000, seed=4)
        summary = summarize_values(x)
        assert not summary.is_exact
        row = fit(summary, name)
        every = fitted(name, row.parameters).logpmf(x).sum()
        assert row.loglik == pytest.approx(every, abs=0.05), name
        assert row.loglik >= fitted(name, (*shapes, 0.0)).logpmf(x).sum() - 0.05, name


def test_huge_counts_are_fitted() -> None:
    x = np.random.default_rng(6).negative_binomial(3, 3e-9, 5_000).astype(np.float64)
    assert x.max() > 1e9
    row = fit(x, "nbinom")
    assert row.parameters[0] == pytest.approx(3.0, abs=0.2)
    assert row.parameters[0] * (1 - row.parameters[1]) / row.parameters[1] == pytest.approx(x.mean(), rel=1e-4)


@pytest.mark.parametrize("name", DISCRETE)
def test_a_row_is_the_same_to_the_last_bit_each_time(name: str) -> None:
    x = draws(name, SHAPES[name][0], 200, seed=8)
    first, second = fit(x, name), fit(x, name)
    assert repr({**vars_of(first), "elapsed": 0}) == repr({**vars_of(second), "elapsed": 0})


def vars_of(row: FitRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__slots__}


def test_a_location_is_held_where_it_is_asked_for_and_counts_as_no_parameter() -> None:
    x = draws("poisson", (3.0,), 300, seed=1)
    moved, plain = fit(x - 40, "poisson", fixed=(("loc", -40.0),)), fit(x, "poisson")
    assert moved.parameters == (pytest.approx(plain.parameters[0]), -40.0)
    assert (moved.loglik, moved.n_parameters) == (pytest.approx(plain.loglik), 1)
    assert moved.standard_errors == (pytest.approx(plain.standard_errors[0], rel=1e-4), 0.0)
    assert fitted("poisson", moved.parameters).mean() == pytest.approx(x.mean() - 40)


def test_shapes_are_held_where_they_are_asked_for() -> None:
    x = draws("binom", (10, 0.3), 300, seed=1)
    row = fit(x, "binom", fixed=(("n", 14.0),))
    assert row.parameters == pytest.approx((14.0, x.mean() / 14, 0.0), rel=1e-5)
    assert row.n_parameters == 1
    assert row.standard_errors[0] == row.standard_errors[2] == 0.0
    free = fit(x, "binom", fixed=(("p", 0.3),))
    assert free.parameters[1] == 0.3
    assert free.n_parameters == 1


@pytest.mark.parametrize(
    ("name", "held"),
    [("zi_binom", {"p": 0.37}), ("betanbinom", {"a": 3.25}), ("betabinom", {"b": 6.5}), ("hypergeom", {"N": 15.0})],
)
def test_what_is_held_stays_while_whole_numbers_move(name: str, held: dict[str, float]) -> None:
    x = draws("betabinom", (12, 2.0, 4.0), 300, seed=1)
    row, names = fit(x, name, fixed=tuple(held.items())), DISCRETE[name].parameters
    assert row.status == "ok"
    assert {key: dict(zip(names, row.parameters, strict=True))[key] for key in held} == held
    assert row.n_parameters == len(names) - 2
    assert row.loglik <= fit(x, name).loglik + 1e-6


@pytest.mark.parametrize(
    ("name", "fixed", "says"),
    [
        ("poisson", (("loc", 0.5),), "loc=0.5 is not a whole number"),
        ("poisson", (("loc", 3.0),), "with loc=3 begins at 3, above the smallest value, 0"),
        ("geom", (), "begins at 1, above the smallest value, 0"),
        ("bernoulli", (), "ends at 1, below the largest value"),
        ("binom", (("n", 12.5),), "n=12.5 is not a whole number"),
        ("binom", (("p", 1.5),), "p=1.5 lies outside"),
        ("poisson", (("p", 0.5),), "no parameter 'p'"),
    ],
)
def test_what_cannot_hold_the_values_is_skipped_with_the_reason(name: str, fixed: Any, says: str) -> None:
    row = fit(X, name, fixed=fixed)
    assert row.status == "skipped"
    assert says in row.reason


def test_a_fixed_number_of_trials_below_the_data_fails_with_a_reason() -> None:
    row = fit([0.0, 3.0, 9.0], "binom", fixed=(("n", 5.0),))
    assert (row.status, row.reason) == ("failed", "no parameters were found that give every row a probability")


@pytest.mark.parametrize("values", [[0.5, 1.0, 2.0], [1.0, 2.0, 7.25], [1.0, 2.5, 4.0], np.arange(10_000) / 3])
def test_fractions_are_refused_and_shown(values: Any) -> None:
    with pytest.raises(InvalidInput, match=r"\d\.\d+ is not a whole number; discrete families take integers"):
        fit(values, "poisson")


def test_whole_numbers_that_float64_does_not_hold_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"beyond 2\*\*53"):
        fit([1.0, 1e300], "poisson")


def test_discrete_and_continuous_families_are_not_asked_for_at_once() -> None:
    with pytest.raises(InvalidInput, match="poisson: discrete families are fitted in a call without continuous ones"):
        prepare(summarize_values(X), FitSpec(("norm", "poisson")))


@pytest.mark.parametrize("how", [{"support_at_zero": True}])
def test_what_discrete_fits_do_not_have_is_refused(how: Any) -> None:
    with pytest.raises(InvalidInput, match="discrete"):
        fit(X, "poisson", **how)


def test_a_search_stops_when_it_is_told_to() -> None:
    x = draws("hypergeom", (50, 20, 12), 300, seed=1)
    problem = prepare(summarize_values(x), FitSpec(("hypergeom",)))
    row = fit_family(problem, EVERY["hypergeom"], lambda: True)
    assert row.status == "timed_out"


@pytest.mark.parametrize("name", ["nchypergeom_wallenius", "nchypergeom_fisher", "betabinom"])
def test_the_budget_bounds_the_search(name: str) -> None:
    x = draws(name, SHAPES[name][0], 300, seed=1)
    row = fit(x, name, evaluations=300)
    assert row.n_evaluations < 2_000
    assert row.status == "ok"


def test_differences_of_large_counts_have_standard_errors() -> None:
    """Of X₁ − X₂ mean and variance are known, to √(v/n) and v√(2/n), and hardly correlated."""
    x = draws("skellam", (4e6, 1e6), 20_000, seed=7)
    row = fit(x, "skellam")
    assert row.ending == "converged"
    assert row.standard_errors[:2] == pytest.approx([2.5e6 * math.sqrt(2 / 20_000)] * 2, rel=0.1)
    assert row.parameters[0] - row.parameters[1] == pytest.approx(x.mean(), abs=1.0)


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("nbinom", (2.0, 1e-4)), ("geom", (1e-4,)), ("skellam", (4e6, 1e6)), ("zipf", (1.35,)), ("logser", (0.999999,)),
        ("zi_nbinom", (2.0, 1e-4, 0.3)), ("dlaplace", (1e-4,)), ("boltzmann", (1e-4, 30_000)), ("poisson", (1e8,)),
    ],
)  # fmt: skip
def test_estimates_from_bins_are_those_from_all_rows(name: str, shapes: tuple[float, ...]) -> None:
    x = draws(name, shapes, 100_000, seed=7)
    binned = summarize_values(x)
    every = replace(binned, grid=None, observed=Tally.exact(Runs.of(x)))
    assert not binned.is_exact
    a, b = fit(binned, name, goodness=False), fit(every, name, goodness=False)
    assert a.loglik == pytest.approx(b.loglik, abs=0.3 if name == "dlaplace" else 0.02)  # whose peak is a corner
    for first, second, error in zip(a.parameters, b.parameters, b.standard_errors, strict=True):
        assert math.isnan(error) or abs(first - second) <= 0.002 * error

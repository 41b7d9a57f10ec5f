from __future__ import annotations

import numpy as np
import pytest
from tests.conftest import real_column
from tests.fitting.mixture.examples import loglik, simulated

from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.mixture import GaussianMixture, MixtureSpec, fit_mixture
from warmfit_fitting.mixture.sources import RowSource, SummarySource
from warmfit_fitting.summary import summarize_intervals, summarize_values


def test_the_galaxies_have_the_greatest_likelihood_that_any_start_has_found() -> None:
    fit = fit_mixture(RowSource(real_column("galaxies")[:, None]), MixtureSpec(3))
    assert fit.loglik == pytest.approx(-769.6152, abs=1e-3)  # of all starts of the benchmark, ours and scikit-learn's
    assert fit.converged
    assert fit.mixture.weights == pytest.approx([0.878, 0.085, 0.037], abs=1e-3)


@pytest.mark.parametrize(("d", "k"), [(1, 2), (2, 3), (4, 2)])
def test_a_simulated_mixture_is_found_with_its_likelihood(d: int, k: int) -> None:
    rows = simulated(3_000, d, k)
    fit = fit_mixture(RowSource(rows), MixtureSpec(k))
    assert fit.loglik == pytest.approx(loglik(fit.mixture, rows), rel=1e-10)
    assert fit.converged
    assert (fit.n, fit.n_missing) == (3_000, 0)


def test_no_step_of_em_from_where_a_fit_ends_gains_more_than_the_tolerance() -> None:
    rows = simulated(4_000, 2, 3, apart=1.0)
    rough, fine = (fit_mixture(RowSource(rows), MixtureSpec(3, tol=tol, max_iter=5_000)) for tol in (1e-2, 1e-7))
    assert rough.converged
    assert fine.converged
    assert 0 <= fine.loglik - rough.loglik < 0.1


def test_the_unit_and_the_origin_of_the_data_change_nothing_but_the_units() -> None:
    rows = simulated(500, 2, 2)
    fit = fit_mixture(RowSource(rows), MixtureSpec(2))
    moved = fit_mixture(RowSource(rows * [1e-6, 1e4] + [3.0, -1e7]), MixtureSpec(2))
    assert moved.loglik + 500 * np.log(1e-2) == pytest.approx(fit.loglik, abs=1e-3)
    assert (moved.mixture.means - [3.0, -1e7]) / [1e-6, 1e4] == pytest.approx(fit.mixture.means, rel=1e-4)


def test_one_component_is_the_law_of_the_moments() -> None:
    rows = simulated(400, 3, 2)
    fit = fit_mixture(RowSource(rows), MixtureSpec(1))
    assert fit.mixture.means[0] == pytest.approx(rows.mean(axis=0))
    assert fit.mixture.covariances[0] == pytest.approx(np.cov(rows.T, bias=True))


def test_bic_chooses_the_number_of_components_and_tells_what_it_saw() -> None:
    rows = simulated(2_000, 2, 3, apart=6.0, seed=3)
    fit = fit_mixture(RowSource(rows), MixtureSpec(None))
    assert fit.mixture.n_components == 3
    bics = dict(fit.bics)
    assert min(bics, key=lambda k: bics[k]) == 3
    assert bics[3] == pytest.approx(fit.bic)
    assert {1, 2, 3, 4} <= set(bics)


def test_more_starts_never_end_with_a_lower_likelihood() -> None:
    rows = simulated(300, 2, 4, apart=1.0)
    one, many = (fit_mixture(RowSource(rows), MixtureSpec(4, n_init=n, max_iter=1_000)) for n in (1, 8))
    assert many.loglik >= one.loglik - 1e-3


@pytest.mark.parametrize("method", ["kmeans", "random"])
def test_a_seed_gives_the_same_bits(method: str) -> None:
    rows = simulated(300, 2, 3)
    spec = MixtureSpec(3, n_init=2, init_method=method, seed=7)
    first, again = (fit_mixture(RowSource(rows.copy()), spec) for _ in range(2))
    np.testing.assert_array_equal(first.mixture.means, again.mixture.means)
    assert first.loglik == again.loglik


def test_the_order_of_rows_changes_nothing_beyond_rounding() -> None:
    rows = simulated(20_000, 2, 3)
    fit = fit_mixture(RowSource(rows), MixtureSpec(3))
    turned = fit_mixture(RowSource(rows[::-1].copy()), MixtureSpec(3))
    assert turned.mixture.means == pytest.approx(fit.mixture.means, rel=1e-6)
    assert turned.loglik == pytest.approx(fit.loglik, abs=1e-4)


def test_weights_are_rows_that_are_repeated() -> None:
    rows = simulated(400, 2, 2)
    times = np.random.default_rng(2).integers(1, 4, 400)
    weighted = fit_mixture(RowSource(rows, times.astype(float)), MixtureSpec(2))
    repeated = fit_mixture(RowSource(np.repeat(rows, times, axis=0)), MixtureSpec(2))
    assert weighted.n == repeated.n == times.sum()
    assert weighted.loglik == pytest.approx(repeated.loglik, abs=1e-4)
    assert weighted.mixture.means == pytest.approx(repeated.mixture.means, rel=1e-4)


def test_a_spike_of_equal_values_does_not_win_without_bound() -> None:
    generator = np.random.default_rng(1)
    values = np.concatenate([generator.normal(0, 1, 500), np.zeros(40)])
    fit = fit_mixture(RowSource(values[:, None]), MixtureSpec(3))
    assert np.isfinite(fit.loglik)
    least = fit.mixture.covariances[:, 0, 0].min()
    assert least >= 1e-6 * values.var() * (1 - 1e-9)
    assert fit.narrow == (int(fit.mixture.covariances[:, 0, 0].argmin()),)


def test_a_component_of_rounded_values_is_no_narrower_than_their_rounding() -> None:
    values = np.round(np.random.default_rng(1).normal(0, 3, 2_000))
    fit = fit_mixture(RowSource(values[:, None]), MixtureSpec(5))
    assert fit.mixture.covariances.min() >= 1 / 12 * (1 - 1e-9)


def test_columns_that_go_with_each_other_exactly_have_a_mixture() -> None:
    x = np.random.default_rng(1).normal(size=300)
    fit = fit_mixture(RowSource(np.column_stack([x, 2 * x])), MixtureSpec(2))
    assert np.isfinite(fit.loglik)
    assert fit.narrow


def test_rows_with_missing_values_are_left_out_and_counted() -> None:
    rows = simulated(200, 2, 2)
    holed = np.concatenate([rows, [[np.nan, 1.0], [2.0, np.nan]]])
    fit, whole = (fit_mixture(RowSource(r), MixtureSpec(2)) for r in (holed, rows))
    assert (fit.n, fit.n_missing) == (200, 2)
    np.testing.assert_array_equal(fit.mixture.means, whole.mixture.means)


def test_what_cannot_be_fitted_is_refused_with_the_reason() -> None:
    rows = simulated(50, 2, 2)
    for wrong, message in (
        (np.column_stack([rows[:, 0], np.full(50, 7.0)]), r"column 1 is constant \(7\)"),
        (np.full((3, 1), np.nan), "no rows without missing values"),
        (np.array([[1.0], [np.inf]]), "infinity"),
        (np.array([[1.0], [2.0]]), "n_components=3 for 2 different rows"),
    ):
        with pytest.raises(InvalidInput, match=message):
            fit_mixture(RowSource(wrong), MixtureSpec(3))
    with pytest.raises(InvalidInput, match="weights of shape"):
        RowSource(rows, np.ones(3))


@pytest.mark.parametrize(
    "wrong",
    [{"n_components": 0}, {"max_iter": 0}, {"tol": 0.0}, {"n_init": 0}, {"init_method": "kmean"}, {"reg_covar": 1.0},
     {"seed": -1}],
)  # fmt: skip
def test_settings_out_of_range_are_refused_by_name(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInput, match=next(iter(wrong))):
        MixtureSpec(**wrong)  # type: ignore[arg-type]


def test_a_summary_gives_the_fit_of_its_rows() -> None:
    truth = GaussianMixture(
        np.array([0.5, 0.3, 0.2]), np.array([[-5.0], [0.0], [6.0]]), np.array([[[1.0]], [[0.6]], [[4.0]]])
    )
    values = truth.rows(0, 40_000, 5)[:, 0]
    summary = summarize_values(values)
    assert not summary.is_exact
    binned, rows = (fit_mixture(s, MixtureSpec(3)) for s in (SummarySource(summary), RowSource(values[:, None])))
    assert (binned.n, binned.n_missing) == (40_000, 0)
    assert rows.loglik - loglik(binned.mixture, values[:, None]) < 0.01
    assert binned.mixture.means == pytest.approx(rows.mixture.means, abs=0.002)


def test_an_exact_summary_gives_the_fit_of_its_rows_to_the_last_digits() -> None:
    values = real_column("galaxies")
    a, b = fit_mixture(SummarySource(summarize_values(values)), MixtureSpec(3)), fit_mixture(
        RowSource(values[:, None]), MixtureSpec(3)
    )  # fmt: skip
    assert a.loglik == pytest.approx(b.loglik, abs=1e-6)
    assert a.mixture.means == pytest.approx(b.mixture.means, rel=1e-6)


def test_a_summary_with_censored_rows_is_refused() -> None:
    summary = summarize_intervals(np.array([1.0, 2.0, 3.0]), np.array([1.0, np.inf, 3.0]))
    with pytest.raises(InvalidInput, match="censored"):
        SummarySource(summary)

"""What is held fixed stays fixed, counts as it should, and is refused where it cannot be."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import summarize_values

X = stats.gamma.rvs(2.0, scale=3.0, size=2_000, random_state=5)


def fit(name: str, x: np.ndarray = X, **spec: object) -> FitRow:
    return fit_family(prepare(summarize_values(x), FitSpec((name,), **spec)), CATALOGUE[name])  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["gamma", "expon", "lognorm", "weibull_min", "invgauss"])
def test_a_fixed_scale_beside_a_support_at_zero_leaves_both(name: str) -> None:
    row = fit(name, fixed=(("scale", 9.0),), support_at_zero=True)
    *shapes, loc, scale = row.parameters
    assert (row.status, scale) == ("ok", pytest.approx(9.0))
    assert loc == pytest.approx(0.0, abs=1e-9)
    assert row.n_parameters == len(shapes)
    assert row.aic == pytest.approx(2 * len(shapes) - 2 * row.loglik)


def test_a_pareto_whose_support_begins_at_zero_has_its_location_below() -> None:
    row = fit("pareto", fixed=(("scale", 9.0),), support_at_zero=True)
    assert row.parameters[-2:] == (pytest.approx(-9.0), pytest.approx(9.0))


def test_a_fixed_scale_that_cannot_hold_the_data_from_zero_is_a_failed_row_with_the_reason() -> None:
    row = fit("beta", fixed=(("scale", 1.0),), support_at_zero=True)
    assert row.status in ("failed", "skipped")
    assert row.reason


@pytest.mark.parametrize("loc", [0.0, -1.0])
def test_a_fixed_location_contradicts_a_support_at_zero_unless_it_is_zero(loc: float) -> None:
    if loc == 0.0:
        row = fit("gamma", fixed=(("loc", 0.0),), support_at_zero=True)
        assert row.status == "ok"
        assert row.n_parameters == 2
    else:
        with pytest.raises(InvalidInput, match="support_at_zero"):
            FitSpec(("gamma",), fixed=(("loc", loc),), support_at_zero=True)


@pytest.mark.parametrize("name", ["irwinhall", "ksone"])
def test_whole_number_shapes_are_reported_whole_and_can_be_evaluated(name: str) -> None:
    row = fit(name)
    assert row.status == "ok"
    assert row.parameters[0] == round(row.parameters[0])
    assert np.isfinite(getattr(stats, name).cdf(X[:5], *row.parameters)).all()


@pytest.mark.parametrize(
    ("name", "spec", "reason"),
    [
        ("gamma", {"fixed": (("a", -1.0),)}, "a=-1"),
        ("gamma", {"fixed": (("loc", 4.0),)}, "loc=4"),
        ("ksone", {"fixed": (("n", 2.5),)}, "n=2.5"),
    ],
)
def test_a_value_that_a_family_cannot_have_is_named(name: str, spec: dict[str, object], reason: str) -> None:
    row = fit(name, **spec)
    assert row.status in ("failed", "skipped")
    assert reason in row.reason


@pytest.mark.parametrize("unit", [1e-300, 1e300])
def test_data_in_a_unit_whose_powers_overflow_are_fitted_all_the_same(unit: float) -> None:
    row = fit("gumbel_r", X * unit)
    assert row.status == "ok"
    np.testing.assert_allclose(np.array(row.parameters) / unit, fit("gumbel_r").parameters, rtol=1e-6)


def test_a_users_density_that_does_not_integrate_to_one_is_refused_even_with_a_distribution_function() -> None:
    class Thrice(stats.rv_continuous):
        def _pdf(self, x: np.ndarray) -> np.ndarray:
            return 3 * np.exp(-x)

        def _cdf(self, x: np.ndarray) -> np.ndarray:
            return -np.expm1(-x)

    catalogue = CATALOGUE.extended({"thrice": Thrice(a=0.0, name="thrice")})
    row = fit_family(prepare(summarize_values(X), FitSpec(("thrice",))), catalogue["thrice"])
    assert row.status == "failed"
    assert "integrates to 3" in row.reason


@pytest.mark.parametrize("name", ["expon", "lomax", "pareto", "gengamma", "halfnorm", "weibull_max", "gamma"])
@pytest.mark.parametrize("seed", [2, 7, 14, 23])
def test_no_location_is_so_far_off_that_the_mass_of_a_window_is_rounding(name: str, seed: int) -> None:
    rng, n = np.random.default_rng(seed), (50, 400, 2000)[seed % 3]
    x = 6 + 6 * (rng.random(n) if seed % 2 else rng.beta(1.3, 1, n))
    row = fit_family(prepare(summarize_values(x), FitSpec((name,), lower_bound=6.0, upper_bound=12.0)), CATALOGUE[name])
    highest = max(-n * np.log(6), stats.beta.logpdf((x - 6) / 6, 1.3, 1).sum() - n * np.log(6))
    assert row.status == "ok"
    assert row.loglik < highest + 6.0

"""Parameters to start from are part of the question: they save a search where they can, and never cost the optimum."""

from __future__ import annotations

import math

import numpy as np
import pytest

from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.errors import InvalidInput, UnknownDistribution
from warmfit_fitting.estimation.search import LOSS, LOSS_AT_KINKS, RIDGE
from warmfit_fitting.families.catalogue import CATALOGUE, DEFAULT_EXCLUSIONS
from warmfit_fitting.families.every import EVERY
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import summarize_values
from warmfit_fitting.warm import check_warm_start

RNG = np.random.default_rng(11)
COLUMNS = {
    "gamma": RNG.gamma(2.0, 5.0, 6_000),
    "two tops": np.concatenate([RNG.normal(0.0, 1.0, 2_000), RNG.normal(4.0, 0.5, 1_500)]),
    "few rows": RNG.lognormal(1.0, 0.7, 150),
}
FAMILIES = tuple(name for name in CATALOGUE.names if name not in DEFAULT_EXCLUSIONS)
REGULAR = ("gumbel_r", "logistic", "t", "lognorm", "invweibull")


def fits(
    x: np.ndarray, families: tuple[str, ...], start: tuple[FitRow, ...] = (), **also: object
) -> tuple[FitRow, ...]:
    given = tuple((row.distribution, row.parameters) for row in start if row.status == "ok")
    problem = prepare(summarize_values(x), FitSpec(families, warm_start=given, **also))  # type: ignore[arg-type]
    return tuple(fit_family(problem, family) for family in EVERY.resolve(families))


def may_leave(name: str, n: int) -> float:
    """The nats that a search from everywhere may leave."""
    family = CATALOGUE[name]
    return (LOSS_AT_KINKS if family.kinked or family.cusp_at_loc else LOSS) + RIDGE * n


@pytest.mark.parametrize("column", COLUMNS)
def test_after_a_few_more_rows_no_family_ends_lower_than_a_search_from_everywhere_and_half_of_it_is_saved(
    column: str,
) -> None:
    """Next to a kink or in a limit, by no more than that search itself may leave."""
    x = COLUMNS[column]
    cold = fits(x, FAMILIES)
    warm = fits(x, FAMILIES, fits(x[3:], FAMILIES))
    ended = [(c, w) for c, w in zip(cold, warm, strict=True) if c.status == "ok" and c.ending != "budget"]
    lower = {c.distribution: c.loglik - w.loglik for c, w in ended}
    assert {name: loss for name, loss in lower.items() if not loss <= may_leave(name, len(x))} == {}
    assert [row.status for row in warm] == [row.status for row in cold]
    assert sum(row.n_evaluations for row in warm) <= 0.5 * sum(row.n_evaluations for row in cold)


def test_a_regular_maximum_is_found_again_with_a_fraction_of_the_evaluations() -> None:
    x = COLUMNS["gamma"]
    cold, warm = fits(x, REGULAR), fits(x, REGULAR, fits(x[3:], REGULAR))
    assert sum(row.n_evaluations for row in warm) < 0.2 * sum(row.n_evaluations for row in cold)
    for one, other in zip(cold, warm, strict=True):
        assert other.parameters == pytest.approx(one.parameters, rel=1e-3, abs=1e-3)
        assert other.ending == one.ending


@pytest.mark.parametrize("start", [[1e-3, -1e3, 1e3], [50.0, 0.0, 1e-2], [1e9, -1e9, 1.0], [-3.0, 0.0, -1.0]])
def test_a_start_from_nowhere_near_ends_where_a_search_from_everywhere_does(start: list[float]) -> None:
    spec = FitSpec(("gamma",), warm_start=(("gamma", tuple(start)),))
    problem = prepare(summarize_values(COLUMNS["gamma"]), spec)
    (cold,) = fits(COLUMNS["gamma"], ("gamma",))
    assert fit_family(problem, EVERY["gamma"]).loglik >= cold.loglik - 1e-3


def test_the_same_question_has_the_same_answer_to_the_last_bit_whatever_else_was_asked() -> None:
    x = COLUMNS["few rows"]
    before = fits(x[2:], FAMILIES[:40])
    one, other = fits(x, FAMILIES[:40], before), fits(x, tuple(reversed(FAMILIES[:40])), tuple(reversed(before)))
    for row, again in zip(one, reversed(other), strict=True):
        assert (row.parameters, row.standard_errors) == (again.parameters, again.standard_errors)


def test_starts_are_kept_in_one_order() -> None:
    pairs = (("norm", (0.0, 1.0)), ("gamma", (2.0, 0.0, 1.0)))
    assert FitSpec(("norm",), warm_start=pairs) == FitSpec(("norm",), warm_start=pairs[::-1])
    assert hash(FitSpec(("norm",), warm_start=pairs)) != hash(FitSpec(("norm",)))


@pytest.mark.parametrize(
    ("start", "says"),
    [
        ((("norm", (0.0, math.nan)),), "finite"),
        ((("norm", (0.0, math.inf)),), "finite"),
        ((("norm", (0.0, 1.0)), ("norm", (0.0, 2.0))), "twice"),
    ],
)
def test_what_cannot_be_a_start_is_refused(start: tuple[tuple[str, tuple[float, ...]], ...], says: str) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        FitSpec(("norm",), warm_start=start)
    assert refused.value.field == "warm_start"


def test_the_method_of_moments_starts_nowhere() -> None:
    with pytest.raises(InvalidInput, match="moments"):
        FitSpec(("norm",), method="mme", warm_start=(("norm", (0.0, 1.0)),))


def test_families_and_their_parameters_are_checked_by_name() -> None:
    with pytest.raises(UnknownDistribution, match="norm"):
        check_warm_start([("nrom", (0.0, 1.0))], EVERY)
    with pytest.raises(InvalidInput, match="norm has 1 parameters; expected 2: loc, scale"):
        check_warm_start([("norm", (0.0,))], EVERY)


@pytest.mark.parametrize("family", ["nbinom", "zi_poisson", "hypergeom"])
def test_families_of_counts_start_too(family: str) -> None:
    x = RNG.negative_binomial(3, 0.3, 2_000).astype(float)
    (cold,), before = fits(x, (family,)), fits(x[3:], (family,))
    (warm,) = fits(x, (family,), before)
    assert warm.status == cold.status
    if cold.status == "ok":
        assert warm.loglik >= cold.loglik - 1e-3


def test_maximum_spacing_starts_there_too() -> None:
    x = COLUMNS["gamma"]
    (cold,) = fits(x, ("weibull_min",), method="mse")
    (warm,) = fits(x, ("weibull_min",), fits(x[3:], ("weibull_min",), method="mse"), method="mse")
    assert warm.parameters == pytest.approx(cold.parameters, rel=1e-3)

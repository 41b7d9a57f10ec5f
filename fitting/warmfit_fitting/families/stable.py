"""levy_stable, declared but not fitted: its density has no bounded evaluation."""

from __future__ import annotations

from warmfit_fitting.families.family import Cost, Family, Shape


class LevyStable(Family):
    """The stable laws, given by their characteristic function (Nolan 2020, Univariate Stable Distributions, ch. 1).

    φ(t) = exp(−|t|^α (1 − iβ sgn(t) tan(πα/2))) for α ≠ 1; shapes 0 < alpha ≤ 2, the tail's index, −1 ≤ beta ≤ 1.
    """

    name = "levy_stable"
    shapes = (Shape("alpha", 0.0, 2.0), Shape("beta", -1.0, 1.0))
    cost = Cost.UNBOUNDED
    refusal = (
        "levy_stable has no density in closed form, and its integral representations need adaptive quadrature of "
        "unbounded cost; levy, cauchy and norm are its closed cases."
    )

"""The scales on which intervals are symmetric."""

from __future__ import annotations

import math

import pytest

from warmfit_fitting.intervals.axis import Axis

AXES = {"identity": Axis(), "log": Axis(2.0), "reversed log": Axis(high=2.0), "logit": Axis(-1.0, 3.0)}
INSIDE = {"identity": 5.0, "log": 2.5, "reversed log": -4.0, "logit": 2.9}


@pytest.mark.parametrize("name", AXES)
def test_a_place_leads_back_to_its_value(name: str) -> None:
    axis, value = AXES[name], INSIDE[name]
    assert axis.back(axis.to(value)) == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize("name", AXES)
def test_the_slope_is_the_derivative(name: str) -> None:
    axis, value, h = AXES[name], INSIDE[name], 1e-6
    assert axis.slope(value) == pytest.approx((axis.to(value + h) - axis.to(value - h)) / (2 * h), rel=1e-6)


@pytest.mark.parametrize("name", AXES)
def test_an_interval_stays_inside_the_domain_however_wide(name: str) -> None:
    axis = AXES[name]
    low, high = axis.around(INSIDE[name], 100.0, 1.96)
    assert axis.low <= low < INSIDE[name] < high <= axis.high


def test_infinite_places_are_the_ends() -> None:
    assert (Axis(0.0).back(-math.inf), Axis(0.0).back(math.inf)) == (0.0, math.inf)
    assert Axis(0.0, 1.0).to(0.0) == -math.inf

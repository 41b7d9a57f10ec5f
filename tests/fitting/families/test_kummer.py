"""Kummer's function in logarithms, on both sides of the switch from its series to sums in strides."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

from warmfit_fitting.families.kummer import log_kummer


@pytest.mark.parametrize(("s", "a"), [(2.6, 2.5), (30.0, 1.0), (5e3, 0.02), (51.0, 50.0), (1e6, 3e3)])
@pytest.mark.parametrize("terms", [0.01, 3.0, 40.0, 70.0, 100.0, 130.0, 2e3])
def test_series_and_strides_agree_with_mpmath(s: float, a: float, terms: float) -> None:
    y = np.array([1e-9, 0.05, 0.6, 1.0]) * terms * (a + terms) / (s + terms)
    values = log_kummer(np.array([[s]]), np.array([[a]]), y[None])[0]
    with mp.workdps(40):
        exact = [float(mp.log(mp.hyp1f1(s, a, mp.mpf(float(v)), maxterms=10**7))) for v in y]
    np.testing.assert_allclose(values, exact, rtol=1e-11, atol=1e-12)


def test_rows_of_few_and_of_many_terms_may_be_mixed() -> None:
    s, a = np.array([[3.0], [3.0]]), np.array([[2.0], [2.0]])
    y = np.array([[1.0, 5.0], [1.0, 3e3]])
    mixed = log_kummer(s, a, y)
    np.testing.assert_array_equal(mixed[:1], log_kummer(s[:1], a[:1], y[:1]))
    np.testing.assert_array_equal(mixed[1:], log_kummer(s[1:], a[1:], y[1:]))
    assert mixed[0, 0] == pytest.approx(mixed[1, 0], rel=1e-12)

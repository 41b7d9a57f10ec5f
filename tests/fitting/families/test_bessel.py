"""Modified Bessel functions in logarithms: every order and argument, and rows of arguments on both sides of each switch."""

from __future__ import annotations

from collections.abc import Iterator

import mpmath as mp
import numpy as np
import pytest

from warmfit_fitting.families.bessel import log_ive, log_ive_along, log_kve, log_kve_along


@pytest.fixture(autouse=True)
def exact_digits() -> Iterator[None]:
    with mp.workdps(60), np.errstate(all="ignore"):
        yield


@pytest.mark.parametrize("order", [0.0, 0.5, 3.0, 24.0, 26.0, 300.0, 1e4])
@pytest.mark.parametrize("x", [1e-300, 1e-9, 0.3, 24.0, 700.0, 1e10])
def test_log_bessel_k_is_finite_and_right_at_every_order_and_argument(order: float, x: float) -> None:
    exact = float(mp.log(mp.besselk(order, x, maxprec=40000)) + mp.mpf(x))
    assert float(log_kve(np.array(order), np.array(x))) == pytest.approx(exact, rel=1e-11, abs=1e-11)


@pytest.mark.parametrize("order", [-0.97, -0.3, 0.0, 3.0, 24.0, 26.0, 300.0])
@pytest.mark.parametrize("x", [1e-300, 1e-9, 0.3, 24.0, 700.0, 1e10])
def test_log_bessel_i_is_finite_and_right_at_every_order_and_argument(order: float, x: float) -> None:
    exact = float(mp.log(mp.besseli(order, x, maxprec=40000)) - mp.mpf(x))
    assert float(log_ive(np.array(order), np.array(x))) == pytest.approx(exact, rel=1e-10, abs=1e-10)


SPANS = [0.0, 0.3, 1.7, 1.8, 3.4, 3.6, 9.0, 60.0]  # in log x: one point, one panel, two, many, more than are worth it


@pytest.mark.parametrize("span", SPANS)
@pytest.mark.parametrize("lowest", [1e-7, 0.02, 0.9, 8.0, 24.0, 1e3, 1e9])
def test_bessel_k_along_rows_is_that_of_each_point(lowest: float, span: float) -> None:
    order = np.array([0.0, 1e-3, 0.5, -1.0, 2.3, 8.0, -24.9, 25.1, 31.0, 31.001, 300.0])[:, None]
    x = lowest * np.exp(span * np.linspace(0.0, 1.0, 300) ** 1.3)
    exact = log_kve(order, np.broadcast_to(x, (len(order), len(x))))
    np.testing.assert_allclose(log_kve_along(order, x, np.log(x)), exact, rtol=1e-12, atol=3e-11)


@pytest.mark.parametrize("span", SPANS)
@pytest.mark.parametrize("lowest", [1e-7, 0.02, 0.9, 8.0, 24.0, 1e3, 1e9])
def test_bessel_i_along_rows_is_that_of_each_point(lowest: float, span: float) -> None:
    order = np.array([-0.9999, -0.7501, -0.75, -0.5, 0.0, 0.3, 2.3, 8.0, 24.9, 25.1, 99.0, 99.01])[:, None]
    x = lowest * np.exp(span * np.linspace(0.0, 1.0, 300) ** 1.3)
    exact = log_ive(order, np.broadcast_to(x, (len(order), len(x))))
    np.testing.assert_allclose(log_ive_along(order, x, np.log(x)), exact, rtol=1e-12, atol=3e-11)


@pytest.mark.parametrize("order", [0.0, 1e-6, 0.31, 1.5, 7.7, 30.9, 31.0])
def test_bessel_k_does_not_jump_where_its_table_ends(order: float) -> None:
    end = (2.0 + 2.0 * order) / np.expm1(2.0)
    inside, outside = (end * (1.0 + np.append(side, np.linspace(1e-3, 40.0, 200))) for side in (1e-13, -1e-13))
    v = np.array([[order]])
    for x in (inside, outside):
        np.testing.assert_allclose(log_kve_along(v, x, np.log(x)), log_kve(v, x[None]), rtol=1e-12, atol=3e-11)


@pytest.mark.parametrize("order", [-0.75, -0.7, 0.0, 1.5, 30.0, 99.0])
def test_bessel_i_does_not_jump_where_its_table_ends(order: float) -> None:
    end = 2.0 * np.sqrt((order + 1.0) * np.expm1(12.0))
    inside, outside = (end * np.append(1.0 + side, np.exp(-np.linspace(1e-3, 20.0, 300))) for side in (-1e-13, 1e-13))
    v = np.array([[order]])
    for x in (inside, outside):
        np.testing.assert_allclose(log_ive_along(v, x, np.log(x)), log_ive(v, x[None]), rtol=1e-12, atol=3e-11)


@pytest.mark.parametrize("order", [0.0, 0.7, 6.0, 31.0])
def test_interpolated_rows_agree_with_mpmath_between_their_nodes(order: float) -> None:
    x = np.exp(np.linspace(np.log(0.11), np.log(90.0), 400))
    rows_k, rows_i = (f(np.array([[order]]), x, np.log(x))[0] for f in (log_kve_along, log_ive_along))
    for at in range(3, 400, 40):
        point = mp.mpf(float(x[at]))
        assert rows_k[at] == pytest.approx(float(mp.log(mp.besselk(order, point)) + point), rel=1e-11, abs=1e-11)
        assert rows_i[at] == pytest.approx(float(mp.log(mp.besseli(order, point)) - point), rel=1e-11, abs=1e-11)

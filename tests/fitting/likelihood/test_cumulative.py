from __future__ import annotations

import numpy as np
import pytest

from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.likelihood.cumulative import cdf_sf
from warmfit_fitting.panels import Panels

SPREADS = np.array([-7.0, -4.0, -2.0, -1.0, -0.1, 0.2, 0.9, 1.8, 3.1, 6.0])
CASES = [
    ("rice", (0.7,)),
    ("rice", (50.0,)),
    ("norminvgauss", (1.0, 0.5)),
    ("geninvgauss", (0.3, 1.0)),
    ("geninvgauss", (0.1, 1e-3)),
    ("ncx2", (0.1, 1.0)),  # singular at 0, as z^−0.95
    ("ncx2", (1.2, 3.0)),
    ("ncx2", (10.0, 30.0)),
    ("vonmises_line", (2.0,)),
    ("genhyperbolic", (0.5, 1.0, 0.3)),
    ("gamma", (0.3,)),
    ("beta", (0.2, 0.4)),
]


@pytest.mark.parametrize(("name", "shapes"), CASES)
def test_both_tails_are_those_of_an_adaptive_quadrature(name: str, shapes: tuple[float, ...]) -> None:
    family = CATALOGUE[name]
    columns = tuple(np.array([[v]]) for v in shapes)
    with np.errstate(all="ignore"):
        low, high = (float(np.ravel(end)[0]) for end in family.support(*columns))
        center, spread = (float(np.ravel(part)[0]) for part in family.bulk(*columns))
        z = center + spread * SPREADS
        z = z[(z > low) & (z < high)]
        panels = Panels(family, tuple(np.asarray(v) for v in shapes), low, high)
        cdf, sf = cdf_sf(family, columns, z[::-1][None])
    np.testing.assert_allclose(cdf[0, ::-1], panels.cdf(z), rtol=1e-6)
    np.testing.assert_allclose(sf[0, ::-1], panels.sf(z), rtol=1e-6)


def test_many_parameter_vectors_at_once_are_what_each_is_alone() -> None:
    family = CATALOGUE["rice"]
    b, z = np.linspace(0.1, 9.0, 700)[:, None], np.linspace(0.0, 12.0, 40) * np.ones((700, 1))
    with np.errstate(all="ignore"):
        cdf, sf = cdf_sf(family, (b,), z)
        alone = [cdf_sf(family, (b[i : i + 1],), z[i : i + 1]) for i in (0, 333, 699)]
    for i, (below, above) in zip((0, 333, 699), alone, strict=True):
        np.testing.assert_array_equal(cdf[i], below[0])
        np.testing.assert_array_equal(sf[i], above[0])
    assert np.abs(cdf + sf - 1).max() < 1e-12

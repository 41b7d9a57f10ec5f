from __future__ import annotations

import numpy as np
import pytest

from warmfit_fitting.estimation.coordinates import Coordinates
from warmfit_fitting.families.catalogue import CATALOGUE

PLACED = ["norm", "gamma", "weibull_max", "beta", "johnsonsb", "lognorm", "burr12", "pareto", "loggamma", "genextreme"]


def some_shapes(name: str) -> list[tuple[float, ...]]:
    return [tuple(shapes) for shapes in CATALOGUE[name].shape_starts()] or [()]


@pytest.mark.parametrize("name", PLACED)
def test_every_free_vector_gives_a_support_that_holds_the_data(name: str, rng: np.random.Generator) -> None:
    family = CATALOGUE[name]
    coordinates = Coordinates(family, -3.0, 5.0)
    theta = coordinates.theta(rng.normal(0, 1.5, (300, coordinates.n_free)))
    theta = theta[np.isfinite(theta).all(axis=1)]
    low, high = family.reliable_ends(*theta[:, :-2].T)
    assert len(theta) > 50
    assert (theta[:, -2] + theta[:, -1] * low < -3.0).all()
    assert (theta[:, -2] + theta[:, -1] * high > 5.0).all()


@pytest.mark.parametrize("name", PLACED)
def test_parameters_survive_the_way_there_and_back(name: str) -> None:
    family = CATALOGUE[name]
    coordinates = Coordinates(family, -3.0, 5.0)
    for shapes in some_shapes(name):
        free = coordinates.free(np.array([[*shapes, 0.3, 2.0]]))
        theta = coordinates.theta(free)
        np.testing.assert_allclose(
            coordinates.theta(coordinates.free(theta)), theta, rtol=1e-6, err_msg=f"{name}{shapes}"
        )


@pytest.mark.parametrize(
    ("name", "far"), [("gamma", 1e8), ("weibull_min", 1e7), ("lognorm", 1e-7), ("weibull_max", 1e7)]
)
def test_on_the_way_to_a_limit_the_bulk_stays_where_it_is(name: str, far: float) -> None:
    family = CATALOGUE[name]
    coordinates = Coordinates(family, -3.0, 3.0)
    free = np.tile([0.0, 0.2, 0.1], (2, 1))
    free[:, 0] = np.log([far, far**0.9])
    (shape, other), (loc, moved), (scale, wider) = coordinates.theta(free).T
    center, spread = (part * scale for part in family.bulk(np.array([shape])))
    there, width = (part * wider for part in family.bulk(np.array([other])))
    assert loc + center == pytest.approx(moved + there, abs=1e-2)
    assert spread == pytest.approx(width, rel=1e-2)

"""Mean and covariance of a joint summary: the multivariate normal distribution of its columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.joint.correlation import nearest
from warmfit_fitting.joint.summary import JointSummary

_BELOW_ZERO = -1e-10  # an eigenvalue of a correlation matrix that is not 0 by rounding


@dataclass(frozen=True, eq=False)
class NormalEstimate:
    """`mean` (C,), `cov` (C, C) positive semidefinite; `n`: the fewest rows behind a pair; `repaired`: as `Correlation`."""

    mean: FloatArray
    cov: FloatArray
    n: int
    repaired: float = 0.0


def estimate(summary: JointSummary, bias: bool = False) -> NormalEstimate:
    """The mean and the covariance of the columns, divided by the rows less one, or by the rows with `bias`.

    Pairwise covariances that are no covariance matrix are replaced by those of the nearest correlations (Higham 2002).
    Raises `InvalidInput` where a pair of columns has fewer than two rows, and where sums overflow.
    """
    values = summary.values
    n = int(values.count.min())
    if n < 2:
        j, k = (int(v) for v in np.argwhere(values.count == values.count.min())[0])
        raise InvalidInput(
            f"{n} row(s) have both {summary.names[j]!r} and {summary.names[k]!r}; a covariance needs two"
        )
    mean, cov = np.diag(values.mean).copy(), values.covariance(bias)
    if not np.isfinite(cov).all():
        raise InvalidInput("the covariances overflow; give the columns in larger units")
    if summary.missing == "listwise":
        return NormalEstimate(mean, cov, n)
    deviation = np.sqrt(np.diag(cov))
    varies = deviation > 0
    some = deviation[varies]
    correlation = cov[np.ix_(varies, varies)] / some[:, None] / some
    if not len(some) or np.linalg.eigvalsh(correlation)[0] >= _BELOW_ZERO * len(some):
        return NormalEstimate(mean, cov, n)
    near = nearest(correlation)
    cov[np.ix_(varies, varies)] = near * some[:, None] * some
    return NormalEstimate(mean, cov, n, float(np.linalg.norm(near - correlation)))

"""How well the parameters from which a column was drawn are found again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

import ledger
from truths import ROWS, TRUTHS, simulated, written
from warmfit import DistributionFitter

FIRST_SEED = 1_000  # apart from the columns of the selection


@dataclass(frozen=True, eq=False)
class Recovered:
    """Estimates (R, P) less the truth and standard errors (R', P) of one family, and log-likelihood gains (R,)."""

    error: np.ndarray
    standard: np.ndarray
    gain: np.ndarray


def recovered(truth: str, replications: int) -> Recovered:
    """The family fitted to fresh columns of its own; the log-likelihoods are SciPy's, over the rows."""
    fitter, dist, at_truth = DistributionFitter(), getattr(stats, truth), TRUTHS[truth]
    errors, standard, gains = [], [], []
    for seed in range(FIRST_SEED, FIRST_SEED + replications):
        x = simulated(truth, seed)
        (fit,) = fitter.fit(x, included_distributions=[truth], lazy_metrics=True).best(metric="loglik")
        errors.append(np.subtract(fit.parameters, at_truth))
        if fit.standard_errors is not None:
            standard.append(fit.standard_errors)
        gains.append(dist.logpdf(x, *fit.parameters).sum() - dist.logpdf(x, *at_truth).sum())
    return Recovered(np.array(errors), np.array(standard), np.array(gains))


def measured(replications: int) -> str:
    """The ledger's section: bias, root mean square error and the gain in log-likelihood."""
    found = {truth: recovered(truth, replications) for truth in TRUTHS}
    rows = []
    for truth, r in found.items():
        bias = root = "—"
        if len(r.standard):
            unit = r.standard.mean(axis=0)
            bias = ", ".join(f"{b:+.2f}" for b in r.error.mean(axis=0) / unit)
            root = ", ".join(f"{e:.2f}" for e in np.sqrt((r.error**2).mean(axis=0)) / unit)
        rows.append((written(truth), bias, root, f"{r.gain.min():.3f}", f"{np.median(r.gain):.2f}"))
    short = sum(int((r.gain < 0).sum()) for r in found.values())
    text = (
        f"{replications} columns of {ROWS} rows from each family, and that family fitted to them. Bias and root mean square "
        "error are in units of the mean standard error that the fits themselves report, in the order shapes, loc, scale: "
        f"about 0 ± {1 / np.sqrt(replications):.2f} and 1 ± {1 / np.sqrt(2 * replications):.2f} where all is right, a dash "
        "where the likelihood is not regular at its maximum. The gain is the log-likelihood of all rows, by SciPy's "
        "density, at the estimates less that at the truth: about half the number of parameters, and never below 0 at a "
        "maximum. "
        f"**It is below 0 in {short} of {replications * len(found)} columns.**"
    )
    header = ("truth", "bias", "root mean square error", "least gain, nats", "median gain")
    return ledger.section("Parameters found again", text, ledger.table(header, rows))

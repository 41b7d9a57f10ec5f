"""What drawing from a copula costs beside spark-bestfit, and whether correlations are unbiased; into docs/performance.md.

make bench-joint. The peer runs in an environment of its own, on the same marginals and correlations. Where it inverts a
distribution function value by value, it is given fewer rows and its time is scaled up.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from environments import interpreter
from ledger import put, section, table
from warmfit import DistributionFitResult, GaussianCopula, JointSummary
from warmfit_fitting.joint.correlation import of_estimate
from warmfit_fitting.summary import summarize_values

PEER = "spark-bestfit==3.0.3"
ROWS = 1_000_000
BAR = 5.0
CORRELATION = [[1.0, 0.7, -0.3], [0.7, 1.0, 0.2], [-0.3, 0.2, 1.0]]
# Marginals without a closed quantile, and the rows for which the peer inverts them.
SETS: dict[str, tuple[int, dict[str, list[float]]]] = {
    "gamma, beta, t": (
        ROWS,
        {"gamma": [2.5, 0.0, 2.0], "beta": [2.0, 5.0, 0.0, 1.0], "t": [4.5, 1.0, 2.0]},
    ),
    "exponnorm, skewnorm, nct": (
        2_000,
        {"exponnorm": [2.0, 0.0, 1.0], "skewnorm": [3.0, 0.0, 1.0], "nct": [5.0, 1.0, 0.0, 1.0]},
    ),
    "norminvgauss, genhyperbolic, geninvgauss": (
        100,
        {
            "norminvgauss": [1.5, 0.5, 0.0, 1.0],
            "genhyperbolic": [0.5, 1.5, 0.5, 0.0, 1.0],
            "geninvgauss": [0.5, 1.0, 0.0, 1.0],
        },
    ),
}
RHOS = (-0.9, -0.5, 0.0, 0.5, 0.9)
REPLICATIONS = 50
ROUNDS = 3

PEER_PROGRAM = """
import json, sys, time
import numpy as np
from spark_bestfit import GaussianCopula
from spark_bestfit.results import DistributionFitResult

marginals, correlation, rows, rounds = json.loads(sys.argv[1])
fits = {n: DistributionFitResult(distribution=n, parameters=p, sse=0.0) for n, p in marginals.items()}
copula = GaussianCopula(list(marginals), fits, np.array(correlation))
copula.sample(10, random_state=0)
times = []
for seed in range(rounds):
    started = time.process_time()
    copula.sample(rows, random_state=seed)
    times.append(time.process_time() - started)
print(json.dumps(min(times)))
"""

BIAS_PROGRAM = """
import json, sys
import numpy as np
import pandas as pd
from spark_bestfit.backends.local import LocalBackend

rho, rows = json.loads(sys.argv[1])
z = np.random.default_rng(0).standard_normal((rows, 2))
frame = pd.DataFrame({"x": np.exp(z[:, 0]), "y": rho * z[:, 0] + np.sqrt(1 - rho * rho) * z[:, 1]})
print(json.dumps(float(LocalBackend().compute_correlation(frame, ["x", "y"], method="spearman")[0, 1])))
"""


def copula_of(marginals: dict[str, list[float]]) -> GaussianCopula:
    fits = {name: DistributionFitResult(name, parameters) for name, parameters in marginals.items()}
    return GaussianCopula(list(marginals), fits, CORRELATION)


def drawn(marginals: dict[str, list[float]]) -> tuple[float, float, dict[str, np.ndarray]]:
    """Seconds to build the tables with the first row, least seconds for all rows, and the rows."""
    copula = copula_of(marginals)
    started = time.process_time()
    copula.sample(1, random_state=0)
    built, times = time.process_time() - started, []
    for seed in range(ROUNDS):
        started = time.process_time()
        rows = copula.sample(ROWS, random_state=seed)
        times.append(time.process_time() - started)
    return built, min(times), rows


def asked(program: str, python: Path, *given: object) -> Any:
    """What a program of the peer's environment answers."""
    answer = subprocess.run([python, "-c", program, json.dumps(given)], check=True, capture_output=True, text=True)
    return json.loads(answer.stdout.splitlines()[-1])


def pvalues(marginals: dict[str, list[float]], rows: dict[str, np.ndarray]) -> list[float]:
    """Kolmogorov's exact test of each drawn marginal against the fitted distribution."""
    return [stats.kstest(rows[n], DistributionFitResult(n, p).cdf).pvalue for n, p in marginals.items()]


def sampling(python: Path) -> tuple[str, bool]:
    lines, held = [], True
    for name, (peer_rows, marginals) in SETS.items():
        print(f"drawing {name} …", file=sys.stderr)
        built, seconds, rows = drawn(marginals)
        answer = asked(PEER_PROGRAM, python, marginals, CORRELATION, peer_rows, ROUNDS)
        ratio, each = answer * ROWS / peer_rows / (built + seconds), seconds / ROWS / len(marginals) * 1e9
        least = min(pvalues(marginals, rows))
        held &= ratio >= BAR and least > 1e-3
        lines.append((name, f"{ratio:,.0f}×", f"{each:.0f}", f"{peer_rows:,}", f"{least:.3f}"))
    return table(("marginals", "faster", "ns a value", "rows of the peer", "least KS p"), lines), held


def errors_of(seed: int, rows: int = ROWS) -> list[tuple[float, float]]:
    """For each ρ, the error of a copula correlation, and its distance from Pearson's of the normals behind the columns.

    The columns are exp(z) and ρz + √(1 − ρ²)z′; the correlation comes from summaries alone. Pearson's of the normals, which
    nobody sees, is unbiased to 10⁻⁶ and makes most of the error.
    """
    z = np.random.default_rng(seed).standard_normal((rows, 2))
    first, found = np.exp(z[:, 0]), []
    summaries = {"x": summarize_values(first)}
    for rho in RHOS:
        second = rho * z[:, 0] + np.sqrt(1 - rho * rho) * z[:, 1]
        summaries["y"] = summarize_values(second)
        joint = JointSummary.of(("x", "y"), np.column_stack([first, second]), summaries)
        estimated = float(of_estimate(joint)[0, 1])
        found.append((estimated - rho, estimated - float(np.corrcoef(z[:, 0], second)[0, 1])))
    return found


def bias(errors: np.ndarray, peer: list[float]) -> tuple[str, bool]:
    """The table of `errors` (replications, ρ, 2) beside those of the peer, and whether the bar is held."""
    lines, held = [], True
    for rho, error, theirs in zip(RHOS, errors.swapaxes(0, 1), peer, strict=True):
        mean, distance = error.mean(axis=0)
        deviation = error[:, 0].std(ddof=1) / np.sqrt(len(error))
        held &= abs(mean) <= 2 * deviation
        figures = (f"{mean:+.6f}", f"{deviation:.6f}", f"{mean / deviation:+.2f}", f"{distance:+.7f}", f"{theirs:+.4f}")
        lines.append((f"{rho:+.1f}", *figures))
    header = ("ρ", "mean error", "its standard error", "ratio", "mean distance from Pearson's", "error of the peer")
    return table(header, lines), held


def replicated() -> np.ndarray:
    """The errors of all replications, (replications, ρ, 2)."""
    found = []
    for seed in range(REPLICATIONS):
        print(f"replication {seed + 1} of {REPLICATIONS} …", file=sys.stderr)
        found.append(errors_of(seed))
    return np.array(found)


def report(draws: str, fast: bool, errors: np.ndarray, peer: list[float]) -> None:
    """Write the section, the verdict last."""
    biases, unbiased = bias(errors, peer)
    verdict = "PASS" if fast and unbiased else "FAIL"
    put(
        "performance.md",
        "joint",
        section(
            "Columns together",
            f"Three columns, {ROWS:,} rows from a Gaussian copula, beside {PEER.replace('==', ' ')} on the same marginals, "
            "none of which has a closed quantile: CPU time, the building of tables included. Where the peer was given "
            "fewer rows, its time is scaled up. The last column is the least p-value of exact Kolmogorov–Smirnov tests "
            "of the drawn marginals against the fitted ones; the normal numbers behind the three lines are the same.",
            draws,
            f"Mean error of a copula correlation over {len(errors)} replications of {ROWS:,} rows, from summaries "
            "alone; and how far it lies on average from Pearson's correlation of the normal numbers behind the columns, "
            "which is unbiased. The peer takes Spearman's correlation for it (one replication).",
            biases,
            f"Bars: at least {BAR:g} times faster, exact tests passed, mean errors within two standard errors of zero: "
            f"{verdict}.",
        ),
    )
    print(verdict)


def main() -> None:
    python = interpreter("joint-peer", PEER, "pandas<3")
    draws, fast = sampling(python)
    peer = [asked(BIAS_PROGRAM, python, rho, ROWS) - rho for rho in RHOS]
    report(draws, fast, replicated(), peer)


if __name__ == "__main__":
    main()

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
import pandas as pd
from scipy import stats

from environments import interpreter
from ledger import put, section, table
from warmfit import DistributionFitResult, GaussianCopula, summarize_joint
from warmfit_fitting.joint.correlation import of_estimate

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

rho, rows, count = json.loads(sys.argv[1])
backend, found = LocalBackend(), []
for seed in range(count):
    z = np.random.default_rng(seed).standard_normal((rows, 2))
    frame = pd.DataFrame({"x": np.exp(z[:, 0]), "y": rho * z[:, 0] + np.sqrt(1 - rho * rho) * z[:, 1]})
    found.append(float(backend.compute_correlation(frame, ["x", "y"], method="spearman")[0, 1]))
print(json.dumps(found))
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


def estimated(rho: float, seed: int, rows: int = ROWS) -> float:
    """The copula correlation of simulated rows, through summaries alone."""
    z = np.random.default_rng(seed).standard_normal((rows, 2))
    frame = pd.DataFrame({"x": np.exp(z[:, 0]), "y": rho * z[:, 0] + np.sqrt(1 - rho * rho) * z[:, 1]})
    return float(of_estimate(summarize_joint(frame))[0, 1])


def bias(python: Path) -> tuple[str, bool]:
    lines, held = [], True
    for rho in RHOS:
        print(f"estimating {rho} …", file=sys.stderr)
        errors = np.array([estimated(rho, seed) for seed in range(REPLICATIONS)]) - rho
        error, deviation = errors.mean(), errors.std(ddof=1) / np.sqrt(REPLICATIONS)
        peer = np.mean(asked(BIAS_PROGRAM, python, rho, ROWS, 2)) - rho
        held &= abs(error) <= 2 * deviation
        lines.append((f"{rho:+.1f}", f"{error:+.6f}", f"{deviation:.6f}", f"{error / deviation:+.2f}", f"{peer:+.4f}"))
    return table(("ρ", "mean error", "its standard error", "ratio", "error of the peer"), lines), held


def main() -> None:
    python = interpreter("joint-peer", PEER, "pandas<3")
    draws, fast = sampling(python)
    errors, unbiased = bias(python)
    verdict = "PASS" if fast and unbiased else "FAIL"
    put(
        "performance.md",
        "joint",
        section(
            "Columns together",
            f"Three columns, {ROWS:,} rows from a Gaussian copula, beside {PEER.replace('==', ' ')} on the same marginals, "
            "none of which has a closed quantile: CPU time, the building of tables included. Where the peer was given "
            "fewer rows, its time is scaled up. The last column is the least p-value of exact Kolmogorov–Smirnov tests of "
            "the drawn marginals against the fitted ones.",
            draws,
            f"Mean error of a copula correlation over {REPLICATIONS} columns of {ROWS:,} rows, from summaries alone. The "
            "peer takes Spearman's correlation for it (two columns each).",
            errors,
            f"Bars: at least {BAR:g} times faster, exact tests passed, mean errors within two standard errors of zero: "
            f"{verdict}.",
        ),
    )
    print(verdict)


if __name__ == "__main__":
    main()

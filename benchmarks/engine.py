"""What a fit of one column costs: against spark-bestfit in the same run, by rows, by family, and in memory.

make bench-engine, or `python benchmarks/engine.py [--quick] [--repetitions N]`; without --quick it writes
docs/performance.md. Every fit runs in a fresh process; the last line is the ratio to the peer.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import ledger
from environments import installed_bytes, interpreter
from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.families.catalogue import CATALOGUE, DEFAULT_EXCLUSIONS
from warmfit_fitting.families.relations import REPARAMETRIZATIONS
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary, summarize_values

PEER = "spark-bestfit==3.0.3"
ROWS = 100_000
HERE = Path(__file__).parent
MB = 1e6
Starts = tuple[tuple[str, tuple[float, ...]], ...]
HOW_TO_READ = (
    "Ratios carry over between machines, within reason; seconds do not. Each fit ran in a fresh process, with imports "
    "before the clock and thread pools after it, on one column of gamma(2.5, scale 3) draws. "
    "`make bench-engine` measures all of it again and writes this page."
)


def column(folder: Path, rows: int) -> Path:
    """The file of a seeded column."""
    path = folder / f"{rows}.npy"
    if not path.exists():
        np.save(path, np.random.default_rng(20240101).gamma(2.5, 3.0, size=rows))
    return path


def timed(what: str, path: Path, workers: int | None = None, python: Path | None = None) -> dict[str, Any]:
    """What `timed_fit.py` measures, in a fresh process."""
    command = [str(python or sys.executable), str(HERE / "timed_fit.py"), what, str(path)]
    done = subprocess.run([*command, *map(str, [workers] if workers else [])], stdout=subprocess.PIPE, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def race(folder: Path, repetitions: int) -> tuple[str, str]:
    """The peer and warmfit in turns; the ledger's section, and the ratio of their median times in a sentence."""
    python, path = interpreter("spark-bestfit", PEER), column(folder, ROWS)
    runs: dict[str, list[dict[str, Any]]] = {"peer": [], "warmfit": []}
    for _ in range(repetitions):
        runs["peer"].append(timed("peer", path, python=python))
        runs["warmfit"].append(timed("warmfit", path))
        print("   ".join(f"{who} {taken[-1]['wall']:.2f} s" for who, taken in runs.items()), flush=True)

    def median(who: str, figure: str) -> float:
        return float(statistics.median(run[figure] for run in runs[who]))

    def ratio(figure: str) -> float:
        """The median over the turns, whose two runs met about the same load."""
        turns = zip(runs["peer"], runs["warmfit"], strict=True)
        return float(statistics.median(theirs[figure] / ours[figure] for theirs, ours in turns))

    read = {"peer": "10 000, sampled", "warmfit": f"{ROWS:,}".replace(",", " ")}
    names = {"peer": PEER.replace("==", " "), "warmfit": "warmfit"}
    rows = [
        (names[who], read[who], taken[0]["families"], f"{median(who, 'wall'):.2f}", f"{median(who, 'cpu'):.2f}")
        for who, taken in runs.items()
    ]
    said = f"{ratio('wall'):.1f} x as fast as {names['peer']} (by processor time {ratio('cpu'):.1f} x)"
    text = (
        f"The peer, as its documentation uses it without Spark: `LocalBackend()`, its default catalogue, all metrics. Both "
        f"read the same {ROWS} rows of the same file; medians of {repetitions} turns. The peer leaves out 20 of "
        "SciPy's 110 families as slow or unstable; which ones warmfit leaves to those who name them is said below. "
        f"**warmfit is {said.replace(' x', ' ×')}.**"
    )
    header = ("", "rows behind the fits", "families fitted", "s", "processor s")
    return ledger.section("Against the peer", text, ledger.table(header, rows)), f"ratio: warmfit is {said}"


def by_rows(folder: Path, repetitions: int) -> str:
    """Time and memory for columns from a thousand rows to ten million."""

    def medians(rows: int) -> dict[str, float]:
        runs = [timed("steps", column(folder, rows)) for _ in range(repetitions)]
        return {figure: statistics.median(run[figure] for run in runs) for figure in ("summary", "wall", "memory")}

    runs = {10**power: medians(10**power) for power in range(3, 8)}
    base = runs[ROWS]["wall"]
    rows = [
        (f"10^{len(str(n)) - 1}", f"{run['summary']:.3f}", f"{run['wall'] - run['summary']:.2f}", f"{run['wall']:.2f}",
         f"{run['wall'] / base:.2f}", f"{n * 8 / MB:.1f}", f"{run['memory'] / MB:.0f}")
        for n, run in runs.items()
    ]  # fmt: skip
    text = (
        f"Default catalogue, all rows, all metrics; medians of {repetitions} runs. Memory is the peak of the process beyond "
        "what it held with the column and every import, before the fit."
    )
    header = ("rows", "summary s", "fits s", "all s", "× of 10^5 rows", "column MB", "peak beyond it MB")
    return ledger.section("By rows", text, ledger.table(header, rows))


def by_family(folder: Path) -> str:
    """Which families take the time, in one thread."""
    path = column(folder, ROWS)
    alone, default = timed("steps", path, workers=1), timed("steps", path)
    taken = {name: s for name, s in alone["by_family"].items() if name not in REPARAMETRIZATIONS}
    slowest = sorted(taken.items(), key=lambda item: -item[1])[:20]
    total, median = sum(taken.values()), statistics.median(taken.values())
    rows = [(name, f"{s * 1e3:.0f}", f"{s / median:.1f}", f"{s / total:.1%}") for name, s in slowest]
    text = (
        f"{ROWS} rows, one thread; reparametrizations are fitted once and left out. A family's time includes that of those "
        f"which it contains and which were not fitted yet. {len(taken)} families take {total:.2f} s, the median family "
        f"{median * 1e3:.0f} ms. With the default, {os.cpu_count()} forked processes, the call takes "
        f"{default['wall'] / alone['wall']:.2f} × as long as with one thread."
    )
    header = ("slowest", "ms", "× median", "share")
    return "\n\n".join([ledger.section("By family", text, ledger.table(header, rows)), left_out(path, median)])


def after_an_append() -> str:
    """What a fit of the default catalogue costs that starts from the parameters before a twentieth of the rows came."""
    rng = np.random.default_rng(20240101)
    columns = {
        "gamma": rng.gamma(2.5, 3.0, ROWS * 21 // 20),
        "two tops": rng.permutation(rng.normal(np.repeat([0.0, 4.0], ROWS * 21 // 40), 1.0)),
        "2 000 lognormal rows": rng.lognormal(1.0, 0.7, 2_100),
    }
    rows = []
    for name, x in columns.items():
        before, after = summarize_values(x[: len(x) * 20 // 21]), summarize_values(x)
        start = tuple((row.distribution, row.parameters) for row in catalogue(before)[0] if row.parameters)
        (cold, cold_time), (warm, warm_time) = catalogue(after), catalogue(after, start)
        tried = [sum(row.n_evaluations for row in fit) for fit in (cold, warm)]
        lost = max(c.loglik - w.loglik for c, w in zip(cold, warm, strict=True) if c.status == w.status == "ok")
        shares = f"{tried[1] / tried[0]:.2f}", f"{warm_time / cold_time:.2f}", f"{max(lost, 0.0):.3f}"
        rows.append((name, *shares))
    text = "The default catalogue with `warm_start`, over the same without; a twentieth of the rows are new."
    header = ("column", "evaluations", "processor time", "most nats lost")
    return ledger.section("Warm start after an append", text, ledger.table(header, rows))


def catalogue(summary: ColumnSummary, start: Starts = ()) -> tuple[list[FitRow], float]:
    """The rows of the default catalogue, and the seconds of processor time that they took."""
    names = tuple(name for name in CATALOGUE.names if name not in DEFAULT_EXCLUSIONS)
    problem, started = prepare(summary, FitSpec(names, warm_start=start)), time.process_time()
    return [fit_family(problem, CATALOGUE[name]) for name in names], time.process_time() - started


def left_out(path: Path, median: float) -> str:
    """The families that the default catalogue leaves out, and what they would take."""
    taken = timed("named", path, workers=1)["by_family"]
    rows = [(name, f"{taken[name] * 1e3:.0f}", f"{taken[name] / median:.0f}") for name in sorted(taken)]
    refused = [(name, "—", CATALOGUE[name].refusal) for name in sorted(DEFAULT_EXCLUSIONS - set(taken))]
    text = (
        "What the default catalogue leaves out, with what each takes on the same column, alone and together with the "
        "families that it contains. Those with a time are fitted when named; those with a reason are not."
    )
    return ledger.section(
        "Left out by default", text, ledger.table(("family", "ms", "× median, or why"), rows + refused)
    )


def compiled(folder: Path) -> str:
    """What numba would cost and give."""
    python = interpreter("numba", "numba")
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder / "numba")}

    def run() -> dict[str, Any]:
        done = subprocess.run([python, HERE / "kernel.py"], env=environment, stdout=subprocess.PIPE, check=True)
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    first, second = run(), run()
    megabytes = installed_bytes(python, "numba", "llvmlite") / MB
    fit = timed("density", column(folder, ROWS), workers=1)
    share = fit["density"] / fit["wall"]
    speed_up = {points: plain / fast for points, (plain, fast) in second["times"].items()}
    bound = 1 / (1 - share + share / max(speed_up.values()))
    rows = [
        ("install (numba and llvmlite)", f"{megabytes:.0f} MB"),
        ("import", f"{second['import']:.2f} s"),
        ("compile one kernel", f"{first['ready']:.2f} s"),
        ("load it from the cache", f"{second['ready'] * 1e3:.0f} ms"),
        *((f"speed-up, 25 parameter vectors × {p} points", f"{s:.1f} ×") for p, s in speed_up.items()),
        ("share of a fit that is spent in log-densities", f"{share:.0%}"),
        ("speed-up of the whole fit, were every density so", f"at most {bound:.2f} ×"),
    ]
    text = (
        "numba, measured on one representative kernel: the weighted log-likelihood of the gamma family, NumPy's vectors "
        "against compiled loops. The last line is Amdahl's law with the share above it."
    )
    verdict = (
        f"**Not while the last line is near 1.** The price is {megabytes:.0f} MB to install, {second['import']:.1f} s to "
        f"import, and {first['ready']:.1f} s to compile each of about a hundred kernels on every machine. The fit becomes "
        f"at most {bound:.2f} × as fast: NumPy's logarithms and exponentials are vectorized already, and densities that "
        "call SciPy's special functions (incomplete beta and gamma, Bessel, hypergeometric) do not compile as they are. Not "
        "measured: what compiled loops would give the few families whose densities are series or quadratures."
    )
    heading = f"Would a compiled kernel earn its install weight? (numba {first['version']})"
    return ledger.section(heading, text, ledger.table(("", "measured"), rows), verdict)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the ratio to the peer only")
    parser.add_argument("--repetitions", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        against, ratio = race(folder, given.repetitions)
        print(against)
        if not given.quick:
            rows = by_rows(folder, given.repetitions)
            sections = (against, rows, by_family(folder), after_an_append(), compiled(folder))
            ledger.write("performance.md", "Performance", HOW_TO_READ, *sections)
    print(ratio)


if __name__ == "__main__":
    main()

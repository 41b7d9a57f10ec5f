"""How often the family that a column was drawn from ranks first, or second, among all of the default catalogue."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import ledger
from truths import ROWS, TRUTHS, simulated, written
from warmfit import DistributionFitter
from warmfit_fitting.families.catalogue import CATALOGUE

CRITERIA = ("bic", "aic", "aicc", "loglik", "ks_statistic", "ad_statistic", "cvm_statistic", "sse")
TARGET = 0.95


@dataclass(frozen=True)
class Ranking:
    """The families of one simulated column by each criterion, the best first, and BIC by family."""

    truth: str
    seed: int
    order: dict[str, list[str]]
    bic: dict[str, float]

    def place(self, criterion: str) -> int:
        """The place of the truth, from 0; last where it has no fit; reparametrizations are counted once."""
        order = [CATALOGUE.canonical(name) for name in self.order[criterion]]
        truth = CATALOGUE.canonical(self.truth)
        return order.index(truth) if truth in order else len(order)

    def rival(self) -> str:
        """The best other family by BIC."""
        return next(n for n in self.order["bic"] if CATALOGUE.canonical(n) != CATALOGUE.canonical(self.truth))

    def lead(self) -> float:
        """By how much the truth's BIC is below the best other one; negative where it is above."""
        return self.bic[self.rival()] - self.bic[self.truth]


def ranked(truth: str, seed: int) -> Ranking:
    """The ranking of a fresh column."""
    results = DistributionFitter().fit(simulated(truth, seed))
    order = {c: [fit.distribution for fit in results.best(n=len(CATALOGUE), metric=c)] for c in CRITERIA}
    rows = results.df
    return Ranking(truth, seed, order, dict(zip(rows["distribution"], rows["bic"], strict=True)))


def measured(replications: int) -> str:
    """The ledger's section: shares by criterion and by family, and every column that missed."""
    rankings = []
    for truth in TRUTHS:
        print(f"selection: {truth}", file=sys.stderr, flush=True)
        rankings += [ranked(truth, seed) for seed in range(replications)]
    by_bic = _share(rankings, "bic", 2)
    text = (
        f"{len(TRUTHS)} families, {replications} columns of {ROWS} rows from each (seeds 0 to {replications - 1}), the "
        "default catalogue fitted to every column. Reparametrizations (gamma, erlang, chi2; …) are counted once. "
        f"**By BIC the truth comes first or second in {by_bic:.1%} of the columns** (target: {TARGET:.0%})."
    )
    contained = (
        "Some families hold the truth with as many parameters; then both have the same log-likelihood, and which is first "
        "is a matter of rounding: pearson3 is gamma or its mirror image, genextreme is invweibull or weibull_max, genpareto "
        "is lomax or a mirrored powerlaw, and lomax is pareto with its location moved. The log-likelihood and the goodness "
        "of fit do not count parameters: by them the most flexible families win, and selection is not what they are for."
    )
    misses = [r for r in rankings if r.place("bic") > 1]
    return ledger.section(
        "Selection", text, _by_criterion(rankings), contained, _by_family(rankings, replications), *_missed(misses)
    )


def _share(rankings: Sequence[Ranking], criterion: str, places: int) -> float:
    return sum(r.place(criterion) < places for r in rankings) / len(rankings)


def _by_criterion(rankings: Sequence[Ranking]) -> str:
    rows = [(c, f"{_share(rankings, c, 1):.1%}", f"{_share(rankings, c, 2):.1%}") for c in CRITERIA]
    return ledger.table(("criterion", "first", "first or second"), rows)


def _by_family(rankings: Sequence[Ranking], replications: int) -> str:
    rows = []
    for truth in TRUTHS:
        own = [r for r in rankings if r.truth == truth]
        first, second = (sum(r.place("bic") == place for r in own) for place in (0, 1))
        (rival, _), *_ = Counter(r.rival() for r in own).most_common(1)
        leads = sorted(r.lead() for r in own)
        rows.append(
            (written(truth), first, second, replications - first - second, rival, f"{leads[0]:.1f}", f"{leads[-1]:.1f}")
        )
    header = ("truth", "first", "second", "missed", "usual rival", "least lead in BIC", "greatest")
    return ledger.table(header, rows)


def _missed(misses: Sequence[Ranking]) -> list[str]:
    if not misses:
        return ["No column missed."]
    rows = [
        (
            r.truth,
            r.seed,
            r.place("bic") + 1,
            ", ".join(f"{n} {r.bic[r.truth] - r.bic[n]:.2f}" for n in r.order["bic"][:4]),
        )
        for r in misses
    ]
    header = ("missed", "seed", "place of the truth", "the first four, and how far their BIC is below the truth's")
    return ["Columns on which the truth is not among the first two by BIC:", ledger.table(header, rows)]

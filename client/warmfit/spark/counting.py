"""From what the passes over a Spark frame tell to the summary of each slot, as it is of the same rows in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from warmfit.sources.protocol import Outcome
from warmfit.spark import passes
from warmfit.spark.passes import Counted, Extremes, Sample, Slots
from warmfit.spark.tables import BinTables
from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput, WarmfitError
from warmfit_fitting.summary.column import ColumnSummary, Plan
from warmfit_fitting.summary.moments import Moments
from warmfit_fitting.summary.survey import Survey
from warmfit_fitting.summary.tally import Bins, Tally


def summaries(slots: Slots, plans: Mapping[int, Plan], analytic: bool = False) -> dict[int, Outcome]:
    """The summary of every slot that has rows, or the error that says why there is none.

    `plans`: by slot, those of summaries that the rows are to join.
    """
    found = passes.extremes(slots)
    outcomes: dict[int, Outcome] = {
        slot: e for slot, extremes in found.items() if (e := _refusal(slots, slot, extremes))
    }
    found = {slot: extremes for slot, extremes in found.items() if slot not in outcomes}
    for part in slots.apart(found):
        surveys = _surveys(slots, part, passes.samples(slots, part))
        binned = {slot: survey for slot, survey in surveys.items() if not survey.complete}
        outcomes |= {slot: _exact(survey) for slot, survey in surveys.items() if survey.complete}
        outcomes |= _binned(slots, binned, plans)
    if analytic:
        outcomes = {s: replace(o, analytic=True) if isinstance(o, ColumnSummary) else o for s, o in outcomes.items()}
    return outcomes


def _refusal(slots: Slots, slot: int, extremes: Extremes) -> WarmfitError | None:
    """Why a slot cannot be summarized, in the words in which a column in memory is refused."""
    if extremes.infinite:
        x = slots.values[slot % len(slots.values)]
        asked = [("sum", f"if(abs({x}) = double('infinity'), 1, 0)")]
        answers = passes.aggregated(slots.frame, slots.group, asked)
        number = next(row[1] for row in answers if row[0] == slot // len(slots.values))
        return InvalidInput(
            f"the column has {number} infinite value(s); "
            "drop them, or replace them by nulls to have them counted as missing"
        )
    if not extremes.n:
        missing = extremes.n_missing
        return InvalidInput(
            f"the column has no values ({missing} missing, 0 left); give at least two different numbers"
        )
    return None


def _surveys(slots: Slots, found: Mapping[int, Extremes], sampled: Mapping[int, Sample]) -> dict[int, Survey]:
    whole = {slot: bool(np.all(s.runs.values == np.rint(s.runs.values))) for slot, s in sampled.items()}
    unsure = [slot for slot, sample in sampled.items() if whole[slot] and not sample.complete]
    whole |= passes.all_whole(slots, unsure)
    surveys = {}
    for slot, sample in sampled.items():
        e = found[slot]
        if sample.complete and not np.isclose(sample.runs.count.sum(), e.weight, rtol=1e-9):
            raise passes.changed()
        surveys[slot] = Survey(
            e.n, e.n_missing, Moments(e.weight, 0.0), e.minimum, e.maximum, whole[slot],
            sample.runs, sample.complete, sample.heavy,
        )  # fmt: skip
    return surveys


def _exact(survey: Survey) -> Outcome:
    return ColumnSummary.from_survey(survey)


def _binned(slots: Slots, surveys: Mapping[int, Survey], plans: Mapping[int, Plan]) -> dict[int, Outcome]:
    if not surveys:
        return {}
    chosen: dict[int, Plan] = {}
    outcomes: dict[int, Outcome] = {}
    for slot, survey in surveys.items():
        joined = plans.get(slot)
        chosen[slot] = _within(joined or Plan(survey.grid(), survey.candidates), survey)
        if joined is not None:
            try:
                joined.admits(survey)
            except WarmfitError as error:
                outcomes[slot] = error
    numbers = [slot for slot in surveys if slot not in outcomes]
    if not numbers:
        return outcomes
    edges = {slot: _looked_up(chosen[slot], surveys[slot]) for slot in numbers}
    tables = BinTables.of([edges[slot] for slot in numbers], [chosen[slot].grid for slot in numbers])
    for slot, counted in passes.counted(slots, tables, numbers).items():
        survey = surveys[slot]
        if counted.rows != survey.n_rows:
            raise passes.changed()
        survey = replace(survey, moments=_moments(counted))
        make = ColumnSummary.joining if slot in plans else ColumnSummary.from_tally
        outcomes[slot] = make(survey, chosen[slot], _tally(counted, chosen[slot], survey))
    return outcomes


def _within(plan: Plan, survey: Survey) -> Plan:
    """The plan with the candidates that rows can be at."""
    kept = plan.candidates
    return Plan(plan.grid, kept[(kept >= survey.minimum) & (kept <= survey.maximum)])


def _looked_up(plan: Plan, survey: Survey) -> FloatArray:
    """The grid's edges, and both ends of an interval around each candidate that holds no other float."""
    beside = np.nextafter(plan.candidates, np.inf)
    edges = [plan.grid.edges(survey.minimum, survey.maximum), plan.candidates, beside]
    return np.unique(np.concatenate(edges))


def _tally(counted: Counted, plan: Plan, survey: Survey) -> Tally:
    """The counts as atoms and bins."""
    atoms, lower = plan.candidates, counted.edges[:-1]
    target = np.union1d(plan.grid.edges(survey.minimum, survey.maximum), atoms)
    at_atom = np.isin(lower, atoms)
    rest = ~at_atom & (counted.count > 0)
    owner = np.searchsorted(target, lower[rest], side="right") - 1
    count, mean, m2 = (np.zeros(len(target) - 1) for _ in range(3))
    count[owner] = counted.count[rest]
    shift, squares = _central(counted)[:2]
    mean[owner] = np.clip(lower[rest] + shift[rest], lower[rest], counted.edges[1:][rest])
    m2[owner] = squares[rest]
    bins = Bins(target, count, mean, m2).compact()
    return Tally(atoms, counted.count[at_atom], bins.edges, bins.count, bins.mean, bins.m2)


def _central(counted: Counted) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Of each bin the mean's distance from its lower edge, and the sums of 2nd to 4th powers about the mean."""
    n = np.where(counted.count > 0, counted.count, 1.0)
    s1, s2, s3, s4 = counted.powers
    with np.errstate(over="ignore", invalid="ignore"):
        e = s1 / n
        m2, m3 = s2 - e * s1, s3 - 3 * e * s2 + 2 * n * e**3
        m4 = s4 - 4 * e * s3 + 6 * e**2 * s2 - 3 * n * e**4
    return e, np.maximum(np.nan_to_num(m2, nan=np.inf, posinf=np.inf), 0.0), m3, m4


def _moments(counted: Counted) -> Moments:
    """The moments of all rows, from those of the bins (Pébay 2008, cited in `moments.py`).

    Places are taken from one of the edges, so that none is rounded to the digits that a large offset leaves.
    """
    filled = counted.count > 0
    n, lower = counted.count[filled], counted.edges[:-1][filled]
    shift, b2, b3, b4 = (moment[filled] for moment in _central(counted))
    anchor = float(lower[np.searchsorted(np.cumsum(n), n.sum() / 2)])
    with np.errstate(over="ignore", invalid="ignore"):
        places = (lower - anchor) + shift
        about = Moments.of(places, n)
        d = places - about.mean
        m2 = about.m2 + float(b2.sum())
        m3 = about.m3 + float(np.sum(b3 + 3 * d * b2))
        m4 = about.m4 + float(np.sum(b4 + 4 * d * b3 + 6 * d**2 * b2))
    return Moments(about.weight, anchor + about.mean, m2, m3, m4)

"""Column summaries: what a column becomes before anything is fitted, wherever its rows live."""

from warmfit_fitting.summary.blocks import summarize_rows
from warmfit_fitting.summary.column import ColumnSummary, Plan
from warmfit_fitting.summary.grid import Grid
from warmfit_fitting.summary.incomplete import Incomplete
from warmfit_fitting.summary.intervals import Intervals, Pairs
from warmfit_fitting.summary.moments import Moments
from warmfit_fitting.summary.summarize import summarize_blocks, summarize_intervals, summarize_values
from warmfit_fitting.summary.survey import Runs, Survey
from warmfit_fitting.summary.tally import Tally
from warmfit_fitting.summary.validation import validate

__all__ = [
    "ColumnSummary",
    "Grid",
    "Incomplete",
    "Intervals",
    "Moments",
    "Pairs",
    "Plan",
    "Runs",
    "Survey",
    "Tally",
    "summarize_blocks",
    "summarize_intervals",
    "summarize_rows",
    "summarize_values",
    "validate",
]

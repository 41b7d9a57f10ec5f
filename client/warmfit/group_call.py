"""One call of `fit` by group: groups are summarized a block at a time, fitted, and kept as the arrays of their rows.

So what is held at a time are the source's own rows, the summaries of a block and the rows that were finished.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from operator import length_hint

from warmfit.backends.protocol import ExecutionBackend
from warmfit.call import Call, Plan
from warmfit.group_table import GroupTable
from warmfit.notices import TruncationNotice, warn
from warmfit.progress import ProgressTracker
from warmfit.sources import open_source
from warmfit.sources.protocol import GroupKey, Outcome, Source
from warmfit.sources.recognize import chosen_but
from warmfit.sources.refusals import check_named, listed
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.summary.column import ColumnSummary

BLOCK_TASKS = 2048  # columns of groups that are fitted at a time
BLOCK_BYTES = 32 << 20  # of their summaries

Summarized = tuple[GroupKey, tuple[Outcome, ...]]


@dataclass(frozen=True)
class GroupedCall:
    """A call for each group of rows with equal keys in the columns `by`, of the columns `names` of a source."""

    call: Call
    source: Source
    names: tuple[str, ...]
    by: tuple[str, ...]

    @classmethod
    def of(cls, call: Call, df: object, asked: tuple[str, ...] | None) -> GroupedCall:
        """The call on a frame; raises what keeps the frame from being read."""
        by = call.settings.groupby or ()
        source = open_source(df, asked, call.settings.rows(call.seed))
        names = chosen_but(source, asked, by)
        check_named(call.settings.named_columns, names)
        return cls(call, source, names, by)

    def tables(self, backend: ExecutionBackend) -> Iterator[GroupTable]:
        """The rows of the groups, a block after another, with their summaries.

        Raises `InvalidInput` where there are no rows, and the first column's error where no column of any group can be
        fitted for reasons that lie in the columns.
        """
        groups = self.source.groups(self.names, self.by)
        self._say_where_it_truncates()
        size = len(self.names) * len(self.call.families)
        tracker = ProgressTracker(length_hint(groups) * size, self.call.settings.progress_callback)
        first_error, fitted = None, False
        with closing(tracker):
            for block in _blocks(groups):
                plans = [
                    self.call.plan(n, o) for _, outcomes in block for n, o in zip(self.names, outcomes, strict=True)
                ]
                first_error = first_error or next((plan.error for plan in plans if plan.error is not None), None)
                fitted = fitted or any(plan.error is None for plan in plans)
                yield self._fitted([key for key, _ in block], plans, backend, tracker)
        if not fitted:
            raise first_error or InvalidInput(f"groupby={listed(self.by)}: there are no rows, and so no groups")

    def _fitted(
        self,
        keys: Sequence[GroupKey],
        plans: Sequence[Plan],
        backend: ExecutionBackend,
        tracker: ProgressTracker,
    ) -> GroupTable:
        call = self.call
        tracker.expect(len(plans) * len(call.families))
        for plan in plans:
            if plan.error is not None:
                for _ in call.families:
                    tracker.step()
        tasks = call.tasks(plans)
        answers = backend.fit(tasks, on_row=call.on_row(tracker), timeout=call.time_left()) if tasks else ()
        return GroupTable.of(keys, self.names, call.fits(plans, answers))

    def _say_where_it_truncates(self) -> None:
        settings = self.call.settings
        if settings.bounded and any(settings.for_column(name) == (None, None) for name in self.names):
            warn(
                "bounded=True without bounds truncates each group at its own observed extremes; "
                "give lower_bound= and upper_bound= where the limits are known",
                TruncationNotice,
            )


def _blocks(groups: Iterable[Summarized]) -> Iterator[list[Summarized]]:
    """Groups in blocks that are fitted together."""
    block: list[Summarized] = []
    tasks = size = 0
    for key, outcomes in groups:
        block.append((key, outcomes))
        tasks += len(outcomes)
        size += sum(o.nbytes for o in outcomes if isinstance(o, ColumnSummary))
        if tasks >= BLOCK_TASKS or size >= BLOCK_BYTES:
            yield block
            block, tasks, size = [], 0, 0
    if block:
        yield block

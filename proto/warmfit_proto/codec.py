"""Between wire messages and the engine's types; the only module that knows both.

What comes off the wire is validated here: a message that no sender of ours writes raises `InvalidInput` or
`SerializationError`, never anything else.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import get_args

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput, SerializationError, field
from warmfit_fitting.intervals import Interval
from warmfit_fitting.resampling.pvalues import GoodnessOfFit
from warmfit_fitting.row import Ending, FitRow, Status
from warmfit_fitting.spec import DEFAULT_EVALUATIONS, FitSpec
from warmfit_fitting.summary import (
    ColumnSummary,
    Grid,
    Incomplete,
    Intervals,
    Moments,
    Pairs,
    Plan,
    Tally,
    summarize_intervals,
    summarize_values,
    validate,
)
from warmfit_fitting.summary.encoding import VERSIONS, version_of
from warmfit_fitting.summary.rows import check_codes, check_weights
from warmfit_proto.v1 import fitting_pb2 as pb

_LENGTH_DELIMITED = 2  # the wire type of a packed field
STATUS_TO_WIRE: dict[Status, pb.Status] = {s: getattr(pb, f"STATUS_{s.upper()}") for s in get_args(Status)}
STATUS_FROM_WIRE = {wire: status for status, wire in STATUS_TO_WIRE.items()}
ENDING_TO_WIRE: dict[Ending, pb.Ending] = {
    e: getattr(pb, f"ENDING_{e.upper() or 'UNSPECIFIED'}") for e in get_args(Ending)
}
ENDING_FROM_WIRE = {wire: ending for ending, wire in ENDING_TO_WIRE.items()}
BESIDE = ("weights", "censoring", "upper", "lower_truncation", "upper_truncation")  # one each, beside the values
NUMBERS = (
    "loglik", "aic", "aicc", "bic", "ks_statistic", "ks_error_bound", "ad_statistic", "cvm_statistic", "sse",
    "pvalue", "ad_pvalue", "cvm_pvalue", "elapsed",
)  # fmt: skip


def summary_to_wire(summary: ColumnSummary) -> pb.ColumnSummary:
    """The message of a summary, with its fingerprint."""
    m, g = summary.moments, summary.grid
    grid = None
    if g is not None:
        grid = pb.Grid(formula=g.formula, level=g.level, low=g.low, high=g.high, centre=g.centre, spread=g.spread)
    return pb.ColumnSummary(
        version=version_of(summary),
        n=summary.n,
        n_missing=summary.n_missing,
        moments=pb.Moments(weight=m.weight, mean=m.mean, m2=m.m2, m3=m.m3, m4=m.m4),
        minimum=summary.minimum,
        maximum=summary.maximum,
        integral=summary.integral,
        grid=grid,
        observed=_tally_to_wire(summary.observed),
        incomplete=None if summary.incomplete is None else _incomplete_to_wire(summary.incomplete),
        analytic=summary.analytic,
        fingerprint=summary.fingerprint,
    )


def summary_from_wire(message: pb.ColumnSummary) -> ColumnSummary:
    """The summary of a message; raises `SerializationError` for one that no rows can have or of another fingerprint."""
    if message.version not in VERSIONS:
        raise SerializationError(
            f"a column summary of version {message.version}; this version reads 1 and 2: update the older side"
        ).at("version")
    m, g = message.moments, message.grid
    grid = Grid(g.low, g.high, g.centre, g.spread, g.level, message.integral, g.formula)
    summary = ColumnSummary(
        message.n,
        message.n_missing,
        Moments(m.weight, m.mean, m.m2, m.m3, m.m4),
        message.minimum,
        message.maximum,
        message.integral,
        grid if message.HasField("grid") else None,
        _tally_from_wire(message.observed),
        _incomplete_from_wire(message.incomplete) if message.HasField("incomplete") else None,
        message.analytic,
    )
    if message.version != version_of(summary):
        raise SerializationError(
            f"a column summary of version {message.version} that holds what version {3 - message.version} does"
        ).at("version")
    validate(summary)
    if message.fingerprint and message.fingerprint != summary.fingerprint:
        raise SerializationError(
            f"a column summary with the fingerprint {message.fingerprint[:64]}, which is not that of its content"
        ).at("fingerprint")
    return summary


def _tally_to_wire(t: Tally) -> pb.Tally:
    return pb.Tally(atoms=t.atoms, atom_count=t.atom_count, edges=t.edges, count=t.count, mean=t.mean, m2=t.m2)


def _tally_from_wire(t: pb.Tally) -> Tally:
    return Tally(*(_array(a) for a in (t.atoms, t.atom_count, t.edges, t.count, t.mean, t.m2)))


def _incomplete_to_wire(rest: Incomplete) -> pb.Incomplete:
    censored, truncated = (
        pb.Intervals(
            above=_tally_to_wire(i.above),
            below=_tally_to_wire(i.below),
            between=pb.Pairs(lower=i.between.lower, upper=i.between.upper, count=i.between.count),
        )
        for i in (rest.censored, rest.truncated)
    )
    return pb.Incomplete(censored=censored, truncated=truncated, lowest=rest.lowest, highest=rest.highest)


def _incomplete_from_wire(message: pb.Incomplete) -> Incomplete:
    censored, truncated = (
        Intervals(
            _tally_from_wire(i.above),
            _tally_from_wire(i.below),
            Pairs(*(_array(a) for a in (i.between.lower, i.between.upper, i.between.count))),
        )
        for i in (message.censored, message.truncated)
    )
    return Incomplete(censored, truncated, message.lowest, message.highest)


def _array(values: Iterable[float]) -> FloatArray:
    return np.array(values, dtype=np.float64)


def column_to_wire(name: str, summary: ColumnSummary) -> pb.Column:
    """The message of a named column; raises `InvalidInput` for a name that is no text."""
    try:
        name.encode()
    except UnicodeEncodeError:
        raise InvalidInput(f"column {name!r}: the name holds half of a pair of surrogates; rename it") from None
    return pb.Column(name=name, summary=summary_to_wire(summary))


def column_from_wire(message: pb.Column, plan: Plan | None = None) -> ColumnSummary:
    """The summary of a column, taken from its values where these were sent; raises `InvalidInput` naming the column.

    `plan`: that of the summary that values are to join.
    """
    kind = message.WhichOneof("data")
    if kind is None:
        raise InvalidInput(f"column {message.name!r} has neither a summary nor values; send one of them").at("summary")
    with field(kind):
        if kind == "summary":
            return summary_from_wire(message.summary)
        try:
            return _summarized(message.values, plan)
        except InvalidInput as error:
            raise InvalidInput(f"column {message.name!r}: {error}").at(error.field or "values") from error


def _summarized(message: pb.ColumnValues, plan: Plan | None) -> ColumnSummary:
    """The summary of rows as they were sent."""
    values, weights, upper = _array(message.values), _given(message.weights), _given(message.upper)
    for name in BESIDE:
        size = len(getattr(message, name))
        if size not in (0, len(values)):
            raise InvalidInput(f"{len(values)} values and {size} {name}; send one each").at(name)
    if weights is not None:
        with field("weights"):
            check_weights(weights[~np.isnan(values)])
    lower_bounds, upper_bounds = _given(message.lower_truncation), _given(message.upper_truncation)
    truncation = None if lower_bounds is None and upper_bounds is None else (lower_bounds, upper_bounds)
    censoring, analytic = _given(message.censoring), message.analytic
    if upper is None:
        if censoring is not None:
            with field("censoring"):
                check_codes(censoring)
        return summarize_values(
            values, weights, censoring=censoring, truncation=truncation, analytic=analytic, plan=plan
        )
    if censoring is not None:
        raise InvalidInput("both censoring and upper say what is known of a row; send one of them").at("censoring")
    return summarize_intervals(values, upper, weights, truncation=truncation, analytic=analytic, plan=plan)


def _given(values: Sequence[float]) -> FloatArray | None:
    """The array, or None for an empty one."""
    return _array(values) if values else None


def spec_to_wire(spec: FitSpec) -> pb.FitSpec:
    """The message of a spec."""
    return pb.FitSpec(
        families=spec.families,
        method=spec.method,
        bins=spec.bins,
        support_at_zero=spec.support_at_zero,
        lower_bound=spec.lower_bound,
        upper_bound=spec.upper_bound,
        fixed=[pb.FixedParameter(name=name, value=value) for name, value in spec.fixed],
        without_goodness=not spec.goodness,
        evaluations=spec.evaluations,
        seed=spec.seed,
        n_bootstrap=spec.n_bootstrap,
        prefilter=spec.prefilter,
        warm_start=[pb.WarmStart(family=name, parameters=parameters) for name, parameters in spec.warm_start],
        batched=spec.batched,
    )


def spec_from_wire(message: pb.FitSpec, default_families: Sequence[str]) -> FitSpec:
    """The spec of a message, with defaults where it is silent; raises `InvalidInput` for one that makes no sense."""
    return FitSpec(
        families=tuple(message.families) or tuple(default_families),
        method=message.method or "mle",
        bins=message.bins if message.HasField("bins") else None,
        support_at_zero=message.support_at_zero,
        lower_bound=message.lower_bound if message.HasField("lower_bound") else None,
        upper_bound=message.upper_bound if message.HasField("upper_bound") else None,
        fixed=tuple((f.name, f.value) for f in message.fixed),
        goodness=not message.without_goodness,
        evaluations=message.evaluations or DEFAULT_EVALUATIONS,
        seed=message.seed,
        n_bootstrap=message.n_bootstrap,
        prefilter=message.prefilter,
        warm_start=tuple((start.family, tuple(start.parameters)) for start in message.warm_start),
        batched=message.batched,
    )


def table_to_wire(rows: Sequence[FitRow]) -> pb.FitTable:
    """The message of rows."""
    return pb.FitTable(
        distribution=[r.distribution for r in rows],
        status=[STATUS_TO_WIRE[r.status] for r in rows],
        reason=[r.reason for r in rows],
        parameters=[v for r in rows for v in r.parameters],
        parameter_count=[len(r.parameters) for r in rows],
        n_parameters=[r.n_parameters for r in rows],
        standard_errors=[v for r in rows for v in r.standard_errors],
        standard_error_count=[len(r.standard_errors) for r in rows],
        ending=[ENDING_TO_WIRE[r.ending] for r in rows],
        n_evaluations=[r.n_evaluations for r in rows],
        method=[r.method for r in rows],
        **{name: [getattr(r, name) for r in rows] for name in NUMBERS},
    )


def table_from_wire(message: pb.FitTable) -> tuple[FitRow, ...]:
    """The rows of a message; raises `SerializationError` where its arrays do not belong together."""
    size = len(message.distribution)
    columns = [getattr(message, name) for name in NUMBERS]
    lengths = [message.status, message.reason, message.parameter_count, message.n_parameters, *columns]
    lengths += [message.standard_error_count, message.ending, message.n_evaluations, message.method]
    if any(len(column) != size for column in lengths):
        raise SerializationError("a table of fits whose arrays differ in length")
    parameters = _split(message.parameters, message.parameter_count)
    errors = _split(message.standard_errors, message.standard_error_count)
    return tuple(
        FitRow(
            distribution=message.distribution[i],
            status=STATUS_FROM_WIRE.get(message.status[i], "failed"),
            reason=message.reason[i],
            parameters=next(parameters),
            n_parameters=message.n_parameters[i],
            standard_errors=next(errors),
            ending=ENDING_FROM_WIRE.get(message.ending[i], ""),
            n_evaluations=message.n_evaluations[i],
            method=message.method[i],
            **{name: column[i] for name, column in zip(NUMBERS, columns, strict=True)},
        )
        for i in range(size)
    )


def _split(values: Iterable[float], counts: Sequence[int]) -> Iterator[tuple[float, ...]]:
    """Consecutive runs of `values`, `counts` long."""
    rest = iter(values)
    for count in counts:
        run = tuple(islice(rest, count))
        if len(run) != count:
            raise SerializationError("a table of fits with fewer parameters than it counts")
        yield run


def distribution_to_wire(
    name: str, parameters: Sequence[float], bounds: tuple[float | None, float | None] = (None, None)
) -> pb.Distribution:
    """The message of a distribution, truncated to `bounds` where these are given."""
    return pb.Distribution(name=name, parameters=parameters, lower_bound=bounds[0], upper_bound=bounds[1])


def intervals_to_wire(distribution: pb.Distribution, found: Mapping[str, Interval]) -> pb.ConfidenceIntervalsResponse:
    """The message of intervals by name."""
    return pb.ConfidenceIntervalsResponse(
        distribution=distribution,
        name=list(found),
        low=[low for low, _ in found.values()],
        high=[high for _, high in found.values()],
    )


def goodness_to_wire(distribution: pb.Distribution, found: GoodnessOfFit) -> pb.GoodnessOfFitResponse:
    """The message of a test of fit."""
    return pb.GoodnessOfFitResponse(
        distribution=distribution,
        statistic=found.value,
        pvalue=found.pvalue,
        n_bootstrap=found.n_bootstrap,
        n_failed=found.n_failed,
    )


def chunk_to_wire(offset: int, values: FloatArray) -> bytes:
    """The encoded `SampleChunk` of values from an offset; the array's bytes are the packed field's, copied once."""
    packed = np.ascontiguousarray(values, "<f8")
    head = pb.SampleChunk(offset=offset).SerializeToString()
    tag = pb.SampleChunk.VALUES_FIELD_NUMBER << 3 | _LENGTH_DELIMITED
    return b"".join((head, bytes([tag]), _varint(packed.nbytes), packed.data))


def _varint(n: int) -> bytes:
    """Seven bits a byte, the lowest first (protobuf encoding, "Base 128 varints")."""
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def window_from_wire(message: pb.Distribution) -> tuple[float, float]:
    """The truncation window of a distribution, infinite where it has none."""
    lower = message.lower_bound if message.HasField("lower_bound") else -math.inf
    upper = message.upper_bound if message.HasField("upper_bound") else math.inf
    if math.isnan(lower) or math.isnan(upper) or not lower < upper:
        raise InvalidInput(f"lower_bound={lower} is not below upper_bound={upper}").at("lower_bound")
    return lower, upper

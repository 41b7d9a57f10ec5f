"""A request that cannot be used is answered with INVALID_ARGUMENT and the field that is at fault."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import grpc
import numpy as np
import pytest
from google.rpc import error_details_pb2, status_pb2
from tests.server.conftest import Gateway, running

from warmfit_fitting.summary import summarize_values
from warmfit_proto import codec
from warmfit_proto.v1 import fitting_pb2 as pb
from warmfit_server.handlers import DESCRIPTOR

COLUMN = codec.column_to_wire("x", summarize_values(np.array([1.0, 2.0, 4.0])))
BINNED = codec.column_to_wire("x", summarize_values(np.random.default_rng(1).gamma(2.0, 1.0, 6_000)))
NORM = pb.Distribution(name="norm", parameters=[0.0, 1.0])


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("fields")
    with running(folder / "data", max_tasks=2, max_points=10, max_samples=100, max_bootstrap_rows=1_000) as gateway:
        registered = pb.RegisterDatasetRequest(name="kept", columns=[COLUMN])
        assert violation(gateway, "RegisterDataset", registered) == ""
        assert violation(gateway, "RegisterDataset", register(BINNED, name="binned")) == ""
        yield gateway


def violation(gateway: Gateway, method: str, request: Any) -> str:
    """The field that the answer to a request says is at fault, empty where there is an answer; its code is checked."""
    path, streams = f"/{DESCRIPTOR.full_name}/{method}", DESCRIPTOR.methods_by_name[method].server_streaming
    with grpc.insecure_channel(gateway.address) as channel:
        call = channel.unary_stream(path) if streams else channel.unary_unary(path)
        try:
            answer = call(request.SerializeToString(), timeout=30)
            _ = list(answer) if streams else answer
            return ""
        except grpc.RpcError as error:
            return said(error) if error.code() is grpc.StatusCode.INVALID_ARGUMENT else f"{error.code()}"


def said(error: Any) -> str:
    """The field violation of a failed call, whose description is what the status says."""
    (trailer,) = (value for key, value in error.trailing_metadata() if key == "grpc-status-details-bin")
    for detail in status_pb2.Status.FromString(trailer).details:
        bad = error_details_pb2.BadRequest()
        if detail.Unpack(bad):
            (found,) = bad.field_violations
            assert found.description == error.details()
            return str(found.field)
    return "none is named"


def changed(column: pb.Column, **fields: Any) -> pb.Column:
    """A column whose summary has other fields, and no fingerprint."""
    message = pb.Column()
    message.CopyFrom(column)
    message.summary.fingerprint = ""
    for path, value in fields.items():
        *places, name = path.split("__")
        part = message.summary
        for place in places:
            part = getattr(part, place)
        if isinstance(value, list):
            getattr(part, name)[:] = value
        else:
            setattr(part, name, value)
    return message


def shifted(column: pb.Column, share: float, only: int | None = None) -> pb.Column:
    """A column whose edges are moved by a share of the next bin, or `only` one of them by that much."""
    edges = np.array(column.summary.observed.edges)
    width = np.diff(edges, append=edges[-1] + 1.0)
    moved = edges + share * width if only is None else np.where(np.arange(len(edges)) == only, edges + share, edges)
    inside = np.clip(column.summary.observed.mean, moved[:-1], moved[1:])
    return changed(column, observed__edges=moved.tolist(), observed__mean=inside.tolist())


def spec(**fields: Any) -> pb.FitSpec:
    return pb.FitSpec(**{"families": ["norm"], **fields})


def fit(*specs: pb.FitSpec, timeout: float = 0.0) -> pb.FitRequest:
    return pb.FitRequest(tasks=[pb.FitTask(inline=COLUMN, spec=s) for s in specs], timeout=timeout)


def inline(**values: Any) -> pb.FitRequest:
    column = pb.Column(name="x", values=pb.ColumnValues(**values))
    return pb.FitRequest(tasks=[pb.FitTask(inline=column, spec=spec())])


def register(*columns: pb.Column, name: str = "") -> pb.RegisterDatasetRequest:
    return pb.RegisterDatasetRequest(name=name, columns=columns)


def appended(*columns: pb.Column, name: str = "kept", request_id: str = "r") -> pb.AppendDatasetRequest:
    return pb.AppendDatasetRequest(name=name, columns=columns, request_id=request_id)


def intervals(**fields: Any) -> pb.ConfidenceIntervalsRequest:
    return pb.ConfidenceIntervalsRequest(**{"task": pb.FitTask(inline=COLUMN, spec=spec()), **fields})


def goodness(**fields: Any) -> pb.GoodnessOfFitRequest:
    return pb.GoodnessOfFitRequest(**{"task": pb.FitTask(inline=COLUMN, spec=spec()), **fields})


def evaluated(distribution: pb.Distribution = NORM, function: int = pb.FUNCTION_PDF, n: int = 1) -> pb.EvaluateRequest:
    return pb.EvaluateRequest(distribution=distribution, function=function, points=[0.0] * n)


def law(name: str = "norm", *parameters: float, **bounds: float) -> pb.Distribution:
    return pb.Distribution(name=name, parameters=parameters or (0.0, 1.0), **bounds)


TWICE = pb.FitSpec(families=["norm"], warm_start=[pb.WarmStart(family="norm", parameters=[0.0, 1.0])] * 2)
BAD: dict[str, tuple[str, Any, str]] = {
    # datasets
    "no columns": ("RegisterDataset", register(), "columns"),
    "a column without a name": ("RegisterDataset", register(pb.Column(summary=COLUMN.summary)), "columns[0].name"),
    "a name twice": ("RegisterDataset", register(COLUMN, COLUMN), "columns[1].name"),
    "a column without data": ("RegisterDataset", register(COLUMN, pb.Column(name="y")), "columns[1].summary"),
    "a dataset's name": ("RegisterDataset", register(COLUMN, name=".x"), "name"),
    "a name that is taken": ("RegisterDataset", register(BINNED, name="kept"), "name"),
    "a summary's version": ("RegisterDataset", register(changed(COLUMN, version=9)), "columns[0].summary.version"),
    "a summary of a version that it is not": (
        "RegisterDataset", register(changed(COLUMN, version=2)), "columns[0].summary.version",
    ),
    "a summary's fingerprint": (
        "RegisterDataset", register(changed(COLUMN, fingerprint="0" * 64)), "columns[0].summary.fingerprint",
    ),
    "a summary's totals": ("RegisterDataset", register(changed(COLUMN, n=-1)), "columns[0].summary"),
    "more rows than there can be": ("RegisterDataset", register(changed(COLUMN, n=2**63 - 1)), "columns[0].summary"),
    "a summary's atoms": (
        "RegisterDataset", register(changed(COLUMN, observed__atoms=[2.0, 1.0, 0.0])), "columns[0].summary.observed",
    ),
    "bins that do not lie on the grid": (
        "RegisterDataset", register(shifted(BINNED, 0.3)), "columns[0].summary.observed",
    ),
    "bins that reach beyond the grid": (
        "AppendDataset", appended(shifted(BINNED, -1e6, only=0), name="binned"), "columns[0].summary.observed",
    ),
    "bins whose rows lie too far apart": (
        "RegisterDataset", register(changed(BINNED, observed__m2=[1e9] * len(BINNED.summary.observed.m2))),
        "columns[0].summary.observed",
    ),
    "a mean that no rows have": (
        "RegisterDataset", register(changed(COLUMN, moments__mean=5.0)), "columns[0].summary.moments.mean",
    ),
    "a variance that no rows have": (
        "RegisterDataset", register(changed(COLUMN, moments__m2=1e9)), "columns[0].summary.moments.m2",
    ),
    "a negative variance": (
        "RegisterDataset", register(changed(COLUMN, moments__m2=-1.0)), "columns[0].summary.moments.m2",
    ),
    "a skewness that no rows have": (
        "RegisterDataset", register(changed(COLUMN, moments__m3=1e9)), "columns[0].summary.moments.m3",
    ),
    "a kurtosis that no rows have": (
        "RegisterDataset", register(changed(COLUMN, moments__m4=1e9)), "columns[0].summary.moments.m4",
    ),
    "whole numbers that are none": (
        "RegisterDataset", register(changed(COLUMN, observed__atoms=[1.0, 2.5, 4.0])), "columns[0].summary.observed.atoms",
    ),
    "a summary's grid": (
        "RegisterDataset", register(changed(BINNED, grid__spread=-1.0)), "columns[0].summary.grid",
    ),
    "a grid of another formula": (
        "RegisterDataset", register(changed(BINNED, grid__formula=7)), "columns[0].summary.grid",
    ),
    "intervals": (
        "RegisterDataset",
        register(changed(COLUMN, version=2, incomplete__censored__between__lower=[1.0])),
        "columns[0].summary.incomplete.censored.between",
    ),
    "what a support must hold": (
        "RegisterDataset", register(changed(COLUMN, version=2, incomplete__lowest=math.nan)),
        "columns[0].summary.incomplete",
    ),
    "a name to be found": ("GetDataset", pb.GetDatasetRequest(name="\n"), "name"),
    "a name to be deleted": ("DeleteDataset", pb.DeleteDatasetRequest(), "name"),
    "a name to be appended to": ("AppendDataset", appended(COLUMN, name="\n"), "name"),
    "an append's columns": ("AppendDataset", appended(pb.Column(name="y", summary=COLUMN.summary)), "columns"),
    "an append's values": (
        "AppendDataset",
        appended(pb.Column(name="x", values=pb.ColumnValues(values=[1.0, math.inf]))),
        "columns[0].values.values",
    ),
    "an append's id": ("AppendDataset", appended(COLUMN, request_id=""), "request_id"),
    # values
    "no values": ("Fit", inline(), "tasks[0].inline.values.values"),
    "infinite values": ("Fit", inline(values=[1.0, math.inf]), "tasks[0].inline.values.values"),
    "too few weights": ("Fit", inline(values=[1.0, 2.0], weights=[1.0]), "tasks[0].inline.values.weights"),
    "negative weights": ("Fit", inline(values=[1.0, 2.0], weights=[1.0, -1.0]), "tasks[0].inline.values.weights"),
    "codes": ("Fit", inline(values=[1.0, 2.0], censoring=[0, 7]), "tasks[0].inline.values.censoring"),
    "too many codes": ("Fit", inline(values=[1.0], censoring=[0, 1]), "tasks[0].inline.values.censoring"),
    "codes and ends": (
        "Fit", inline(values=[1.0, 2.0], censoring=[0, 1], upper=[1.0, 3.0]), "tasks[0].inline.values.censoring",
    ),
    "too few ends": ("Fit", inline(values=[1.0, 2.0], upper=[3.0]), "tasks[0].inline.values.upper"),
    "too few bounds": (
        "Fit", inline(values=[1.0, 2.0], lower_truncation=[3.0]), "tasks[0].inline.values.lower_truncation",
    ),
    # fits
    "no tasks": ("Fit", pb.FitRequest(), "tasks"),
    "too many tasks": ("FitStream", fit(*[spec()] * 3), "tasks"),
    "a task without a column": ("Fit", pb.FitRequest(tasks=[pb.FitTask(spec=spec())]), "tasks[0].inline"),
    "a dataset's name in a task": (
        "Fit", pb.FitRequest(tasks=[pb.FitTask(named=pb.NamedColumn(dataset="\n"), spec=spec())]),
        "tasks[0].named.dataset",
    ),
    "a column that is not there": (
        "Fit", pb.FitRequest(tasks=[pb.FitTask(named=pb.NamedColumn(dataset="kept", column="y"), spec=spec())]),
        "tasks[0].named.column",
    ),
    "a family": ("Fit", fit(spec(), spec(families=["norm", "gama"])), "tasks[1].spec.families"),
    "a family twice": ("FitStream", fit(spec(families=["norm", "norm"])), "tasks[0].spec.families"),
    "families of both kinds": ("Fit", fit(spec(families=["norm", "poisson"])), "tasks[0].spec.families"),
    "a method": ("Fit", fit(spec(method="guess")), "tasks[0].spec.method"),
    "bins": ("Fit", fit(spec(bins=0)), "tasks[0].spec.bins"),
    "evaluations": ("Fit", fit(spec(evaluations=2**32 - 1)), "tasks[0].spec.evaluations"),
    "refits": ("Fit", fit(spec(n_bootstrap=2**32 - 1)), "tasks[0].spec.n_bootstrap"),
    "more refits than are admitted": ("Fit", fit(spec(n_bootstrap=1_000)), "tasks[0].spec.n_bootstrap"),
    "a prefilter": ("Fit", fit(spec(prefilter="coffee")), "tasks[0].spec.prefilter"),
    "bounds": ("Fit", fit(spec(lower_bound=2.0, upper_bound=1.0)), "tasks[0].spec.lower_bound"),
    "bounds that are no numbers": ("Fit", fit(spec(lower_bound=math.nan)), "tasks[0].spec.lower_bound"),
    "what is fixed": (
        "Fit", fit(spec(fixed=[pb.FixedParameter(name="loc", value=math.inf)])), "tasks[0].spec.fixed",
    ),
    "a support that contradicts": (
        "Fit", fit(spec(support_at_zero=True, fixed=[pb.FixedParameter(name="loc", value=1.0)])),
        "tasks[0].spec.support_at_zero",
    ),
    "a start of another family": (
        "Fit", fit(spec(warm_start=[pb.WarmStart(family="nrom", parameters=[0.0, 1.0])])), "tasks[0].spec.warm_start",
    ),
    "a start of too few parameters": (
        "Fit", fit(spec(warm_start=[pb.WarmStart(family="norm", parameters=[0.0])])), "tasks[0].spec.warm_start",
    ),
    "a start that is not finite": (
        "Fit", fit(spec(warm_start=[pb.WarmStart(family="norm", parameters=[0.0, math.nan])])),
        "tasks[0].spec.warm_start",
    ),
    "two starts of one family": ("Fit", fit(TWICE), "tasks[0].spec.warm_start"),
    "a timeout": ("Fit", fit(spec(), timeout=-1.0), "timeout"),
    "a timeout that is no number": ("FitStream", fit(spec(), timeout=math.nan), "timeout"),
    # uncertainty
    "no family": ("ConfidenceIntervals", intervals(task=pb.FitTask(inline=COLUMN)), "task.spec.families"),
    "a column in place of one": ("GoodnessOfFit", goodness(task=pb.FitTask(spec=spec())), "task.inline"),
    "a method of intervals": ("ConfidenceIntervals", intervals(method="guess"), "method"),
    "a confidence": ("ConfidenceIntervals", intervals(alpha=7.0), "alpha"),
    "a quantile": ("ConfidenceIntervals", intervals(quantiles=[1.0]), "quantiles"),
    "a timeout of intervals": ("ConfidenceIntervals", intervals(timeout=-1.0), "timeout"),
    "refits of intervals": ("ConfidenceIntervals", intervals(method="bootstrap", n_bootstrap=900), "n_bootstrap"),
    "a statistic": ("GoodnessOfFit", goodness(statistic="chance", n_bootstrap=19), "statistic"),
    "refits of a test": ("GoodnessOfFit", goodness(n_bootstrap=900), "n_bootstrap"),
    # columns together, mixtures
    "no columns together": ("FitCopula", pb.FitCopulaRequest(), "joint.version"),
    "no columns of a normal law": ("FitMultivariateNormal", pb.FitMultivariateNormalRequest(), "joint.version"),
    "no column of a mixture": ("FitMixture", pb.FitMixtureRequest(n_components=2), "inline"),
    "a start of a mixture": ("FitMixture", pb.FitMixtureRequest(inline=COLUMN, init_method="guess"), "init_method"),
    # distributions
    "a family to draw from": ("Sample", pb.SampleRequest(distribution=law("nrom"), n=1), "distribution.name"),
    "its parameters": ("Sample", pb.SampleRequest(distribution=law("norm", 1.0), n=1), "distribution.parameters"),
    "its bounds": (
        "Sample", pb.SampleRequest(distribution=law(lower_bound=1.0, upper_bound=0.0), n=1),
        "distribution.lower_bound",
    ),
    "too many draws": ("Sample", pb.SampleRequest(distribution=NORM, n=2**64 - 1), "n"),
    "an offset beyond them": ("Sample", pb.SampleRequest(distribution=NORM, n=1, offset=2), "offset"),
    "the size of a chunk": ("Sample", pb.SampleRequest(distribution=NORM, n=1, chunk_bytes=7), "chunk_bytes"),
    "a function": ("Evaluate", evaluated(function=99), "function"),
    "no function": ("Evaluate", evaluated(function=0), "function"),
    "a function of the other kind": ("Evaluate", evaluated(function=pb.FUNCTION_PMF), "function"),
    "a law without a scale": ("Evaluate", evaluated(law("norm", 0.0, -1.0)), "distribution.parameters"),
    "a law of counts": ("Evaluate", evaluated(law("poisson", -1.0, 0.0)), "distribution.parameters"),
    "too many points": ("Evaluate", evaluated(n=11), "points"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_the_field_at_fault_is_named(gateway: Gateway, case: str) -> None:
    method, request, expected = BAD[case]
    assert violation(gateway, method, request) == expected


def test_every_method_that_takes_something_stands_in_the_table() -> None:
    taking = {method.name for method in DESCRIPTOR.methods if method.input_type.fields}
    assert {method for method, _, _ in BAD.values()} == taking - {"ListDatasets"}  # whose fields may say anything


def test_pages_may_be_asked_for_in_any_way(gateway: Gateway) -> None:
    for size, token in ((2**32 - 1, ""), (1, "\x00"), (0, "\U0010ffff")):
        assert violation(gateway, "ListDatasets", pb.ListDatasetsRequest(page_size=size, page_token=token)) == ""

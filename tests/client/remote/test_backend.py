"""`RemoteBackend` against `LocalBackend`: the same rows and errors, and what crosses the wire for them."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from warmfit import DistributionFitter, FitterConfig, InvalidInput, LocalBackend, RemoteBackend, UnknownDistribution
from warmfit.backends import ExecutionBackend, FitTask
from warmfit.remote.rows import TableRows
from warmfit_fitting.errors import SerializationError, WarmfitError
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import summarize_values
from warmfit_proto import codec
from warmfit_proto.v1 import fitting_pb2 as pb

FAMILIES = ("norm", "gamma", "erlang", "t", "levy_stable", "uniform", "genextreme")


def task(column: str = "a", families: tuple[str, ...] = FAMILIES, **spec: Any) -> FitTask:
    values = np.random.default_rng(len(column)).gamma(3.0, size=400) + 1.0
    return FitTask(column, summarize_values(values), FitSpec(families, **spec))


def constant(families: tuple[str, ...] = ("norm", "expon")) -> FitTask:
    return FitTask("constant", summarize_values(np.full(9, 4.0)), FitSpec(families))


def timeless(answers: Any) -> list[list[str]]:
    return [[repr(replace(row, elapsed=0.0)) for row in rows] for rows in answers]


TASKS = {
    "one column": [task()],
    "several columns": [task("a"), task("bb", ("norm", "expon")), task("ccc", ("lognorm",))],
    "a column that cannot be fitted": [constant(), task()],
    "only a column that cannot be fitted": [constant()],
    "the same column twice": [task(families=("norm",)), task(families=("gamma", "norm"))],
    "truncated": [task(lower_bound=0.5, upper_bound=50.0)],
    "held parameters": [task(fixed=(("loc", 0.0),))],
    "support at zero": [task(support_at_zero=True)],
    "without goodness": [task(goodness=False)],
    "other bins": [task(bins=7)],
    "few evaluations": [task(evaluations=50)],
    "none": [],
}


@pytest.mark.parametrize("case", TASKS)
@pytest.mark.parametrize("streamed", [False, True])
def test_rows_are_those_of_the_local_backend_to_the_last_digit(service: Any, case: str, streamed: bool) -> None:
    tasks = TASKS[case]
    told: list[tuple[str, str]] = []
    on_row = (lambda column, row: told.append((column, row.distribution))) if streamed else None
    answers = RemoteBackend(service.address).fit(tasks, on_row=on_row)
    assert timeless(answers) == timeless(LocalBackend(1).fit(tasks))
    if streamed:
        assert sorted(told) == sorted((t.column, name) for t in tasks for name in t.spec.families)


BAD = {
    "unknown family": [task(families=("gama",))],
    "family twice over the wire": [task(families=("norm",)), task(families=("nrom",))],
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("streamed", [False, True])
def test_a_bad_call_raises_the_error_of_the_local_backend(service: Any, case: str, streamed: bool) -> None:
    raised = []
    for backend in (LocalBackend(1), RemoteBackend(service.address)):
        with pytest.raises(WarmfitError) as caught:
            backend.fit(BAD[case], on_row=(lambda _column, _row: None) if streamed else None)
        raised.append((type(caught.value), str(caught.value)))
    assert raised[0] == raised[1]
    assert raised[0][0] is UnknownDistribution


@pytest.mark.parametrize("streamed", [False, True])
def test_a_summary_is_uploaded_only_where_the_service_lacks_it(service: Any, streamed: bool) -> None:
    backend, tasks = RemoteBackend(service.address), [task("uploaded"), task("uploaded once")]
    on_row = (lambda _column, _row: None) if streamed else None
    fit = "FitStream" if streamed else "Fit"
    first = backend.fit(tasks, on_row=on_row)
    assert service.faults.calls == [fit, "RegisterDataset", fit]
    again = backend.fit(tasks, on_row=on_row)
    assert service.faults.calls[3:] == [fit]
    service.engine.summaries.pop(tasks[1].summary.fingerprint)  # evicted
    third = backend.fit(tasks, on_row=on_row)
    assert service.faults.calls[4:] == [fit, "RegisterDataset", fit]
    sent = service.faults.requests["RegisterDataset"]
    assert [[column.summary.fingerprint for column in request.columns] for request in sent] == [
        [t.summary.fingerprint for t in tasks],
        [tasks[1].summary.fingerprint],
    ]
    assert timeless(first) == timeless(again) == timeless(third)


def test_rows_of_the_data_are_never_sent(service: Any) -> None:
    DistributionFitter(service.address).fit(np.arange(50.0) ** 2, included_distributions=["norm"])
    requests = [*service.faults.requests["RegisterDataset"], *service.faults.requests["Fit"]]
    assert requests
    assert not any(column.HasField("values") for r in requests if hasattr(r, "columns") for column in r.columns)


def test_a_service_that_forgets_at_once_is_not_fed_for_ever(service: Any) -> None:
    service.engine.summaries = Forgetful()
    with pytest.raises(WarmfitError, match="fingerprint"):
        RemoteBackend(service.address).fit([task("forgotten")])
    assert service.faults.calls.count("RegisterDataset") == 3


class Forgetful(dict[str, Any]):
    def __setitem__(self, key: str, value: Any) -> None:
        pass


def test_a_family_that_the_service_was_not_told_of_is_refused_before_any_data_is_sent(service: Any) -> None:
    fitter = DistributionFitter(service.address)
    fitter.register_distribution("own", type(stats.norm)(name="own"))
    with pytest.raises(UnknownDistribution, match=r"does not know 'own'.*--distribution own=module.*LocalBackend"):
        fitter.fit([1.0, 2.0, 4.0])
    assert service.faults.calls == ["ListDistributions"]
    assert fitter.fit([1.0, 2.0, 4.0], included_distributions=["norm"]).best()


def test_the_fitter_gives_the_same_table_through_the_service(service: Any) -> None:
    frame = pd.DataFrame({"a": np.random.default_rng(1).gamma(2.0, size=300), "b": 3.0, "c": ["x"] * 300})
    keywords: dict[str, Any] = {"columns": ["a", "b", "c"], "included_distributions": FAMILIES}
    local, remote = (
        DistributionFitter(target).fit(frame, **keywords).df.drop(columns="elapsed")
        for target in (LocalBackend(1), service.address)
    )
    pd.testing.assert_frame_equal(local, remote, check_exact=True)


def test_the_error_of_a_call_that_cannot_be_fitted_is_the_same(service: Any) -> None:
    said = []
    for target in (LocalBackend(1), service.address):
        with pytest.raises(InvalidInput) as caught:
            DistributionFitter(target).fit(pd.DataFrame({"x": [4.0, 4.0]}), included_distributions=["norm"])
        said.append(str(caught.value))
    assert said[0] == said[1]


def test_lazy_results_and_pickles_work_on_rows_from_the_service(service: Any) -> None:
    results = DistributionFitter(service.address).fit(
        np.random.default_rng(1).gamma(2.0, size=300), included_distributions=FAMILIES, lazy_metrics=True
    )
    (column,) = results.columns
    assert repr(pickle.loads(pickle.dumps(column.rows))) == repr(tuple(column.rows))
    best = results.best(metric="ks_statistic")[0]
    assert best.ks_statistic is not None
    assert pickle.loads(pickle.dumps(results)).best()[0] == results.best()[0]


def test_no_row_is_decoded_before_it_is_asked_for(service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded = []
    monkeypatch.setattr(codec, "table_from_wire", lambda table: decoded.append(table) or ())
    results = DistributionFitter(service.address).fit([1.0, 2.0, 4.0], included_distributions=["norm", "expon"])
    assert (len(results), results.count(), results.column_names) == (2, 2, ["value"])
    assert not decoded
    tuple(results.columns[0].rows)
    assert len(decoded) == 1


def test_rows_from_the_wire_are_a_sequence_like_any_tuple() -> None:
    known = LocalBackend(1).fit([task(families=("norm", "expon"))])[0]
    lazy = TableRows(codec.table_to_wire(known).SerializeToString(), len(known))
    assert len(lazy) == 2
    assert lazy == known
    assert known == lazy
    assert hash(lazy) == hash(known)
    assert (lazy[0], lazy[-1], lazy[:1]) == (known[0], known[-1], known[:1])
    assert lazy != [1]


@pytest.mark.parametrize(
    "tables", [[], [pb.FitTable(distribution=["expon"])], [pb.FitTable(distribution=["norm"])] * 2]
)
def test_an_answer_to_another_question_is_refused(service: Any, tables: list[Any]) -> None:
    service.faults.instead["Fit"] = lambda _request, _context: pb.FitResponse(tables=tables)
    with pytest.raises(SerializationError):
        RemoteBackend(service.address).fit([task(families=("norm",))])


@pytest.mark.parametrize(
    "finished", [pb.FinishedRows(task=7), pb.FinishedRows(task=0, table=codec.table_to_wire(
        LocalBackend(1).fit([task(families=("expon",))])[0]
    ))],
)  # fmt: skip
def test_an_event_about_another_question_is_refused(service: Any, finished: Any) -> None:
    service.faults.instead["FitStream"] = lambda _request, _context: iter([pb.FitEvent(finished=finished)])
    with pytest.raises(SerializationError):
        RemoteBackend(service.address).fit([task(families=("norm",))], on_row=lambda _column, _row: None)


def test_progress_through_the_service_goes_up_by_one_to_the_end(service: Any) -> None:
    seen: list[tuple[int, int, float]] = []
    service.faults.break_stream("FitStream", 2, 1)
    DistributionFitter(service.address).fit(
        pd.DataFrame({"a": [1.0, 2.0, 4.0, 9.0], "b": [3.0, 3.0, 3.0, 3.0]}), columns=["a", "b"],
        included_distributions=["norm", "expon", "gamma"], progress_callback=lambda *event: seen.append(event),
    )  # fmt: skip
    assert seen == [(k, 6, 100.0 * k / 6) for k in range(1, 7)]


def test_an_exception_in_the_callback_is_logged_and_the_fit_goes_on(
    service: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def on_row(_column: str, _row: Any) -> None:
        raise RuntimeError("display is gone")

    (rows,) = RemoteBackend(service.address).fit([task(families=("norm", "expon"))], on_row=on_row)
    assert {row.status for row in rows} == {"ok"}
    assert caplog.text.count("RuntimeError: display is gone") == 2


def test_the_timeout_of_the_fit_goes_with_the_request_and_the_deadline_is_a_little_later(service: Any) -> None:
    RemoteBackend(service.address).fit([task(families=("norm",))], timeout=5.0)
    RemoteBackend(service.address, timeout=7).fit([task(families=("norm",))])
    RemoteBackend(service.address).fit([task(families=("norm",))])
    asked = [request.timeout for request in service.faults.requests["Fit"] if request.timeout]
    assert [round(seconds) for seconds in (asked[0], *asked[-2:])] == [5, 7, 60]
    left = service.faults.time_left["Fit"]
    assert all(t + 1.5 < deadline < t + 2.1 for t, deadline in zip(asked, left, strict=True))


def test_what_every_call_carries(service: Any) -> None:
    RemoteBackend(service.address, token="s3cret").fit([task("carried", ("norm",))])
    RemoteBackend(service.address).fit([task("carried", ("norm",))])
    carried = service.faults.metadata
    ids = [entry["x-request-id"] for method in ("Fit", "RegisterDataset") for entry in carried[method]]
    assert all(len(one) == 36 for one in ids)
    assert len(set(ids)) == len(ids) - 1  # the fit is one call, before and after the upload
    assert carried["Fit"][0]["authorization"] == "Bearer s3cret"
    assert "authorization" not in carried["Fit"][-1]


def test_what_the_backend_is_given_is_checked_and_what_is_secret_not_shown(tmp_path: Any) -> None:
    backend = RemoteBackend("localhost:1", token="s3cret", timeout=3)
    assert isinstance(backend, ExecutionBackend)
    assert repr(backend) == "RemoteBackend('localhost:1', timeout=3)"
    assert "s3cret" not in repr(backend.endpoint)
    assert b"s3cret" not in pickle.dumps(backend)
    for wrong, says in [
        ({"address": None}, "WARMFIT_ADDRESS"),
        ({"address": "no-port"}, "host:port"),
        ({"address": "h:1", "token": "ü"}, "printable ASCII"),
        ({"address": "h:1", "timeout": 0}, "timeout=0"),
        ({"address": "h:1", "tls": str(tmp_path / "no.pem")}, "no file"),
        ({"address": "h:1", "tls": {"cert": __file__}}, "cert and key"),
        ({"address": "h:1", "tls": {"pem": __file__}}, "tls names pem"),
    ]:
        with pytest.raises(InvalidInput, match=says):
            RemoteBackend(**wrong)  # type: ignore[arg-type]


def test_a_config_goes_through_the_service_unchanged(service: Any) -> None:
    config = FitterConfig(included_distributions=["norm"], bins=9, lower_bound=-50.0, fixed={"loc": 0.0})
    results = DistributionFitter(service.address, random_seed=7).fit([1.0, 2.0, 4.0], config=config)
    (sent,) = {request.tasks[0].spec.SerializeToString() for request in service.faults.requests["Fit"]}
    spec = codec.spec_from_wire(pb.FitSpec.FromString(sent), ())
    assert spec == results.columns[0].spec
    assert (spec.bins, spec.lower_bound, spec.fixed, spec.seed) == (9, -50.0, (("loc", 0.0),), 7)

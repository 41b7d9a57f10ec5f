"""Valid requests of every method, for `mutation.py` to spoil."""

from __future__ import annotations

from typing import Any

import numpy as np

from warmfit_fitting.joint import JointSummary
from warmfit_fitting.summary import ColumnSummary, summarize_intervals, summarize_values
from warmfit_proto import codec
from warmfit_proto.joint import joint_to_wire
from warmfit_proto.v1 import fitting_pb2 as pb

RNG = np.random.default_rng(6)


def column(name: str, summary: ColumnSummary) -> pb.Column:
    """A column whose fingerprint does not stand in the way of what is changed."""
    message = codec.column_to_wire(name, summary)
    message.summary.fingerprint = ""
    return message


EXACT = column("x", summarize_values(np.array([1.0, 2.0, 4.0, 4.5])))
GAMMA = RNG.gamma(2.0, 1.0, 6_000)
BINNED = column("x", summarize_values(GAMMA))
MORE = column("x", summarize_values(GAMMA[:5_000] * 1.5, plan=summarize_values(GAMMA).plan()))
CENSORED = column("x", summarize_values(np.arange(1.0, 9.0), censoring=np.array([0, 0, 1, 0, -1, 0, 0, 1])))
INTERVALS = column("x", summarize_intervals(np.array([1.0, 2.0, 3.0, 3.0]), np.array([1.5, 4.0, 3.0, np.inf])))
WINDOWED = column("x", summarize_values(np.arange(1.0, 9.0), truncation=(np.zeros(8), np.full(8, 20.0))))
VALUES = pb.Column(name="x", values=pb.ColumnValues(values=[1.0, 2.0, np.nan, 7.0], weights=[1.0, 2.0, 3.0, 0.5]))
CODES = pb.Column(
    name="x", values=pb.ColumnValues(values=[1.0, 2.0, 5.0], censoring=[0, 1, -1], lower_truncation=[0.0] * 3)
)
ENDS = pb.Column(
    name="x", values=pb.ColumnValues(values=[1.0, 2.0, 5.0], upper=[1.0, 3.0, 6.0], upper_truncation=[9.0] * 3)
)
COLUMNS = [EXACT, BINNED, CENSORED, INTERVALS, WINDOWED, VALUES, CODES, ENDS]
NAMED = pb.NamedColumn(dataset="kept", column="x")
SPECS = [
    pb.FitSpec(families=["norm"]),
    pb.FitSpec(families=["expon", "gumbel_r"], support_at_zero=False, lower_bound=0.0, bins=7, evaluations=50),
    pb.FitSpec(families=["norm"], method="auto", fixed=[pb.FixedParameter(name="loc", value=0.0)], seed=3),
    pb.FitSpec(
        families=["gamma"], warm_start=[pb.WarmStart(family="gamma", parameters=[1.0, 0.0, 2.0])], prefilter="safe"
    ),
    pb.FitSpec(families=["poisson"], evaluations=50),
    pb.FitSpec(families=["norm"], n_bootstrap=2, evaluations=50),
]
TASKS = [
    *(pb.FitTask(inline=c, spec=SPECS[i % len(SPECS)]) for i, c in enumerate(COLUMNS)),
    *(pb.FitTask(named=NAMED, spec=spec) for spec in SPECS),
    pb.FitTask(fingerprint=codec.summary_from_wire(EXACT.summary).fingerprint, spec=SPECS[0]),
]
LAWS = [
    pb.Distribution(name="norm", parameters=[0.0, 1.0]),
    pb.Distribution(name="gamma", parameters=[2.0, 0.0, 1.0], lower_bound=0.5, upper_bound=4.0),
    pb.Distribution(name="poisson", parameters=[3.0, 0.0]),
    pb.Distribution(name="weibull_min", parameters=[2.0, 0.0, 1.0]),
]
FITS = [pb.FitRequest(tasks=[task], timeout=0.5) for task in TASKS] + [pb.FitRequest(tasks=TASKS[-2:])]
VALID: dict[str, list[Any]] = {
    "RegisterDataset": [pb.RegisterDatasetRequest(name=name, columns=[c]) for c in COLUMNS for name in ("", "a")],
    "AppendDataset": [
        pb.AppendDatasetRequest(name=name, columns=[c], request_id="r")
        for name in ("kept", "binned")
        for c in (*COLUMNS, MORE)
    ],
    "GetDataset": [pb.GetDatasetRequest(name="kept", with_summaries=True)],
    "ListDatasets": [pb.ListDatasetsRequest(page_size=2, page_token="a")],
    "DeleteDataset": [pb.DeleteDatasetRequest(name="a")],
    "Fit": FITS,
    "FitStream": FITS,
    "ConfidenceIntervals": [
        pb.ConfidenceIntervalsRequest(task=TASKS[0], method="profile", quantiles=[0.5], n_bootstrap=3, seed=1),
        pb.ConfidenceIntervalsRequest(task=TASKS[-1], alpha=0.1),
        pb.ConfidenceIntervalsRequest(task=TASKS[0], method="bootstrap", n_bootstrap=3, timeout=0.5),
    ],
    "GoodnessOfFit": [pb.GoodnessOfFitRequest(task=TASKS[0], statistic=s, n_bootstrap=3) for s in ("ad", "ks")],
    "Sample": [pb.SampleRequest(distribution=d, n=20, seed=1, offset=3, chunk_bytes=64) for d in LAWS],
    "Evaluate": [pb.EvaluateRequest(distribution=d, function=1 + i, points=[0.5, 2.0]) for d in LAWS for i in range(8)],
    "ListDistributions": [pb.ListDistributionsRequest()],
    "GetServerInfo": [pb.GetServerInfoRequest()],
}
ROWS = np.column_stack([GAMMA[:200], GAMMA[200:400] + GAMMA[:200]])
MARGINALS = {name: summarize_values(c) for name, c in zip("xy", ROWS.T, strict=True)}
JOINT = joint_to_wire(JointSummary.of(("x", "y"), ROWS, MARGINALS))
JOINT.fingerprint = ""
VALID |= {
    "FitCopula": [pb.FitCopulaRequest(joint=JOINT, method=m, timeout=0.5) for m in ("normal", "spearman")],
    "FitMultivariateNormal": [pb.FitMultivariateNormalRequest(joint=JOINT, bias=b) for b in (False, True)],
    "FitMixture": [
        pb.FitMixtureRequest(inline=c, n_components=n, max_iter=5, n_init=1, timeout=0.05)
        for n in (1, 2)
        for c in COLUMNS
    ],
}
SQUARE = [1.0, 0.3, 0.3, 1.0]
JOINTLY = [
    pb.SampleRequest(copula=pb.Copula(names=["x", "y"], marginals=LAWS[:2], correlation=SQUARE, dof=dof), n=9, seed=1)
    for dof in (0.0, 4.0)
]
JOINTLY.append(
    pb.SampleRequest(normal=pb.MultivariateNormal(names=["x", "y"], mean=[0.0, 1.0], covariance=SQUARE), n=9, offset=2)
)
JOINTLY.append(pb.SampleRequest(mixture=pb.Mixture(weights=[0.4, 0.6], means=[0.0, 3.0], covariances=[1.0, 2.0]), n=9))
VALID["Sample"] += JOINTLY
REGISTERED = {"kept": EXACT, "binned": BINNED}  # the datasets that they speak of
USUAL = 0.12
SHARES = {
    "ListDistributions": 0.01,
    "GetServerInfo": 0.01,
    "ListDatasets": 0.02,
    "DeleteDataset": 0.02,
    "GetDataset": 0.02,
    "FitCopula": 0.06,
    "FitMixture": 0.04,
    "FitMultivariateNormal": 0.06,
    "Fit": 0.08,
    "ConfidenceIntervals": 0.06,
    "GoodnessOfFit": 0.06,
}  # of the messages, `USUAL` for other methods; fits take longest


def turns(number: int, seed: int) -> list[str]:
    """The methods of a number of messages."""
    weights = np.array([SHARES.get(method, USUAL) for method in VALID])
    return [str(m) for m in np.random.default_rng(seed).choice(list(VALID), number, p=weights / weights.sum())]

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Status(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STATUS_UNSPECIFIED: _ClassVar[Status]
    STATUS_OK: _ClassVar[Status]
    STATUS_FAILED: _ClassVar[Status]
    STATUS_TIMED_OUT: _ClassVar[Status]
    STATUS_DEGENERATE: _ClassVar[Status]
    STATUS_SKIPPED: _ClassVar[Status]

class Ending(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENDING_UNSPECIFIED: _ClassVar[Ending]
    ENDING_CLOSED_FORM: _ClassVar[Ending]
    ENDING_CONVERGED: _ClassVar[Ending]
    ENDING_BOUNDARY: _ClassVar[Ending]
    ENDING_BUDGET: _ClassVar[Ending]

class Function(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FUNCTION_UNSPECIFIED: _ClassVar[Function]
    FUNCTION_PDF: _ClassVar[Function]
    FUNCTION_LOGPDF: _ClassVar[Function]
    FUNCTION_CDF: _ClassVar[Function]
    FUNCTION_SF: _ClassVar[Function]
    FUNCTION_PPF: _ClassVar[Function]
    FUNCTION_ISF: _ClassVar[Function]
    FUNCTION_PMF: _ClassVar[Function]
    FUNCTION_LOGPMF: _ClassVar[Function]
STATUS_UNSPECIFIED: Status
STATUS_OK: Status
STATUS_FAILED: Status
STATUS_TIMED_OUT: Status
STATUS_DEGENERATE: Status
STATUS_SKIPPED: Status
ENDING_UNSPECIFIED: Ending
ENDING_CLOSED_FORM: Ending
ENDING_CONVERGED: Ending
ENDING_BOUNDARY: Ending
ENDING_BUDGET: Ending
FUNCTION_UNSPECIFIED: Function
FUNCTION_PDF: Function
FUNCTION_LOGPDF: Function
FUNCTION_CDF: Function
FUNCTION_SF: Function
FUNCTION_PPF: Function
FUNCTION_ISF: Function
FUNCTION_PMF: Function
FUNCTION_LOGPMF: Function

class Moments(_message.Message):
    __slots__ = ("weight", "mean", "m2", "m3", "m4")
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    MEAN_FIELD_NUMBER: _ClassVar[int]
    M2_FIELD_NUMBER: _ClassVar[int]
    M3_FIELD_NUMBER: _ClassVar[int]
    M4_FIELD_NUMBER: _ClassVar[int]
    weight: float
    mean: float
    m2: float
    m3: float
    m4: float
    def __init__(self, weight: _Optional[float] = ..., mean: _Optional[float] = ..., m2: _Optional[float] = ..., m3: _Optional[float] = ..., m4: _Optional[float] = ...) -> None: ...

class Grid(_message.Message):
    __slots__ = ("formula", "level", "low", "high", "centre", "spread")
    FORMULA_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    CENTRE_FIELD_NUMBER: _ClassVar[int]
    SPREAD_FIELD_NUMBER: _ClassVar[int]
    formula: int
    level: int
    low: float
    high: float
    centre: float
    spread: float
    def __init__(self, formula: _Optional[int] = ..., level: _Optional[int] = ..., low: _Optional[float] = ..., high: _Optional[float] = ..., centre: _Optional[float] = ..., spread: _Optional[float] = ...) -> None: ...

class Tally(_message.Message):
    __slots__ = ("atoms", "atom_count", "edges", "count", "mean", "m2")
    ATOMS_FIELD_NUMBER: _ClassVar[int]
    ATOM_COUNT_FIELD_NUMBER: _ClassVar[int]
    EDGES_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    MEAN_FIELD_NUMBER: _ClassVar[int]
    M2_FIELD_NUMBER: _ClassVar[int]
    atoms: _containers.RepeatedScalarFieldContainer[float]
    atom_count: _containers.RepeatedScalarFieldContainer[float]
    edges: _containers.RepeatedScalarFieldContainer[float]
    count: _containers.RepeatedScalarFieldContainer[float]
    mean: _containers.RepeatedScalarFieldContainer[float]
    m2: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, atoms: _Optional[_Iterable[float]] = ..., atom_count: _Optional[_Iterable[float]] = ..., edges: _Optional[_Iterable[float]] = ..., count: _Optional[_Iterable[float]] = ..., mean: _Optional[_Iterable[float]] = ..., m2: _Optional[_Iterable[float]] = ...) -> None: ...

class Pairs(_message.Message):
    __slots__ = ("lower", "upper", "count")
    LOWER_FIELD_NUMBER: _ClassVar[int]
    UPPER_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    lower: _containers.RepeatedScalarFieldContainer[float]
    upper: _containers.RepeatedScalarFieldContainer[float]
    count: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, lower: _Optional[_Iterable[float]] = ..., upper: _Optional[_Iterable[float]] = ..., count: _Optional[_Iterable[float]] = ...) -> None: ...

class Intervals(_message.Message):
    __slots__ = ("above", "below", "between")
    ABOVE_FIELD_NUMBER: _ClassVar[int]
    BELOW_FIELD_NUMBER: _ClassVar[int]
    BETWEEN_FIELD_NUMBER: _ClassVar[int]
    above: Tally
    below: Tally
    between: Pairs
    def __init__(self, above: _Optional[_Union[Tally, _Mapping]] = ..., below: _Optional[_Union[Tally, _Mapping]] = ..., between: _Optional[_Union[Pairs, _Mapping]] = ...) -> None: ...

class Incomplete(_message.Message):
    __slots__ = ("censored", "truncated", "lowest", "highest")
    CENSORED_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    LOWEST_FIELD_NUMBER: _ClassVar[int]
    HIGHEST_FIELD_NUMBER: _ClassVar[int]
    censored: Intervals
    truncated: Intervals
    lowest: float
    highest: float
    def __init__(self, censored: _Optional[_Union[Intervals, _Mapping]] = ..., truncated: _Optional[_Union[Intervals, _Mapping]] = ..., lowest: _Optional[float] = ..., highest: _Optional[float] = ...) -> None: ...

class ColumnSummary(_message.Message):
    __slots__ = ("version", "n", "n_missing", "moments", "minimum", "maximum", "integral", "grid", "observed", "incomplete", "analytic", "fingerprint")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    N_FIELD_NUMBER: _ClassVar[int]
    N_MISSING_FIELD_NUMBER: _ClassVar[int]
    MOMENTS_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_FIELD_NUMBER: _ClassVar[int]
    MAXIMUM_FIELD_NUMBER: _ClassVar[int]
    INTEGRAL_FIELD_NUMBER: _ClassVar[int]
    GRID_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_FIELD_NUMBER: _ClassVar[int]
    INCOMPLETE_FIELD_NUMBER: _ClassVar[int]
    ANALYTIC_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    version: int
    n: int
    n_missing: int
    moments: Moments
    minimum: float
    maximum: float
    integral: bool
    grid: Grid
    observed: Tally
    incomplete: Incomplete
    analytic: bool
    fingerprint: str
    def __init__(self, version: _Optional[int] = ..., n: _Optional[int] = ..., n_missing: _Optional[int] = ..., moments: _Optional[_Union[Moments, _Mapping]] = ..., minimum: _Optional[float] = ..., maximum: _Optional[float] = ..., integral: bool = ..., grid: _Optional[_Union[Grid, _Mapping]] = ..., observed: _Optional[_Union[Tally, _Mapping]] = ..., incomplete: _Optional[_Union[Incomplete, _Mapping]] = ..., analytic: bool = ..., fingerprint: _Optional[str] = ...) -> None: ...

class ColumnValues(_message.Message):
    __slots__ = ("values", "weights", "censoring", "upper", "lower_truncation", "upper_truncation", "analytic")
    VALUES_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    CENSORING_FIELD_NUMBER: _ClassVar[int]
    UPPER_FIELD_NUMBER: _ClassVar[int]
    LOWER_TRUNCATION_FIELD_NUMBER: _ClassVar[int]
    UPPER_TRUNCATION_FIELD_NUMBER: _ClassVar[int]
    ANALYTIC_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[float]
    weights: _containers.RepeatedScalarFieldContainer[float]
    censoring: _containers.RepeatedScalarFieldContainer[int]
    upper: _containers.RepeatedScalarFieldContainer[float]
    lower_truncation: _containers.RepeatedScalarFieldContainer[float]
    upper_truncation: _containers.RepeatedScalarFieldContainer[float]
    analytic: bool
    def __init__(self, values: _Optional[_Iterable[float]] = ..., weights: _Optional[_Iterable[float]] = ..., censoring: _Optional[_Iterable[int]] = ..., upper: _Optional[_Iterable[float]] = ..., lower_truncation: _Optional[_Iterable[float]] = ..., upper_truncation: _Optional[_Iterable[float]] = ..., analytic: bool = ...) -> None: ...

class Column(_message.Message):
    __slots__ = ("name", "summary", "values")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    name: str
    summary: ColumnSummary
    values: ColumnValues
    def __init__(self, name: _Optional[str] = ..., summary: _Optional[_Union[ColumnSummary, _Mapping]] = ..., values: _Optional[_Union[ColumnValues, _Mapping]] = ...) -> None: ...

class RegisterDatasetRequest(_message.Message):
    __slots__ = ("name", "columns", "overwrite")
    NAME_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    OVERWRITE_FIELD_NUMBER: _ClassVar[int]
    name: str
    columns: _containers.RepeatedCompositeFieldContainer[Column]
    overwrite: bool
    def __init__(self, name: _Optional[str] = ..., columns: _Optional[_Iterable[_Union[Column, _Mapping]]] = ..., overwrite: bool = ...) -> None: ...

class AppendDatasetRequest(_message.Message):
    __slots__ = ("name", "columns", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    columns: _containers.RepeatedCompositeFieldContainer[Column]
    request_id: str
    def __init__(self, name: _Optional[str] = ..., columns: _Optional[_Iterable[_Union[Column, _Mapping]]] = ..., request_id: _Optional[str] = ...) -> None: ...

class DatasetColumn(_message.Message):
    __slots__ = ("name", "fingerprint", "n", "n_missing", "exact", "summary")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    N_FIELD_NUMBER: _ClassVar[int]
    N_MISSING_FIELD_NUMBER: _ClassVar[int]
    EXACT_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    name: str
    fingerprint: str
    n: int
    n_missing: int
    exact: bool
    summary: ColumnSummary
    def __init__(self, name: _Optional[str] = ..., fingerprint: _Optional[str] = ..., n: _Optional[int] = ..., n_missing: _Optional[int] = ..., exact: bool = ..., summary: _Optional[_Union[ColumnSummary, _Mapping]] = ...) -> None: ...

class Dataset(_message.Message):
    __slots__ = ("name", "fingerprint", "version", "columns", "created")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    name: str
    fingerprint: str
    version: int
    columns: _containers.RepeatedCompositeFieldContainer[DatasetColumn]
    created: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., fingerprint: _Optional[str] = ..., version: _Optional[int] = ..., columns: _Optional[_Iterable[_Union[DatasetColumn, _Mapping]]] = ..., created: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetDatasetRequest(_message.Message):
    __slots__ = ("name", "with_summaries")
    NAME_FIELD_NUMBER: _ClassVar[int]
    WITH_SUMMARIES_FIELD_NUMBER: _ClassVar[int]
    name: str
    with_summaries: bool
    def __init__(self, name: _Optional[str] = ..., with_summaries: bool = ...) -> None: ...

class ListDatasetsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListDatasetsResponse(_message.Message):
    __slots__ = ("datasets", "next_page_token")
    DATASETS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    datasets: _containers.RepeatedCompositeFieldContainer[Dataset]
    next_page_token: str
    def __init__(self, datasets: _Optional[_Iterable[_Union[Dataset, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class DeleteDatasetRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class DeleteDatasetResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class FixedParameter(_message.Message):
    __slots__ = ("name", "value")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: float
    def __init__(self, name: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...

class FitSpec(_message.Message):
    __slots__ = ("families", "method", "bins", "support_at_zero", "lower_bound", "upper_bound", "fixed", "without_goodness", "evaluations", "seed", "n_bootstrap", "prefilter", "warm_start", "batched")
    FAMILIES_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    BINS_FIELD_NUMBER: _ClassVar[int]
    SUPPORT_AT_ZERO_FIELD_NUMBER: _ClassVar[int]
    LOWER_BOUND_FIELD_NUMBER: _ClassVar[int]
    UPPER_BOUND_FIELD_NUMBER: _ClassVar[int]
    FIXED_FIELD_NUMBER: _ClassVar[int]
    WITHOUT_GOODNESS_FIELD_NUMBER: _ClassVar[int]
    EVALUATIONS_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    N_BOOTSTRAP_FIELD_NUMBER: _ClassVar[int]
    PREFILTER_FIELD_NUMBER: _ClassVar[int]
    WARM_START_FIELD_NUMBER: _ClassVar[int]
    BATCHED_FIELD_NUMBER: _ClassVar[int]
    families: _containers.RepeatedScalarFieldContainer[str]
    method: str
    bins: int
    support_at_zero: bool
    lower_bound: float
    upper_bound: float
    fixed: _containers.RepeatedCompositeFieldContainer[FixedParameter]
    without_goodness: bool
    evaluations: int
    seed: int
    n_bootstrap: int
    prefilter: str
    warm_start: _containers.RepeatedCompositeFieldContainer[WarmStart]
    batched: bool
    def __init__(self, families: _Optional[_Iterable[str]] = ..., method: _Optional[str] = ..., bins: _Optional[int] = ..., support_at_zero: bool = ..., lower_bound: _Optional[float] = ..., upper_bound: _Optional[float] = ..., fixed: _Optional[_Iterable[_Union[FixedParameter, _Mapping]]] = ..., without_goodness: bool = ..., evaluations: _Optional[int] = ..., seed: _Optional[int] = ..., n_bootstrap: _Optional[int] = ..., prefilter: _Optional[str] = ..., warm_start: _Optional[_Iterable[_Union[WarmStart, _Mapping]]] = ..., batched: bool = ...) -> None: ...

class WarmStart(_message.Message):
    __slots__ = ("family", "parameters")
    FAMILY_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    family: str
    parameters: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, family: _Optional[str] = ..., parameters: _Optional[_Iterable[float]] = ...) -> None: ...

class NamedColumn(_message.Message):
    __slots__ = ("dataset", "column")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    column: str
    def __init__(self, dataset: _Optional[str] = ..., column: _Optional[str] = ...) -> None: ...

class FitTask(_message.Message):
    __slots__ = ("fingerprint", "named", "inline", "spec")
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    NAMED_FIELD_NUMBER: _ClassVar[int]
    INLINE_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    fingerprint: str
    named: NamedColumn
    inline: Column
    spec: FitSpec
    def __init__(self, fingerprint: _Optional[str] = ..., named: _Optional[_Union[NamedColumn, _Mapping]] = ..., inline: _Optional[_Union[Column, _Mapping]] = ..., spec: _Optional[_Union[FitSpec, _Mapping]] = ...) -> None: ...

class FitRequest(_message.Message):
    __slots__ = ("tasks", "timeout")
    TASKS_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    tasks: _containers.RepeatedCompositeFieldContainer[FitTask]
    timeout: float
    def __init__(self, tasks: _Optional[_Iterable[_Union[FitTask, _Mapping]]] = ..., timeout: _Optional[float] = ...) -> None: ...

class FitTable(_message.Message):
    __slots__ = ("distribution", "status", "reason", "parameters", "parameter_count", "n_parameters", "loglik", "aic", "aicc", "bic", "ks_statistic", "ks_error_bound", "ad_statistic", "cvm_statistic", "sse", "standard_errors", "standard_error_count", "ending", "n_evaluations", "elapsed", "pvalue", "ad_pvalue", "cvm_pvalue", "method")
    DISTRIBUTION_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    PARAMETER_COUNT_FIELD_NUMBER: _ClassVar[int]
    N_PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    LOGLIK_FIELD_NUMBER: _ClassVar[int]
    AIC_FIELD_NUMBER: _ClassVar[int]
    AICC_FIELD_NUMBER: _ClassVar[int]
    BIC_FIELD_NUMBER: _ClassVar[int]
    KS_STATISTIC_FIELD_NUMBER: _ClassVar[int]
    KS_ERROR_BOUND_FIELD_NUMBER: _ClassVar[int]
    AD_STATISTIC_FIELD_NUMBER: _ClassVar[int]
    CVM_STATISTIC_FIELD_NUMBER: _ClassVar[int]
    SSE_FIELD_NUMBER: _ClassVar[int]
    STANDARD_ERRORS_FIELD_NUMBER: _ClassVar[int]
    STANDARD_ERROR_COUNT_FIELD_NUMBER: _ClassVar[int]
    ENDING_FIELD_NUMBER: _ClassVar[int]
    N_EVALUATIONS_FIELD_NUMBER: _ClassVar[int]
    ELAPSED_FIELD_NUMBER: _ClassVar[int]
    PVALUE_FIELD_NUMBER: _ClassVar[int]
    AD_PVALUE_FIELD_NUMBER: _ClassVar[int]
    CVM_PVALUE_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    distribution: _containers.RepeatedScalarFieldContainer[str]
    status: _containers.RepeatedScalarFieldContainer[Status]
    reason: _containers.RepeatedScalarFieldContainer[str]
    parameters: _containers.RepeatedScalarFieldContainer[float]
    parameter_count: _containers.RepeatedScalarFieldContainer[int]
    n_parameters: _containers.RepeatedScalarFieldContainer[int]
    loglik: _containers.RepeatedScalarFieldContainer[float]
    aic: _containers.RepeatedScalarFieldContainer[float]
    aicc: _containers.RepeatedScalarFieldContainer[float]
    bic: _containers.RepeatedScalarFieldContainer[float]
    ks_statistic: _containers.RepeatedScalarFieldContainer[float]
    ks_error_bound: _containers.RepeatedScalarFieldContainer[float]
    ad_statistic: _containers.RepeatedScalarFieldContainer[float]
    cvm_statistic: _containers.RepeatedScalarFieldContainer[float]
    sse: _containers.RepeatedScalarFieldContainer[float]
    standard_errors: _containers.RepeatedScalarFieldContainer[float]
    standard_error_count: _containers.RepeatedScalarFieldContainer[int]
    ending: _containers.RepeatedScalarFieldContainer[Ending]
    n_evaluations: _containers.RepeatedScalarFieldContainer[int]
    elapsed: _containers.RepeatedScalarFieldContainer[float]
    pvalue: _containers.RepeatedScalarFieldContainer[float]
    ad_pvalue: _containers.RepeatedScalarFieldContainer[float]
    cvm_pvalue: _containers.RepeatedScalarFieldContainer[float]
    method: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, distribution: _Optional[_Iterable[str]] = ..., status: _Optional[_Iterable[_Union[Status, str]]] = ..., reason: _Optional[_Iterable[str]] = ..., parameters: _Optional[_Iterable[float]] = ..., parameter_count: _Optional[_Iterable[int]] = ..., n_parameters: _Optional[_Iterable[int]] = ..., loglik: _Optional[_Iterable[float]] = ..., aic: _Optional[_Iterable[float]] = ..., aicc: _Optional[_Iterable[float]] = ..., bic: _Optional[_Iterable[float]] = ..., ks_statistic: _Optional[_Iterable[float]] = ..., ks_error_bound: _Optional[_Iterable[float]] = ..., ad_statistic: _Optional[_Iterable[float]] = ..., cvm_statistic: _Optional[_Iterable[float]] = ..., sse: _Optional[_Iterable[float]] = ..., standard_errors: _Optional[_Iterable[float]] = ..., standard_error_count: _Optional[_Iterable[int]] = ..., ending: _Optional[_Iterable[_Union[Ending, str]]] = ..., n_evaluations: _Optional[_Iterable[int]] = ..., elapsed: _Optional[_Iterable[float]] = ..., pvalue: _Optional[_Iterable[float]] = ..., ad_pvalue: _Optional[_Iterable[float]] = ..., cvm_pvalue: _Optional[_Iterable[float]] = ..., method: _Optional[_Iterable[str]] = ...) -> None: ...

class FitResponse(_message.Message):
    __slots__ = ("tables",)
    TABLES_FIELD_NUMBER: _ClassVar[int]
    tables: _containers.RepeatedCompositeFieldContainer[FitTable]
    def __init__(self, tables: _Optional[_Iterable[_Union[FitTable, _Mapping]]] = ...) -> None: ...

class FinishedRows(_message.Message):
    __slots__ = ("task", "table")
    TASK_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    task: int
    table: FitTable
    def __init__(self, task: _Optional[int] = ..., table: _Optional[_Union[FitTable, _Mapping]] = ...) -> None: ...

class FitEvent(_message.Message):
    __slots__ = ("finished", "complete")
    FINISHED_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    finished: FinishedRows
    complete: FitComplete
    def __init__(self, finished: _Optional[_Union[FinishedRows, _Mapping]] = ..., complete: _Optional[_Union[FitComplete, _Mapping]] = ...) -> None: ...

class FitComplete(_message.Message):
    __slots__ = ("n_rows",)
    N_ROWS_FIELD_NUMBER: _ClassVar[int]
    n_rows: int
    def __init__(self, n_rows: _Optional[int] = ...) -> None: ...

class ConfidenceIntervalsRequest(_message.Message):
    __slots__ = ("task", "method", "alpha", "quantiles", "n_bootstrap", "seed", "timeout")
    TASK_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    QUANTILES_FIELD_NUMBER: _ClassVar[int]
    N_BOOTSTRAP_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    task: FitTask
    method: str
    alpha: float
    quantiles: _containers.RepeatedScalarFieldContainer[float]
    n_bootstrap: int
    seed: int
    timeout: float
    def __init__(self, task: _Optional[_Union[FitTask, _Mapping]] = ..., method: _Optional[str] = ..., alpha: _Optional[float] = ..., quantiles: _Optional[_Iterable[float]] = ..., n_bootstrap: _Optional[int] = ..., seed: _Optional[int] = ..., timeout: _Optional[float] = ...) -> None: ...

class ConfidenceIntervalsResponse(_message.Message):
    __slots__ = ("distribution", "name", "low", "high")
    DISTRIBUTION_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    distribution: Distribution
    name: _containers.RepeatedScalarFieldContainer[str]
    low: _containers.RepeatedScalarFieldContainer[float]
    high: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, distribution: _Optional[_Union[Distribution, _Mapping]] = ..., name: _Optional[_Iterable[str]] = ..., low: _Optional[_Iterable[float]] = ..., high: _Optional[_Iterable[float]] = ...) -> None: ...

class GoodnessOfFitRequest(_message.Message):
    __slots__ = ("task", "statistic", "n_bootstrap", "seed", "timeout")
    TASK_FIELD_NUMBER: _ClassVar[int]
    STATISTIC_FIELD_NUMBER: _ClassVar[int]
    N_BOOTSTRAP_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    task: FitTask
    statistic: str
    n_bootstrap: int
    seed: int
    timeout: float
    def __init__(self, task: _Optional[_Union[FitTask, _Mapping]] = ..., statistic: _Optional[str] = ..., n_bootstrap: _Optional[int] = ..., seed: _Optional[int] = ..., timeout: _Optional[float] = ...) -> None: ...

class GoodnessOfFitResponse(_message.Message):
    __slots__ = ("distribution", "statistic", "pvalue", "n_bootstrap", "n_failed")
    DISTRIBUTION_FIELD_NUMBER: _ClassVar[int]
    STATISTIC_FIELD_NUMBER: _ClassVar[int]
    PVALUE_FIELD_NUMBER: _ClassVar[int]
    N_BOOTSTRAP_FIELD_NUMBER: _ClassVar[int]
    N_FAILED_FIELD_NUMBER: _ClassVar[int]
    distribution: Distribution
    statistic: float
    pvalue: float
    n_bootstrap: int
    n_failed: int
    def __init__(self, distribution: _Optional[_Union[Distribution, _Mapping]] = ..., statistic: _Optional[float] = ..., pvalue: _Optional[float] = ..., n_bootstrap: _Optional[int] = ..., n_failed: _Optional[int] = ...) -> None: ...

class CrossProducts(_message.Message):
    __slots__ = ("count", "mean", "square", "product")
    COUNT_FIELD_NUMBER: _ClassVar[int]
    MEAN_FIELD_NUMBER: _ClassVar[int]
    SQUARE_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_FIELD_NUMBER: _ClassVar[int]
    count: _containers.RepeatedScalarFieldContainer[float]
    mean: _containers.RepeatedScalarFieldContainer[float]
    square: _containers.RepeatedScalarFieldContainer[float]
    product: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, count: _Optional[_Iterable[float]] = ..., mean: _Optional[_Iterable[float]] = ..., square: _Optional[_Iterable[float]] = ..., product: _Optional[_Iterable[float]] = ...) -> None: ...

class JointSummary(_message.Message):
    __slots__ = ("version", "names", "n", "listwise", "values", "scores", "ranks", "marginals", "fingerprint")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    NAMES_FIELD_NUMBER: _ClassVar[int]
    N_FIELD_NUMBER: _ClassVar[int]
    LISTWISE_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    RANKS_FIELD_NUMBER: _ClassVar[int]
    MARGINALS_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    version: int
    names: _containers.RepeatedScalarFieldContainer[str]
    n: int
    listwise: bool
    values: CrossProducts
    scores: CrossProducts
    ranks: CrossProducts
    marginals: _containers.RepeatedScalarFieldContainer[str]
    fingerprint: str
    def __init__(self, version: _Optional[int] = ..., names: _Optional[_Iterable[str]] = ..., n: _Optional[int] = ..., listwise: bool = ..., values: _Optional[_Union[CrossProducts, _Mapping]] = ..., scores: _Optional[_Union[CrossProducts, _Mapping]] = ..., ranks: _Optional[_Union[CrossProducts, _Mapping]] = ..., marginals: _Optional[_Iterable[str]] = ..., fingerprint: _Optional[str] = ...) -> None: ...

class FitCopulaRequest(_message.Message):
    __slots__ = ("joint", "method", "tasks", "metric", "timeout")
    JOINT_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    TASKS_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    joint: JointSummary
    method: str
    tasks: _containers.RepeatedCompositeFieldContainer[FitTask]
    metric: str
    timeout: float
    def __init__(self, joint: _Optional[_Union[JointSummary, _Mapping]] = ..., method: _Optional[str] = ..., tasks: _Optional[_Iterable[_Union[FitTask, _Mapping]]] = ..., metric: _Optional[str] = ..., timeout: _Optional[float] = ...) -> None: ...

class Copula(_message.Message):
    __slots__ = ("names", "marginals", "correlation", "dof", "repaired", "rows")
    NAMES_FIELD_NUMBER: _ClassVar[int]
    MARGINALS_FIELD_NUMBER: _ClassVar[int]
    CORRELATION_FIELD_NUMBER: _ClassVar[int]
    DOF_FIELD_NUMBER: _ClassVar[int]
    REPAIRED_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    names: _containers.RepeatedScalarFieldContainer[str]
    marginals: _containers.RepeatedCompositeFieldContainer[Distribution]
    correlation: _containers.RepeatedScalarFieldContainer[float]
    dof: float
    repaired: float
    rows: FitTable
    def __init__(self, names: _Optional[_Iterable[str]] = ..., marginals: _Optional[_Iterable[_Union[Distribution, _Mapping]]] = ..., correlation: _Optional[_Iterable[float]] = ..., dof: _Optional[float] = ..., repaired: _Optional[float] = ..., rows: _Optional[_Union[FitTable, _Mapping]] = ...) -> None: ...

class FitMultivariateNormalRequest(_message.Message):
    __slots__ = ("joint", "bias")
    JOINT_FIELD_NUMBER: _ClassVar[int]
    BIAS_FIELD_NUMBER: _ClassVar[int]
    joint: JointSummary
    bias: bool
    def __init__(self, joint: _Optional[_Union[JointSummary, _Mapping]] = ..., bias: bool = ...) -> None: ...

class MultivariateNormal(_message.Message):
    __slots__ = ("names", "mean", "covariance", "n", "repaired")
    NAMES_FIELD_NUMBER: _ClassVar[int]
    MEAN_FIELD_NUMBER: _ClassVar[int]
    COVARIANCE_FIELD_NUMBER: _ClassVar[int]
    N_FIELD_NUMBER: _ClassVar[int]
    REPAIRED_FIELD_NUMBER: _ClassVar[int]
    names: _containers.RepeatedScalarFieldContainer[str]
    mean: _containers.RepeatedScalarFieldContainer[float]
    covariance: _containers.RepeatedScalarFieldContainer[float]
    n: int
    repaired: float
    def __init__(self, names: _Optional[_Iterable[str]] = ..., mean: _Optional[_Iterable[float]] = ..., covariance: _Optional[_Iterable[float]] = ..., n: _Optional[int] = ..., repaired: _Optional[float] = ...) -> None: ...

class Mixture(_message.Message):
    __slots__ = ("weights", "means", "covariances")
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    MEANS_FIELD_NUMBER: _ClassVar[int]
    COVARIANCES_FIELD_NUMBER: _ClassVar[int]
    weights: _containers.RepeatedScalarFieldContainer[float]
    means: _containers.RepeatedScalarFieldContainer[float]
    covariances: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, weights: _Optional[_Iterable[float]] = ..., means: _Optional[_Iterable[float]] = ..., covariances: _Optional[_Iterable[float]] = ...) -> None: ...

class FitMixtureRequest(_message.Message):
    __slots__ = ("fingerprint", "named", "inline", "n_components", "max_iter", "tol", "n_init", "init_method", "seed", "reg_covar", "timeout")
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    NAMED_FIELD_NUMBER: _ClassVar[int]
    INLINE_FIELD_NUMBER: _ClassVar[int]
    N_COMPONENTS_FIELD_NUMBER: _ClassVar[int]
    MAX_ITER_FIELD_NUMBER: _ClassVar[int]
    TOL_FIELD_NUMBER: _ClassVar[int]
    N_INIT_FIELD_NUMBER: _ClassVar[int]
    INIT_METHOD_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    REG_COVAR_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    fingerprint: str
    named: NamedColumn
    inline: Column
    n_components: int
    max_iter: int
    tol: float
    n_init: int
    init_method: str
    seed: int
    reg_covar: float
    timeout: float
    def __init__(self, fingerprint: _Optional[str] = ..., named: _Optional[_Union[NamedColumn, _Mapping]] = ..., inline: _Optional[_Union[Column, _Mapping]] = ..., n_components: _Optional[int] = ..., max_iter: _Optional[int] = ..., tol: _Optional[float] = ..., n_init: _Optional[int] = ..., init_method: _Optional[str] = ..., seed: _Optional[int] = ..., reg_covar: _Optional[float] = ..., timeout: _Optional[float] = ...) -> None: ...

class FitMixtureResponse(_message.Message):
    __slots__ = ("mixture", "loglik", "n", "n_missing", "n_iter", "converged", "narrow", "tried", "bic")
    MIXTURE_FIELD_NUMBER: _ClassVar[int]
    LOGLIK_FIELD_NUMBER: _ClassVar[int]
    N_FIELD_NUMBER: _ClassVar[int]
    N_MISSING_FIELD_NUMBER: _ClassVar[int]
    N_ITER_FIELD_NUMBER: _ClassVar[int]
    CONVERGED_FIELD_NUMBER: _ClassVar[int]
    NARROW_FIELD_NUMBER: _ClassVar[int]
    TRIED_FIELD_NUMBER: _ClassVar[int]
    BIC_FIELD_NUMBER: _ClassVar[int]
    mixture: Mixture
    loglik: float
    n: float
    n_missing: int
    n_iter: int
    converged: bool
    narrow: _containers.RepeatedScalarFieldContainer[int]
    tried: _containers.RepeatedScalarFieldContainer[int]
    bic: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, mixture: _Optional[_Union[Mixture, _Mapping]] = ..., loglik: _Optional[float] = ..., n: _Optional[float] = ..., n_missing: _Optional[int] = ..., n_iter: _Optional[int] = ..., converged: bool = ..., narrow: _Optional[_Iterable[int]] = ..., tried: _Optional[_Iterable[int]] = ..., bic: _Optional[_Iterable[float]] = ...) -> None: ...

class Distribution(_message.Message):
    __slots__ = ("name", "parameters", "lower_bound", "upper_bound")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    LOWER_BOUND_FIELD_NUMBER: _ClassVar[int]
    UPPER_BOUND_FIELD_NUMBER: _ClassVar[int]
    name: str
    parameters: _containers.RepeatedScalarFieldContainer[float]
    lower_bound: float
    upper_bound: float
    def __init__(self, name: _Optional[str] = ..., parameters: _Optional[_Iterable[float]] = ..., lower_bound: _Optional[float] = ..., upper_bound: _Optional[float] = ...) -> None: ...

class SampleRequest(_message.Message):
    __slots__ = ("distribution", "n", "seed", "offset", "chunk_bytes", "copula", "normal", "uniform", "mixture")
    DISTRIBUTION_FIELD_NUMBER: _ClassVar[int]
    N_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    CHUNK_BYTES_FIELD_NUMBER: _ClassVar[int]
    COPULA_FIELD_NUMBER: _ClassVar[int]
    NORMAL_FIELD_NUMBER: _ClassVar[int]
    UNIFORM_FIELD_NUMBER: _ClassVar[int]
    MIXTURE_FIELD_NUMBER: _ClassVar[int]
    distribution: Distribution
    n: int
    seed: int
    offset: int
    chunk_bytes: int
    copula: Copula
    normal: MultivariateNormal
    uniform: bool
    mixture: Mixture
    def __init__(self, distribution: _Optional[_Union[Distribution, _Mapping]] = ..., n: _Optional[int] = ..., seed: _Optional[int] = ..., offset: _Optional[int] = ..., chunk_bytes: _Optional[int] = ..., copula: _Optional[_Union[Copula, _Mapping]] = ..., normal: _Optional[_Union[MultivariateNormal, _Mapping]] = ..., uniform: bool = ..., mixture: _Optional[_Union[Mixture, _Mapping]] = ...) -> None: ...

class SampleChunk(_message.Message):
    __slots__ = ("offset", "values")
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    offset: int
    values: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, offset: _Optional[int] = ..., values: _Optional[_Iterable[float]] = ...) -> None: ...

class EvaluateRequest(_message.Message):
    __slots__ = ("distribution", "function", "points")
    DISTRIBUTION_FIELD_NUMBER: _ClassVar[int]
    FUNCTION_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    distribution: Distribution
    function: Function
    points: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, distribution: _Optional[_Union[Distribution, _Mapping]] = ..., function: _Optional[_Union[Function, str]] = ..., points: _Optional[_Iterable[float]] = ...) -> None: ...

class EvaluateResponse(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, values: _Optional[_Iterable[float]] = ...) -> None: ...

class ListDistributionsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class DistributionInfo(_message.Message):
    __slots__ = ("name", "parameters", "cost", "default", "refusal", "canonical", "discrete", "custom")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    CANONICAL_FIELD_NUMBER: _ClassVar[int]
    DISCRETE_FIELD_NUMBER: _ClassVar[int]
    CUSTOM_FIELD_NUMBER: _ClassVar[int]
    name: str
    parameters: _containers.RepeatedScalarFieldContainer[str]
    cost: str
    default: bool
    refusal: str
    canonical: str
    discrete: bool
    custom: bool
    def __init__(self, name: _Optional[str] = ..., parameters: _Optional[_Iterable[str]] = ..., cost: _Optional[str] = ..., default: bool = ..., refusal: _Optional[str] = ..., canonical: _Optional[str] = ..., discrete: bool = ..., custom: bool = ...) -> None: ...

class ListDistributionsResponse(_message.Message):
    __slots__ = ("distributions",)
    DISTRIBUTIONS_FIELD_NUMBER: _ClassVar[int]
    distributions: _containers.RepeatedCompositeFieldContainer[DistributionInfo]
    def __init__(self, distributions: _Optional[_Iterable[_Union[DistributionInfo, _Mapping]]] = ...) -> None: ...

class GetServerInfoRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Limits(_message.Message):
    __slots__ = ("calls", "calls_of_caller", "datasets", "tasks", "points", "samples", "bootstrap_rows", "timeout")
    CALLS_FIELD_NUMBER: _ClassVar[int]
    CALLS_OF_CALLER_FIELD_NUMBER: _ClassVar[int]
    DATASETS_FIELD_NUMBER: _ClassVar[int]
    TASKS_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    BOOTSTRAP_ROWS_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    calls: int
    calls_of_caller: int
    datasets: int
    tasks: int
    points: int
    samples: int
    bootstrap_rows: int
    timeout: float
    def __init__(self, calls: _Optional[int] = ..., calls_of_caller: _Optional[int] = ..., datasets: _Optional[int] = ..., tasks: _Optional[int] = ..., points: _Optional[int] = ..., samples: _Optional[int] = ..., bootstrap_rows: _Optional[int] = ..., timeout: _Optional[float] = ...) -> None: ...

class Cache(_message.Message):
    __slots__ = ("name", "bytes", "limit", "hits", "misses", "evictions")
    NAME_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    HITS_FIELD_NUMBER: _ClassVar[int]
    MISSES_FIELD_NUMBER: _ClassVar[int]
    EVICTIONS_FIELD_NUMBER: _ClassVar[int]
    name: str
    bytes: int
    limit: int
    hits: int
    misses: int
    evictions: int
    def __init__(self, name: _Optional[str] = ..., bytes: _Optional[int] = ..., limit: _Optional[int] = ..., hits: _Optional[int] = ..., misses: _Optional[int] = ..., evictions: _Optional[int] = ...) -> None: ...

class Load(_message.Message):
    __slots__ = ("calls", "caches")
    CALLS_FIELD_NUMBER: _ClassVar[int]
    CACHES_FIELD_NUMBER: _ClassVar[int]
    calls: int
    caches: _containers.RepeatedCompositeFieldContainer[Cache]
    def __init__(self, calls: _Optional[int] = ..., caches: _Optional[_Iterable[_Union[Cache, _Mapping]]] = ...) -> None: ...

class ServerInfo(_message.Message):
    __slots__ = ("version", "api_version", "engine", "workers", "started", "max_message_bytes", "gateways", "workers_answering", "troubles", "datasets", "calls", "limits", "load")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    API_VERSION_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    WORKERS_FIELD_NUMBER: _ClassVar[int]
    STARTED_FIELD_NUMBER: _ClassVar[int]
    MAX_MESSAGE_BYTES_FIELD_NUMBER: _ClassVar[int]
    GATEWAYS_FIELD_NUMBER: _ClassVar[int]
    WORKERS_ANSWERING_FIELD_NUMBER: _ClassVar[int]
    TROUBLES_FIELD_NUMBER: _ClassVar[int]
    DATASETS_FIELD_NUMBER: _ClassVar[int]
    CALLS_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    LOAD_FIELD_NUMBER: _ClassVar[int]
    version: str
    api_version: str
    engine: str
    workers: int
    started: _timestamp_pb2.Timestamp
    max_message_bytes: int
    gateways: int
    workers_answering: int
    troubles: _containers.RepeatedScalarFieldContainer[str]
    datasets: int
    calls: int
    limits: Limits
    load: Load
    def __init__(self, version: _Optional[str] = ..., api_version: _Optional[str] = ..., engine: _Optional[str] = ..., workers: _Optional[int] = ..., started: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., max_message_bytes: _Optional[int] = ..., gateways: _Optional[int] = ..., workers_answering: _Optional[int] = ..., troubles: _Optional[_Iterable[str]] = ..., datasets: _Optional[int] = ..., calls: _Optional[int] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ..., load: _Optional[_Union[Load, _Mapping]] = ...) -> None: ...

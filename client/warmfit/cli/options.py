"""The options of the commands that fit: what each takes, says of itself, and stands under in the help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from warmfit.remote.endpoint import ADDRESS_VARIABLE, TOKEN_VARIABLE

FAMILIES, KNOWN, SHOWN, PLACE = (
    "Which families, and how",
    "What is known of the rows",
    "What is shown and kept",
    "Where",
)

File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="A CSV (.csv, .tsv, .csv.gz) or Parquet file, or a folder or 'pattern*' of Parquet files.",
        show_default=False,
    ),
]
Column = Annotated[str | None, typer.Option(metavar="NAME", help="The column; not needed where the file has one.")]
Workers = Annotated[
    int | None, typer.Option(metavar="N", help="Processes; one a processor by default.", rich_help_panel=PLACE)
]
Kind = Literal["event", "right", "left", "codes"]
Server = Annotated[
    str | None,
    typer.Option(metavar="HOST:PORT", envvar=ADDRESS_VARIABLE, help="Fit on the service there.", rich_help_panel=PLACE),
]
Token = Annotated[
    str | None,
    typer.Option(
        metavar="TOKEN", envvar=TOKEN_VARIABLE, help="The token that the service asks for.", rich_help_panel=PLACE
    ),
]

By = Annotated[
    list[str] | None,
    typer.Option(metavar="KEY", help="Fit each group of rows with equal entries here by itself; may be repeated."),
]
Include = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Fit this family; may be repeated.", rich_help_panel=FAMILIES),
]
Exclude = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Leave it out; may be repeated.", rich_help_panel=FAMILIES)
]
Discrete = Annotated[
    bool,
    typer.Option("--discrete", help="Fit discrete families, to whole numbers.", rich_help_panel=FAMILIES),
]
Fix = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=VALUE",
        help="Hold a parameter fixed, such as loc=0; may be repeated.",
        rich_help_panel=FAMILIES,
    ),
]
SupportAtZero = Annotated[
    bool, typer.Option("--support-at-zero", help="Values start at zero.", rich_help_panel=FAMILIES)
]
Method = Annotated[
    str,
    typer.Option(metavar="NAME", help="How parameters are estimated: mle, mse, mme or auto.", rich_help_panel=FAMILIES),
]
Pvalues = Annotated[
    int | None,
    typer.Option(metavar="N", help="p-values, by N refits to simulated columns.", rich_help_panel=FAMILIES),
]
Lower = Annotated[
    float | None,
    typer.Option(
        "--lower",
        "--lower-bound",
        metavar="X",
        help="All rows were truncated below this.",
        rich_help_panel=KNOWN,
    ),
]
Upper = Annotated[
    float | None,
    typer.Option(
        "--upper",
        "--upper-bound",
        metavar="X",
        help="All rows were truncated above this.",
        rich_help_panel=KNOWN,
    ),
]
Truncation = Annotated[
    tuple[str, str] | None,
    typer.Option(
        metavar="LOWER UPPER",
        help="The window in which a row had to lie to be seen: each end a number, -inf or inf for none, or the "
        "column of each row's own.",
        rich_help_panel=KNOWN,
    ),
]
Weights = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="Each row counts so many times.", rich_help_panel=KNOWN)
]
AnalyticWeights = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN",
        help="Each row is so precise: only ratios matter, and n is the number of rows.",
        rich_help_panel=KNOWN,
    ),
]
Censoring = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN",
        help="Which rows are censored: right, left, none or blank; 1, -1, 0; or what --censoring-kind says.",
        rich_help_panel=KNOWN,
    ),
]
CensoringKind = Annotated[
    Kind | None,
    typer.Option(
        metavar="KIND",
        help="What true (1) means in a --censoring column of true and false: event, the value was observed, and "
        "false rows are censored on the right; right or left, the row is censored there; codes, as without.",
        rich_help_panel=KNOWN,
    ),
]
Interval = Annotated[
    tuple[str, str] | None,
    typer.Option(
        metavar="LOWER UPPER",
        help="The columns of the ends of intervals in which the values lie, instead of a column of values; a blank "
        "end is open. --column then only names the result.",
        rich_help_panel=KNOWN,
    ),
]
Top = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="N",
        help="Rows to print: 10 by default, of each group 1.",
        show_default=False,
        rich_help_panel=SHOWN,
    ),
]
ShowAll = Annotated[bool, typer.Option("--all", help="Print every row, failures too.", rich_help_panel=SHOWN)]
Metric = Annotated[
    str,
    typer.Option(metavar="NAME", help="What ranks: bic, aic, aicc, loglik, ks_statistic, …", rich_help_panel=SHOWN),
]
Bins = Annotated[
    int | None,
    typer.Option(metavar="N", help="Bins behind SSE; by the Rice rule by default.", rich_help_panel=SHOWN),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.", rich_help_panel=SHOWN)]
Save = Annotated[
    Path | None,
    typer.Option(
        metavar="PATH",
        help="Write the results to this .json file; of groups every row, to .csv or .json.",
        rich_help_panel=SHOWN,
    ),
]
Plot = Annotated[
    Path | None,
    typer.Option(
        metavar="PATH",
        help="Draw the best fit, in four plots, into this file: .png, .pdf or .svg.",
        rich_help_panel=SHOWN,
    ),
]
Timeout = Annotated[
    float | None,
    typer.Option(metavar="SECONDS", help="For the whole fit; no limit here, 60 remote.", rich_help_panel=PLACE),
]

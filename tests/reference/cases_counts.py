"""Counts, most of them published as frequency tables."""

from __future__ import annotations

import numpy as np
from tests.reference.case import Case, Parameters, rows_of
from tests.reference.plain import Rows

STUDENT = "Student (1907), Biometrika 5, haemacytometer counts"
CHOLERA = "McKendrick (1926), Proc. Edinb. Math. Soc. 44; Dahiya & Gross (1973), JASA 68"


def nbinom_mean(p: Parameters) -> float:
    return p["n"] * (1 - p["p"]) / p["p"]


def positive(rows: Rows) -> Rows:
    """The rows of values above zero."""
    kept = rows.lower > 0
    return Rows(rows.lower[kept], rows.upper[kept], rows.count[kept])


def pooled(rows: Rows, last: float) -> Rows:
    """The rows of a table whose last class is `last` and above."""
    over = rows.lower >= last
    return Rows(np.where(over, last, rows.lower), np.where(over, np.inf, rows.upper), rows.count)


CASES = [
    Case(
        "mites on apple leaves, negative binomial",
        "Bliss & Fisher (1953), Biometrics 9",
        "nbinom",
        rows_of("red_mites"),
        {"k": ("1.0246", lambda p: p["n"]), "mean": ("1.1467", nbinom_mean)},
    ),
    Case("deaths by horse kicks, Poisson", "Bortkiewicz (1898)", "poisson", rows_of("horse_kicks"), {"mu": "0.61"}),
    Case("yeast cells, Poisson", STUDENT, "poisson", rows_of("yeast_cells"), {"mu": "0.6825"}),
    Case("yeast cells, negative binomial", STUDENT, "nbinom", rows_of("yeast_cells")),
    Case(
        "alpha particles, Poisson",
        "Rutherford & Geiger (1910), Phil. Mag. 20",
        "poisson",
        rows_of("alpha_particles"),
        {"mu": "3.87"},
    ),
    Case(
        "movements of a fetal lamb, zero-inflated Poisson",
        "Leroux & Puterman (1992), Biometrics 48; Gupta, Gupta & Tripathi (1996), CSDA 23",
        "zi_poisson",
        rows_of("lamb_movements"),
        {"mu": "0.847", "pi": "0.577"},
    ),
    Case(
        "cholera in an Indian village, zero-inflated Poisson",
        CHOLERA,
        "zi_poisson",
        rows_of("cholera"),
        {"mu": "0.972"},
    ),
    Case(
        "cholera in an Indian village, zero-truncated Poisson",
        CHOLERA,
        "zt_poisson",
        positive(rows_of("cholera")),
        {"mu": "0.972"},
    ),
    Case("households with cholera, logarithmic series", CHOLERA, "logser", positive(rows_of("cholera"))),
    Case(
        "gall cells in flower heads, zero-truncated Poisson",
        "Finney & Varley (1955), Biometrics 11",
        "zt_poisson",
        rows_of("flower_heads"),
    ),
    Case(
        "gall cells in flower heads, zero-truncated negative binomial",
        "Finney & Varley (1955), Biometrics 11",
        "zt_nbinom",
        rows_of("flower_heads"),
    ),
    Case(
        "accidents of munition workers, negative binomial",
        "Greenwood & Yule (1920), J. R. Statist. Soc. 83",
        "nbinom",
        rows_of("munition_accidents"),
    ),
    Case(
        "boys among twelve children, beta-binomial",
        "Geissler (1889), Saxony; figures: Wikipedia, Beta-binomial distribution (34.09558, 31.5715)",
        "betabinom",
        rows_of("saxon_boys"),
        {"a": "34.1", "b": "31.6"},
        "-12492.9",
        fixed={"n": 12.0, "loc": 0.0},
    ),
    Case(
        "fives and sixes among twelve dice, binomial",
        "Weldon's dice, Pearson (1900), Phil. Mag. 50: 106 602 / 315 672",
        "binom",
        rows_of("weldon_dice"),
        {"p": "0.3377"},
        fixed={"n": 12.0, "loc": 0.0},
    ),
    Case(
        "cholera in an Indian village, Poisson truncated at 1",
        CHOLERA,
        "poisson",
        rows_of("cholera").above(0.5),
        {"mu": "0.972"},
    ),
    Case(
        "mites on apple leaves, negative binomial, 5 and above in one class",
        "Bliss & Fisher (1953), Biometrics 9",
        "nbinom",
        pooled(rows_of("red_mites"), 5.0),
    ),
    Case(
        "alpha particles, Poisson, 11 and above in one class",
        "Rutherford & Geiger (1910), Phil. Mag. 20",
        "poisson",
        pooled(rows_of("alpha_particles"), 11.0),
        {"mu": "3.87"},
    ),
    Case(
        "Malayan butterflies, logarithmic series, above 24 in one class",
        "Fisher, Corbet & Williams (1943), J. Anim. Ecol. 12, table 1: 620 species",
        "logser",
        rows_of("butterflies"),
    ),
]

"""Lifetimes: complete, censored on the right, on the left and between inspections."""

from __future__ import annotations

import math

from tests.reference.case import Case, log_inverse_c, log_scale, rows_of

SAS = (
    "R package survival, tests/r_sas.Rout.save, which reproduces the examples of SAS/QC PROC RELIABILITY "
    "(data: Nelson 1982, Applied Life Data Analysis; Meeker & Escobar 1998)"
)
MEEKER = "Meeker & Escobar (1998), Statistical Methods for Reliability Data"
BEARINGS = "Lieblein & Zelen (1956), J. Res. Nat. Bur. Stand. 57; figures: Lawless (1982), " + MEEKER
GEHAN = "Gehan (1965), Biometrika 52 (Freireich et al. 1963)"

CASES = [
    Case(
        "lung cancer, Weibull, right-censored",
        "R package survival, tests/r_lung.Rout.save: survreg(Surv(time, status) ~ 1, lung)",
        "weibull_min",
        rows_of("lung"),
        {"intercept": ("6.034904", log_scale), "scale": ("0.7593936", lambda p: 1 / p["c"])},
        "-1153.9",
    ),
    *(
        Case(
            f"insulating fluid at {kilovolt} kV, Weibull",
            SAS,
            "weibull_min",
            rows_of(f"insulating_fluid_{kilovolt}kv"),
            {
                "EV location": (location, log_scale),
                "EV scale": (ev_scale, lambda p: 1 / p["c"]),
                "scale": scale,
                "c": shape,
            },
        )
        for kilovolt, location, ev_scale, scale, shape in (
            (30, "4.35133", "0.94446", "77.58159", "1.05881"),
            (34, "2.50326", "1.29732", "12.22222", "0.77082"),
            (38, "0.00092629", "0.73367610", "1.00092672", "1.36299929"),
        )
    ),
    Case(
        "cracks in turbine parts, Weibull, interval-censored",
        SAS,
        "weibull_min",
        rows_of("turbine_cracks"),
        {"intercept": ("7.6880", log_scale), "log(scale)": ("-0.3953", log_inverse_c)},
        "-309.6",
    ),
    Case(
        "cracks in turbine wheels, lognormal, left- and right-censored",
        SAS,
        "lognorm",
        rows_of("turbine_wheels"),
        {"intercept": ("3.6999", log_scale), "log(scale)": ("-0.3287", lambda p: math.log(p["s"]))},
        "-190.7",
    ),
    Case(
        "generator fans, exponential, right-censored",
        "Nelson (1982), Applied Life Data Analysis: time on test over failures, 344 440 h / 12",
        "expon",
        rows_of("generator_fans"),
        {"scale": "28703.33"},
    ),
    Case(
        "generator fans, Weibull, right-censored",
        "Nelson (1982)",
        "weibull_min",
        rows_of("generator_fans"),
    ),
    Case(
        "shock absorbers, Weibull, right-censored",
        MEEKER,
        "weibull_min",
        rows_of("shock_absorbers"),
        {"mu": ("10.23", log_scale), "sigma": ("0.3164", lambda p: 1 / p["c"]), "scale": "27719", "c": "3.16"},
    ),
    Case(
        "shock absorbers, lognormal, right-censored",
        MEEKER,
        "lognorm",
        rows_of("shock_absorbers"),
        {"mu": ("10.14", log_scale), "s": "0.5301"},
    ),
    Case(
        "locomotive controls, lognormal, right-censored",
        "Nelson (1982), Applied Life Data Analysis, of the common logarithms",
        "lognorm",
        rows_of("locomotive_controls"),
        {"mu": ("2.2223", lambda p: math.log10(p["scale"])), "sigma": ("0.3064", lambda p: p["s"] / math.log(10))},
    ),
    Case(
        "remission under 6-MP, exponential, right-censored",
        GEHAN + ": weeks at risk over relapses, 359 / 9",
        "expon",
        rows_of("remission_6mp"),
        {"scale": "39.88889"},
    ),
    Case("remission under 6-MP, Weibull, right-censored", GEHAN, "weibull_min", rows_of("remission_6mp")),
    Case(
        "remission under placebo, exponential, ties",
        GEHAN + ": the mean, 182 / 21",
        "expon",
        rows_of("remission_placebo"),
        {"scale": "8.666667"},
    ),
    Case(
        "ball bearings, Weibull",
        BEARINGS,
        "weibull_min",
        rows_of("ball_bearings"),
        {"c": "2.1021", "scale": "81.8783"},
        "-113.69",
    ),
    Case(
        "ball bearings, gamma",
        BEARINGS + "; log-likelihood: Gupta & Kundu (2001), Biometrical Journal 43",
        "gamma",
        rows_of("ball_bearings"),
        loglik="-113.0293",
    ),
    Case(
        "ball bearings, lognormal",
        BEARINGS + ": mean and standard deviation of the logarithms",
        "lognorm",
        rows_of("ball_bearings"),
        {"mu": ("4.150", log_scale), "s": "0.522"},
        "-113.13",
    ),
    Case(
        "repairs of transceivers, inverse Gaussian",
        "Chhikara & Folks (1977), Technometrics 19, after von Alven (1964)",
        "invgauss",
        rows_of("transceiver_repairs"),
        {"mean": ("3.607", lambda p: p["mu"] * p["scale"]), "lambda": ("1.659", lambda p: p["scale"])},
    ),
    Case(
        "mice of Walton, Weibull, right-censored",
        "lifelines, documentation, Survival analysis with lifelines: WeibullFitter on load_waltons()",
        "weibull_min",
        rows_of("walton"),
        {"lambda": ("0.02", lambda p: 1 / p["scale"]), "c": "3.45"},
        "-672.062",
    ),
    Case(
        "ammonium in rain, lognormal, left-censored at five limits",
        "R package EnvStats, Olympic.NH4.df; file nh4.csv of lifelines",
        "lognorm",
        rows_of("ammonium"),
    ),
    Case(
        "air conditioning of aircraft, gamma",
        "Proschan (1963), Technometrics 5",
        "gamma",
        rows_of("air_conditioning"),
    ),
    Case(
        "glass fibres, Weibull with a threshold",
        "Smith & Naylor (1987), Applied Statistics 36; file glass.csv of Extremes.jl",
        "weibull_min",
        rows_of("glass_fibres"),
        fixed={},
    ),
]

"""Annual maxima, and a normal law behind a gate."""

from __future__ import annotations

from tests.reference.case import Case, rows_of

COLES = "Coles (2001), An Introduction to Statistical Modeling of Extreme Values"

CASES = [
    Case(
        "sea levels at Port Pirie, GEV",
        COLES + ", sec. 3.4.1; R package ismev, gev.fit(portpirie): 3.87474692, 0.19804120, -0.05008773",
        "genextreme",
        rows_of("port_pirie"),
        {"loc": "3.87474692", "scale": "0.19804120", "xi": ("-0.0501", lambda p: -p["c"])},
        "4.339058",
        fixed={},
        digits=4,
    ),
    Case(
        "sea levels at Port Pirie, Gumbel",
        COLES + ", sec. 3.4.1",
        "gumbel_r",
        rows_of("port_pirie"),
        {"loc": "3.87", "scale": "0.195"},
        "4.22",
        fixed={},
    ),
    Case(
        "sea levels at Fremantle, GEV",
        COLES + ", sec. 3.4.1; R package ismev, gev.fit(fremantle), as the tests of gamlssx record it",
        "genextreme",
        rows_of("fremantle"),
        {"loc": "1.4823409", "scale": "0.1412671", "xi": ("-0.2174320", lambda p: -p["c"])},
        "43.56663",
        fixed={},
        digits=4,
    ),
    Case(
        "sea levels in Venice, GEV",
        COLES
        + ", sec. 3.5.3; R package ismev, gev.fit(venice$r1), which ends near the optimum: 111.09925486, 17.17548761, "
        "-0.07673265; file venice.csv of OpenTURNS",
        "genextreme",
        rows_of("venice"),
        {"loc": "111.09925486", "scale": "17.17548761", "xi": ("-0.0767", lambda p: -p["c"])},
        "-222.7145",
        fixed={},
        digits=4,
    ),
    Case(
        "glass fibres above 1, normal truncated there",
        "Smith & Naylor (1987), Applied Statistics 36; file glass.csv of Extremes.jl",
        "norm",
        rows_of("glass_fibres").above(1.0),
        fixed={},
    ),
]

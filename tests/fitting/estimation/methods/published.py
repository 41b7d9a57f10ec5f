"""Columns with published estimates by maximum spacing.

`COLIFORM` and `FLOODS`: Cheng & Amin (1983), "Estimating parameters in continuous univariate distributions with a shifted
origin", JRSS B 45, 394–403. `FAILURES`: Rahman, Pearson & Martinovic (2007), "Method of product spacings in the
two-parameter gamma distribution", J. Statist. Research 41, 51–58. `STRESS`: Cheng & Stephens (1989), "A goodness-of-fit test
using Moran's statistic with estimated parameters", Biometrika 76, 385–392. All have ties; the values and the estimates are
quoted from the examples of github.com/WarrenWeckesser/mpsfit.
"""

from __future__ import annotations

COLIFORM = (
    1364, 2154, 2236, 2518, 2527, 2600, 3009, 3045, 4109, 5500, 5800, 7200, 8400, 8400, 8900, 11500, 12700, 15300, 18300,
    20400,
)  # fmt: skip
FLOODS = (
    0.654, 0.613, 0.315, 0.449, 0.297, 0.402, 0.379, 0.423, 0.379, 0.3235, 0.269, 0.740, 0.418, 0.412, 0.494, 0.416, 0.338,
    0.392, 0.484, 0.265,
)  # fmt: skip
FAILURES = (
    620, 1285, 818, 871, 32, 253, 164, 560, 470, 260, 218, 393, 947, 399, 193, 531, 343, 376, 6, 860, 16, 1267, 151, 24, 89,
    388, 106, 158, 1274, 32, 317, 85, 1512, 1792, 89, 1055, 352, 160, 689, 1119, 242, 103, 100, 152, 477, 403, 12, 134, 660,
    1410, 250, 41, 47, 95, 76, 537, 101, 385, 195, 1279, 356, 1733, 2194, 763, 39, 460, 284, 103, 69, 158, 548, 381, 203,
    1101, 32, 421, 515, 72, 1585, 176, 11, 565, 751, 500, 803, 555, 14, 45, 776, 1,
)  # fmt: skip
STRESS = (
    27.55, 29.89, 30.07, 30.65, 31.23, 31.53, 31.53, 31.82, 32.23, 32.28, 32.69, 32.98, 33.28, 33.28, 33.74, 33.74, 33.86,
    33.86, 33.86, 34.15, 34.15, 34.15, 34.44, 34.62, 34.74, 34.74, 35.05, 35.03, 35.32, 35.44, 35.61, 35.61, 35.73, 35.90,
    36.20, 36.78, 37.07, 37.36, 37.36, 37.36, 40.28,
)  # fmt: skip

"""Draw the pictures that the pages show, into `_images`: `make pictures`."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np

from warmfit import (
    DiscreteDistributionFitter,
    DistributionFitter,
    plot_cdf_comparison,
    plot_comparison,
    plot_diagnostics,
    plot_discrete_distribution,
    plot_distribution,
    plot_pp,
    plot_qq,
    plot_residual_histogram,
)

FOLDER = Path(__file__).parent / "_images"


def main() -> None:
    """Draw each from the data of the page that shows it."""
    matplotlib.use("Agg")
    FOLDER.mkdir(exist_ok=True)
    claims = np.random.default_rng(7).gamma(2.5, 300.0, size=20_000)
    plot_diagnostics(DistributionFitter().fit(claims).best()[0], save_path=FOLDER / "diagnostics.png")
    losses = np.random.default_rng(2).lognormal(3.0, 0.8, size=2000)
    families = ["lognorm", "gamma", "weibull_min", "invgauss", "genpareto"]
    found = DistributionFitter().fit(losses, included_distributions=families, fixed={"loc": 0.0})
    plot_comparison(found.best(n=3), save_path=FOLDER / "comparison.png")
    rng = np.random.default_rng(4)
    gamma = DistributionFitter().fit(rng.gamma(2.5, 3.0, size=5000), included_distributions=["gamma"])
    best = gamma.best()[0]
    plot_distribution(best, save_path=FOLDER / "distribution.png")
    plot_qq(best, save_path=FOLDER / "qq.png")
    few = DistributionFitter().fit(rng.gamma(2.5, 3.0, size=150), included_distributions=["gamma"]).best()[0]
    plot_pp(few, save_path=FOLDER / "pp.png")
    plot_cdf_comparison(few, save_path=FOLDER / "cdf.png")
    plot_residual_histogram(best, save_path=FOLDER / "residuals.png")
    counts = DiscreteDistributionFitter().fit(rng.poisson(4.0, size=500))
    plot_discrete_distribution(counts.best()[0], save_path=FOLDER / "discrete.png")


if __name__ == "__main__":
    main()

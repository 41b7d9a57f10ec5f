"""The Student and Cauchy group: t, cauchy, halfcauchy, foldcauchy, skewcauchy, jf_skew_t, crystalball, rel_breitwigner."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import special

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.families.beta import LARGE, log_beta, stirling_error
from warmfit_fitting.families.bulk import Bulk, normal_bulk
from warmfit_fitting.families.family import Family, Shape, positive


def log1p_square(w: FloatArray) -> FloatArray:
    """log(1 + w²), also where w² overflows."""
    square = w * w
    result = np.log1p(square)
    if np.isinf(square).any():
        result = np.where(np.isinf(square), 2.0 * np.log(np.abs(w)), result)
    return result


class T(Family):
    """f(z; df) = (1 + z²/df)^(−(df+1)/2) / (√df B(½, df/2)) on the line, df > 0.

    Johnson, Kotz & Balakrishnan 1995, ch. 28.
    """

    name = "t"
    shapes = (positive("df"),)
    closed_cdf = True

    def logpdf(self, z: FloatArray, df: FloatArray) -> FloatArray:
        constant = -0.5 * np.log(df) - log_beta(np.full_like(df, 0.5), 0.5 * df)
        return constant - 0.5 * (df + 1.0) * log1p_square(z / np.sqrt(df))

    def bulk(self, df: FloatArray) -> Bulk:
        return np.zeros_like(df), special.stdtrit(df, 0.75)

    def cdf(self, z: FloatArray, df: FloatArray) -> FloatArray:
        return special.stdtr(df, z)

    def sf(self, z: FloatArray, df: FloatArray) -> FloatArray:
        return special.stdtr(df, -z)

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return ((0.6,), (1.5,), (4.0,), (15.0,))


class Cauchy(Family):
    """f(z) = 1 / (π (1 + z²)) on the line (Johnson, Kotz & Balakrishnan 1994, ch. 16)."""

    name = "cauchy"
    closed_cdf = True

    def logpdf(self, z: FloatArray) -> FloatArray:
        return -math.log(math.pi) - log1p_square(z)

    def cdf(self, z: FloatArray) -> FloatArray:
        return np.arctan2(1.0, -z) / math.pi

    def sf(self, z: FloatArray) -> FloatArray:
        return np.arctan2(1.0, z) / math.pi


class HalfCauchy(Family):
    """f(z) = 2 / (π (1 + z²)) on z > 0 (Johnson, Kotz & Balakrishnan 1994, ch. 16)."""

    name = "halfcauchy"
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray) -> FloatArray:
        return math.log(2.0 / math.pi) - log1p_square(z)

    def cdf(self, z: FloatArray) -> FloatArray:
        return 2.0 / math.pi * np.arctan(z)

    def sf(self, z: FloatArray) -> FloatArray:
        return 2.0 / math.pi * np.arctan2(1.0, z)


class FoldCauchy(Family):
    """f(z; c) = (1/(1 + (z−c)²) + 1/(1 + (z+c)²)) / π on z > 0, shape c > 0: |Cauchy + c| (SciPy's page)."""

    name = "foldcauchy"
    shapes = (positive("c"),)
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        near, far = z - c, z + c
        density = 1.0 / (1.0 + near * near) + 1.0 / (1.0 + far * far)
        if np.min(density, initial=1.0) > 1e-300:
            return np.log(density) - math.log(math.pi)
        return np.logaddexp(-log1p_square(near), -log1p_square(far)) - math.log(math.pi)

    def bulk(self, c: FloatArray) -> Bulk:
        return np.sqrt(c * c + 1.0), np.ones_like(c)

    def cdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        # arctan(z−c) + arctan(z+c) as one angle, which does not cancel
        return np.arctan2(2.0, 1.0 / z + (c - z) * (1.0 + c / z)) / math.pi

    def sf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return np.arctan2(2.0, (z - c) * (1.0 + c / z) - 1.0 / z) / math.pi


class SkewCauchy(Family):
    """f(z; a) = 1 / (π (1 + z²/(1 + a sgn z)²)) on the line, shape −1 < a < 1; a > 0 skews right (SciPy's page)."""

    name = "skewcauchy"
    shapes = (Shape("a", -1.0, 1.0),)
    closed_cdf = True

    def logpdf(self, z: FloatArray, a: FloatArray) -> FloatArray:
        return -math.log(math.pi) - log1p_square(z / (1.0 + np.copysign(a, a * z)))

    def cdf(self, z: FloatArray, a: FloatArray) -> FloatArray:
        below = (1.0 - a) / math.pi * np.arctan2(1.0 - a, -z)
        above = (1.0 + a) / math.pi * np.arctan2(1.0 + a, z)
        return np.where(z < 0.0, below, 1.0 - above)

    def sf(self, z: FloatArray, a: FloatArray) -> FloatArray:
        return self.cdf(-z, -a)


class JFSkewT(Family):
    """f(z; a, b) = (1 + q)^(a+½) (1 − q)^(b+½) / (2^(a+b−1) B(a, b) √(a+b)), q = z/√(a+b+z²), a, b > 0.

    Jones & Faddy 2003, JRSS B 65, 159–174; a = b is Student's t with 2a degrees of freedom, the upper tail falls as
    z^(−2b−1) and the lower as |z|^(−2a−1). Written with q = tanh θ: (1 − q²) = 1/(1 + z²/(a+b)) and
    (1+q)/(1−q) = e^2θ, θ = arsinh(z/√(a+b)).
    """

    name = "jf_skew_t"
    shapes = (positive("a", far=500.0), positive("b", far=500.0))  # beyond, SciPy's density overflows
    closed_cdf = True

    def logpdf(self, z: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        total = a + b
        w = z / np.sqrt(total)
        constant = _log_scaled_beta(a, b) + 0.5 * np.log(0.25 * total)
        return (a - b) * np.arcsinh(w) - 0.5 * (total + 1.0) * log1p_square(w) - constant

    def bulk(self, a: FloatArray, b: FloatArray) -> Bulk:
        total = a + b
        spread = total**2.5 / (4.0 * a * b * np.sqrt(total + 1.0))
        return normal_bulk(np.sqrt(total / (a * b)) * (a - b) / 2.0, spread)

    def cdf(self, z: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        return beta_of_logit(2.0 * np.arcsinh(z / np.sqrt(a + b)), a, b)

    def sf(self, z: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        return beta_of_logit(-2.0 * np.arcsinh(z / np.sqrt(a + b)), b, a)


def _log_scaled_beta(a: FloatArray, b: FloatArray) -> FloatArray:
    """log(2^(a+b) B(a, b)), with Stirling's leading terms combined before they can cancel."""
    total = a + b
    if np.max(total, initial=0.0) < LARGE:
        return special.betaln(a, b) + total * math.log(2.0)
    lean = (a - b) / total
    leading = a * np.log1p(lean) + b * np.log1p(-lean) + 0.5 * np.log(2.0 * math.pi * total / a / b)
    return leading + stirling_error(a) + stirling_error(b) - stirling_error(total)


def beta_of_logit(y: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
    """I_x(a, b) at logit x = y, from the smaller of x and 1 − x."""
    return np.where(y < 0.0, special.betainc(a, b, special.expit(y)), special.betaincc(b, a, special.expit(-y)))


class CrystalBall(Family):
    """A normal core with a power law below −β: f ∝ e^(−z²/2) for z > −β, ∝ (m/β − β − z)^−m below.

    Shapes β > 0 and m > 1, joined smoothly; Skwarnicki 1986, DESY F31-86-02, appendix E.
    """

    name = "crystalball"
    shapes = (positive("beta"), Shape("m", 1.0))
    closed_cdf = True

    def logpdf(self, z: FloatArray, beta: FloatArray, m: FloatArray) -> FloatArray:
        core = np.maximum(z, -beta)
        beyond = core - z
        tail, normal = _crystal_masses(beta, m)
        return -0.5 * core * core - m * np.log1p(beyond * (beta / m)) - np.log(tail + normal)

    def cdf(self, z: FloatArray, beta: FloatArray, m: FloatArray) -> FloatArray:
        tail, normal = _crystal_masses(beta, m)
        core = np.maximum(z, -beta)
        share = np.exp((1.0 - m) * np.log1p((core - z) * (beta / m)))
        # Φ(core) − Φ(−β) is added to the tail's mass only above −β, so nothing cancels that matters
        return (tail * share + math.sqrt(2.0 * math.pi) * (special.ndtr(core) - special.ndtr(-beta))) / (tail + normal)

    def sf(self, z: FloatArray, beta: FloatArray, m: FloatArray) -> FloatArray:
        tail, normal = _crystal_masses(beta, m)
        core = np.maximum(z, -beta)
        within = -np.expm1((1.0 - m) * np.log1p((core - z) * (beta / m)))
        return (tail * within + math.sqrt(2.0 * math.pi) * special.ndtr(-core)) / (tail + normal)


def _crystal_masses(beta: FloatArray, m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The integrals of the power law and of the normal core, relative to the core's height at 0."""
    tail = m / (m - 1.0) / beta * np.exp(-0.5 * beta * beta)
    return tail, math.sqrt(2.0 * math.pi) * special.ndtr(beta)


class RelBreitWigner(Family):
    """f(z; ρ) = k / ((z² − ρ²)² + ρ²) on z > 0, shape ρ > 0: a resonance of mass ρ in units of its width.

    k = 2√2 ρ² √(ρ²+1) / (π √(ρ² + ρ√(ρ²+1))); SciPy's page of `rel_breitwigner`.
    """

    name = "rel_breitwigner"
    shapes = (positive("rho"),)
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, rho: FloatArray) -> FloatArray:
        constant = _log_resonance_height(rho)
        detuning = (z - rho) / rho * (z + rho)
        if np.isinf(detuning).any():
            log_detuning = np.log(np.abs(z / rho - 1.0)) + np.log(z + rho)
            return constant - np.logaddexp(0.0, 2.0 * log_detuning)
        return constant - log1p_square(detuning)

    def bulk(self, rho: FloatArray) -> Bulk:
        return np.sqrt(rho * np.hypot(rho, 1.0)), 0.5 * np.sqrt(rho / (1.0 + rho))

    def cdf(self, z: FloatArray, rho: FloatArray) -> FloatArray:
        pole = np.sqrt(-rho * rho - 1j * rho)  # ∫ 1/(z² − pole²), by partial fractions
        share = np.sqrt(2.0 * rho / (rho + np.hypot(rho, 1.0))) * (2.0 / math.pi)
        return np.clip(share * np.imag(np.sqrt(-1.0 + 1j / rho) * np.arctan(z / pole)), 0.0, 1.0)

    def sf(self, z: FloatArray, rho: FloatArray) -> FloatArray:
        # Beyond thrice the modulus of the poles the closed form cancels, and Gauss's rule in 1/z is exact
        far = z > 3.0 * np.sqrt(rho * np.hypot(rho, 1.0))
        height = np.exp(_log_resonance_height(rho))
        tail = np.zeros(np.broadcast(z, rho).shape)
        for node, weight in zip(*np.polynomial.legendre.leggauss(20), strict=True):
            ratio = 0.5 * (1.0 + node) / z
            tail = tail + 0.5 * weight * ratio**2 / ((1.0 / rho - rho * ratio**2) ** 2 + ratio**4)
        return np.where(far, height * tail / z, 1.0 - self.cdf(z, rho))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return ((1e-4,), (0.3,), (1.5,), (6.0,), (30.0,))


def _log_resonance_height(rho: FloatArray) -> FloatArray:
    """log(k/ρ²), the log-density at z = ρ."""
    energy = np.hypot(rho, 1.0)
    return math.log(2.0 * math.sqrt(2.0) / math.pi) + np.log(energy) - 0.5 * np.log(rho * (rho + energy))

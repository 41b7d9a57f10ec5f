"""Draws of which row i depends on the seed and i alone, however a sample is split.

Uniform numbers are counted (`counter`); a draw is the quantile of one of them, from a table of polynomials where the
distribution is continuous (`cells`) and from one of steps where it is discrete (`steps`). What can draw any range of its
rows, of one column or of several, is a `RowSampler` (`rows`). Why: docs/adr/0015.
"""

from __future__ import annotations

from warmfit_fitting.sampling.counter import normals, uniforms
from warmfit_fitting.sampling.draws import Invertible, draw

__all__ = ["Invertible", "draw", "normals", "uniforms"]

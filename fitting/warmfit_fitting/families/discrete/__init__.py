"""Families of counts: one class each, with SciPy's names and shapes, or with names of their own where SciPy has none."""

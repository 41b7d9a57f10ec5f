"""The engine of warmfit: column summaries, families, the bounded likelihood, estimation and goodness of fit.

It imports NumPy and SciPy and nothing of warmfit's; the public package is `warmfit`.
"""

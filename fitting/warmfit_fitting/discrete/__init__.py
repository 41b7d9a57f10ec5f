"""Discrete families fitted to columns of whole numbers: what a summary says of counts, search, goodness of fit."""

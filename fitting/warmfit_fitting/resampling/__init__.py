"""Columns simulated from a fitted distribution and fitted again: the parametric bootstrap (Efron & Tibshirani 1993)."""

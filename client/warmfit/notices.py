"""The warnings there are; none of them means that something went wrong in the program."""

from __future__ import annotations


class TruncationNotice(UserWarning):
    """Bounds were asked for and not given, so that the observed extremes stand for them."""


class PoorFitWarning(UserWarning):
    """The best family does not describe the data well."""

"""Warnings that say what was done in the caller's stead; none of them means that something went wrong."""

from __future__ import annotations


class TruncationNotice(UserWarning):
    """Bounds were asked for and not given, so that the observed extremes stand for them."""

"""`nearest`: the names that a misspelt one may have meant, for every message that suggests some."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

MOST = 3  # names suggested
LIKENESS = 0.5  # of difflib, from which a name is suggested


def nearest(name: object, names: Sequence[str]) -> list[str]:
    """The names that begin like `name`, whatever the case, then those that are spelt like it; at most three."""
    text = str(name)
    longer = [known for known in names if text and known.lower().startswith(text.lower())]
    alike = difflib.get_close_matches(text, names, n=MOST, cutoff=LIKENESS)
    return list(dict.fromkeys([*longer, *alike]))[:MOST]


def did_you_mean(name: object, names: Sequence[str]) -> str:
    """A question that names the nearest, with a space after it; "" where none is near."""
    near = nearest(name, names)
    return f"did you mean {' or '.join(map(repr, near))}? " if near else ""

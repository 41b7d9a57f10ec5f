"""The sentences in which a column is refused, so that every source words them alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from warmfit.nearest import did_you_mean
from warmfit_fitting.errors import InvalidInput, UnsupportedType, WarmfitError

SHOWN = 12  # names listed before the list is cut
EXAMPLE = 40  # characters of an example value

_ADVICE = {
    "text": "convert it to numbers first, for instance with pandas.to_numeric, or name another column",
    "instant": "convert it to seconds first, for instance the seconds since its earliest value",
    "duration": "convert it to seconds first, for instance with .dt.total_seconds()",
    "category": "replace the categories by the numbers they stand for, or name another column",
    "complex": "take its real part or its absolute value first",
    "other": "give numbers, and None or NaN where a value is missing",
}


def not_numeric(dtype: object, example: object, kind: str) -> UnsupportedType:
    """The refusal of a column that does not hold numbers; `kind` picks the advice."""
    shown = repr(example) if isinstance(example, str | bytes) else str(example)
    shown = shown if len(shown) <= EXAMPLE else shown[: EXAMPLE - 1] + "…"
    return UnsupportedType(f"dtype {dtype} is not numeric (it holds, e.g., {shown}); {_ADVICE[kind]}")


def unknown_column(name: object, names: Sequence[str]) -> InvalidInput:
    """The refusal of a column that the frame does not have, with the nearest names and those there are."""
    return InvalidInput(f"no column {name!r}: {did_you_mean(name, names)}the columns are {listed(names)}")


def check_named(said: Iterable[str], names: Sequence[str]) -> None:
    """Raise `InvalidInput` for the first column that a setting names and that is none of those asked for."""
    for name in sorted(set(said) - set(names)):
        raise unknown_column(name, names)


def check_once(where: object, names: Iterable[str], there: Sequence[str]) -> None:
    """Raise `InvalidInput` for the first of `names` that several columns have."""
    for name in names:
        if there.count(name) > 1:
            raise InvalidInput(f"{where}: {there.count(name)} columns are named {name!r}; rename them")


def listed(names: Sequence[str]) -> str:
    """The names, quoted, cut after a dozen."""
    if not names:
        return "none at all"
    rest = f", … and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(map(repr, names[:SHOWN])) + rest


def in_column(name: str, error: WarmfitError) -> WarmfitError:
    """The same error, of the same class, saying which column it is about."""
    return type(error)(f"column {name!r}: {error}")


def no_groups(kind: str, by: Sequence[str]) -> InvalidInput:
    """The refusal to group what holds no single rows."""
    return InvalidInput(
        f"groupby={listed(by)}: {kind} holds no single rows that could be grouped; give the frame to fit or "
        "fit_groups of a fitter, or fit the summaries of groups by name, as {name: summary}"
    )

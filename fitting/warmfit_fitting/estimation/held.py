"""What values are left to the other shapes where some are held fixed, and in which coordinates they are searched for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from warmfit_fitting.families.family import Family, Shape


def shapes_beside(family: Family, held: Mapping[str, Any]) -> tuple[Shape, ...]:
    """The shapes of `family`, each with the interval that is left to it where others have the values `held`."""
    shapes = {shape.name: shape for shape in family.shapes}
    if family.ordered:
        lower, upper = family.ordered
        if lower in held:
            shapes[upper] = replace(shapes[upper], low=max(shapes[upper].low, held[lower]))
        if upper in held:
            shapes[lower] = replace(shapes[lower], high=min(shapes[lower].high, held[upper]))
    if family.leaning:
        wide, lean = family.leaning
        if wide in held:
            shapes[lean] = replace(shapes[lean], low=-held[wide], high=held[wide])
        if lean in held:
            shapes[wide] = replace(shapes[wide], low=abs(held[lean]))
    return tuple(shapes.values())


def joint(family: Family, held: Mapping[str, Any]) -> bool:
    """Whether the family's own coordinates serve: no shape is held, or those that bound each other are both free."""
    if family.ordered or family.leaning:
        return not any(name in held for name in (*family.ordered, *family.leaning))
    return not any(shape.name in held for shape in family.shapes)

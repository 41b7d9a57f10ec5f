"""Messages that no client of ours sends: mutated bytes, mutated fields, random bytes; all from one generator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

DOUBLES = (
    0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 1e-3, 1e6, np.nan, np.inf, -np.inf, 1e308, -1e308, 5e-324, 1e-300, 2.0**53, -7.25,
)  # fmt: skip
TEXTS = (
    "", "x", "y", "kept", "binned", "norm", "gamma", "expon", "poisson", "nrom", "loc", "scale", "a", "mle", "mse", "mme",
    "auto", "ad", "ks", "cvm", "wald", "profile", "bootstrap", "safe", "aggressive", "0" * 64, "..", "../../x", ".x", " ",
    "\x00", "\n", "%s%n", "{0.__class__}", "ü" * 128, "\U0010ffff" * 300, "z" * 20_000, "a,b", "x" * 128,
)  # fmt: skip
COPIES = (0, 1, 2, 3, 40)
_FLOATS = (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT)
_RANGES = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
    FieldDescriptor.CPPTYPE_ENUM: (-1, 99),
}


class Mutator:
    """Makes encoded messages out of valid ones; the same seed makes the same ones."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    def message(self, valid: Sequence[Message]) -> bytes:
        """A message of the type of `valid`: four in ten with other fields, as many with other bytes, some at random."""
        kind = self._rng.random()
        if kind < 0.1:
            return self._rng.bytes(int(self._rng.integers(0, 200)))
        start = self._any(valid)
        if kind < 0.6:
            changed = type(start)()
            changed.CopyFrom(start)
            for _ in range(int(self._rng.integers(1, 4))):
                self._change_field(changed)
            return bytes(changed.SerializeToString())
        return self._other_bytes(start.SerializeToString(), self._any(valid).SerializeToString())

    def _any(self, choices: Sequence[Any]) -> Any:
        return choices[int(self._rng.integers(len(choices)))]

    def _other_bytes(self, data: bytes, other: bytes) -> bytes:
        found = bytearray(data)
        for _ in range(int(self._rng.integers(1, 4))):
            at, end = sorted(int(i) for i in self._rng.integers(0, len(found) + 1, 2))
            match int(self._rng.integers(6)):
                case 0 if found:  # one bit
                    found[at % len(found)] ^= 1 << int(self._rng.integers(8))
                case 1 if found:  # one byte
                    found[at % len(found)] = int(self._rng.integers(256))
                case 2:
                    del found[at:]
                case 3:
                    del found[at:end]
                case 4:
                    found[at:at] = found[at:end] if len(found) < 1 << 16 else b""
                case _:
                    found[at:] = other[min(at, len(other)) :]
        return bytes(found)

    def _change_field(self, message: Message) -> None:
        places = list(_places(message))
        if not places:
            return
        owner, field = self._any(places)
        if field.label == FieldDescriptor.LABEL_REPEATED:
            self._change_array(owner, field)
        elif field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
            if owner.HasField(field.name) and self._rng.random() < 0.5:
                owner.ClearField(field.name)
            else:
                getattr(owner, field.name).SetInParent()
        elif self._rng.random() < 0.15:
            owner.ClearField(field.name)
        else:
            setattr(owner, field.name, self._value(field, getattr(owner, field.name)))

    def _change_array(self, owner: Any, field: FieldDescriptor) -> None:
        array = getattr(owner, field.name)
        at = int(self._rng.integers(len(array) + 1))
        if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
            added = array.add()
            if len(array) > 1 and self._rng.random() < 0.7:
                added.CopyFrom(array[at % (len(array) - 1)])
            if self._rng.random() < 0.3:
                del array[: max(1, at)]
            return
        values = list(array)
        match int(self._rng.integers(5)):
            case 0:
                del values[at : at + int(self._rng.integers(1, 4))]
            case 1:
                values[at:at] = [self._value(field, 0)] * int(self._any(COPIES))
            case 2 if values:
                values[at % len(values)] = self._value(field, values[at % len(values)])
            case 3:
                values.reverse()
            case _:
                values = [self._value(field, value) for value in values[:300]] or [self._value(field, 0)]
        array[:] = values

    def _value(self, field: FieldDescriptor, now: Any) -> Any:
        if field.cpp_type in _FLOATS:
            near = float(now) * (1.0 + float(self._rng.normal()) * 10.0 ** -float(self._rng.integers(1, 16)))
            return near if self._rng.random() < 0.4 else float(self._any(DOUBLES))
        if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
            return bool(self._rng.integers(2))
        if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
            return self._any(TEXTS)
        least, most = _RANGES[field.cpp_type]
        if self._rng.random() < 0.5:
            return int(np.clip(int(self._rng.integers(-2, 12)), least, most))
        return self._any((least, most, most // 2, min(most, 1000)))


def _places(message: Message) -> Iterator[tuple[Any, FieldDescriptor]]:
    """Every field of a message and of those in it, with the message that has it."""
    for field in message.DESCRIPTOR.fields:
        yield message, field
        if field.cpp_type != FieldDescriptor.CPPTYPE_MESSAGE:
            continue
        if field.label == FieldDescriptor.LABEL_REPEATED:
            for part in getattr(message, field.name):
                yield from _places(part)
        elif message.HasField(field.name):
            yield from _places(getattr(message, field.name))

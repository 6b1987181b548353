"""How does a transformers output carry reports and stay what it was?

For each output class one subclass is made, with the field `provenance` after all others: `isinstance` holds, the
positions of the other fields do not move, and pickle and copy work. Nothing here checks anything, and nothing here
needs transformers: its outputs are dataclasses that are mappings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, fields, is_dataclass, make_dataclass
from functools import cache
from typing import Any

from provenance.reports import Report


def attach(output: Any, reports: list[Report]) -> Any:
    """Return `output` as an instance of its licensed subclass with `provenance=reports`.

    A tensor, and whatever else is no output dataclass of transformers, is returned as it is: the same object.
    """
    output_class: Any = type(output)
    if not _can_carry(output_class):
        return output
    values = {each.name: getattr(output, each.name) for each in fields(output_class)}
    return licensed_class(output_class)(**values, provenance=reports)


def _can_carry(output_class: type[Any]) -> bool:
    return issubclass(output_class, Mapping) and is_dataclass(output_class)


@cache
def licensed_class(output_class: Any) -> Any:
    """Return the dataclass that is `output_class` with the field `provenance`, a list of reports or None.

    A list, because the text-generation pipeline takes every tuple in an output for a tuple of tensors.
    """

    def reduce(self: Any) -> tuple[Any, ...]:
        _, values, *state = output_class.__reduce__(self)
        return (_restore, (output_class, *values), *state)

    name = f"Licensed{output_class.__name__}"
    return make_dataclass(
        name,
        [("provenance", list[Report] | None, field(default=None))],
        bases=(output_class,),
        namespace={
            "__doc__": f"{output_class.__name__} with one report a row in `provenance`.",
            "__module__": output_class.__module__,  # transformers names its pytree node by module and name
            "__reduce__": reduce,
        },
    )


def _restore(output_class: Any, *values: Any) -> Any:
    """Rebuild a licensed output from its fields; pickle cannot name a class that is made at run time."""
    return licensed_class(output_class)(*values)

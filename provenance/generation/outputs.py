"""Outputs of transformers that carry reports and otherwise stay what they were.

One subclass is made for each output class, with the field `provenance` after all others: `isinstance` holds, the
positions of the other fields do not move, and pickle and copy work. This module checks nothing, and it does not need
transformers: its outputs are dataclasses that are mappings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, fields, is_dataclass, make_dataclass
from functools import cache
from typing import Any

from provenance.reports import Report


def attach(output: Any, reports: list[Report]) -> Any:
    """Return `output` as an instance of its licensed subclass with `provenance=reports`.

    A tensor, and any other object that is not an output dataclass of transformers, is returned as it is.
    """
    output_class: Any = type(output)
    is_output = issubclass(output_class, Mapping) and is_dataclass(output_class)
    if not is_output:
        return output
    values = {each.name: getattr(output, each.name) for each in fields(output_class)}
    return make_licensed_class(output_class)(**values, provenance=reports)


@cache
def make_licensed_class(output_class: Any) -> Any:
    """Return the dataclass that is `output_class` with the field `provenance`, a list of reports or None.

    Each class is made once, so that two outputs of one class have one class.
    """

    def reduce(self: Any) -> tuple[Any, ...]:
        # Pickle finds classes by name, and a class that is made at run time has none: pickle the output class instead.
        _, values, *state = output_class.__reduce__(self)
        return (_restore, (output_class, *values), *state)

    name = f"Licensed{output_class.__name__}"
    return make_dataclass(
        name,
        # A list, because the text-generation pipeline takes every tuple in an output for a tuple of tensors.
        [("provenance", list[Report] | None, field(default=None))],
        bases=(output_class,),
        namespace={
            "__doc__": f"{output_class.__name__} with one report a row in `provenance`.",
            "__module__": output_class.__module__,  # transformers names its pytree node by module and name
            "__reduce__": reduce,
        },
    )


def _restore(output_class: Any, *values: Any) -> Any:
    """Return a pickled output rebuilt from its fields. Pickles that users have stored name this function."""
    return make_licensed_class(output_class)(*values)

"""An output that carries reports is still the output that it was."""

from __future__ import annotations

import copy
import pickle
from collections import OrderedDict
from typing import Any

import pytest
import torch
from transformers.generation import (
    GenerateBeamDecoderOnlyOutput,
    GenerateBeamEncoderDecoderOutput,
    GenerateDecoderOnlyOutput,
    GenerateEncoderDecoderOutput,
)

from provenance.generation.outputs import attach, make_licensed_class
from tests.generation.tiny import a_report

CLASSES = [
    GenerateDecoderOnlyOutput,
    GenerateEncoderDecoderOutput,
    GenerateBeamDecoderOnlyOutput,
    GenerateBeamEncoderDecoderOutput,
]
REPORTS = [a_report("call me"), a_report("some years")]
each_class = pytest.mark.parametrize("output_class", CLASSES)


def an_output(output_class: Any) -> Any:
    return output_class(sequences=torch.tensor([[4, 5], [7, 8]]), scores=(torch.ones(2, 3), torch.zeros(2, 3)))


@each_class
def test_fields(output_class: Any) -> None:
    """The fields keep their values and places; `provenance` is one more at the end, by name, key and position."""
    plain = an_output(output_class)
    ours = attach(plain, REPORTS)
    assert isinstance(ours, output_class)
    assert ours.sequences is plain.sequences
    assert ours.scores is plain.scores
    assert [*ours.keys()] == ["sequences", "scores", "provenance"]
    assert ours.to_tuple() == (plain.sequences, plain.scores, REPORTS)
    assert ours[:2] == plain[:2]
    assert ours["provenance"] is ours.provenance is REPORTS
    assert "provenance" not in plain


@each_class
@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda out: pickle.loads(pickle.dumps(out))])
def test_copies(output_class: Any, clone: Any) -> None:
    """Copied, deep-copied and pickled outputs are of the same class and equal in every field."""
    ours = attach(an_output(output_class), REPORTS)
    theirs = clone(ours)
    assert type(theirs) is type(ours)
    assert [*theirs.keys()] == [*ours.keys()]
    assert torch.equal(theirs.sequences, ours.sequences)
    assert all(map(torch.equal, theirs.scores, ours.scores))
    assert theirs.provenance == REPORTS


@each_class
def test_one_class_for_each(output_class: Any) -> None:
    """A class is made once, so that two outputs of one class have one class."""
    assert make_licensed_class(output_class) is make_licensed_class(output_class)
    assert make_licensed_class(output_class).__name__ == f"Licensed{output_class.__name__}"


def test_trees() -> None:
    """Torch maps over the tensors in an output and gives back the same class."""
    ours = attach(an_output(GenerateDecoderOnlyOutput), REPORTS)
    doubled = torch.utils._pytree.tree_map(lambda leaf: leaf * 2 if isinstance(leaf, torch.Tensor) else leaf, ours)
    assert type(doubled) is type(ours)
    assert torch.equal(doubled.sequences, ours.sequences * 2)
    assert doubled.provenance == REPORTS


@pytest.mark.parametrize("output", [torch.ones(1, 2), {"sequences": [[1]]}, OrderedDict(), [[1]], None])
def test_other_outputs(output: Any) -> None:
    """What is no output dataclass is handed on as it is."""
    assert attach(output, REPORTS) is output

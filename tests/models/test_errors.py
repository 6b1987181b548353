"""The tree of errors."""

import pickle

import pytest

from provenance import errors


@pytest.mark.parametrize(
    "error",
    [
        errors.UsageError("wrong"),
        errors.InputError("not UTF-8", place="books.jsonl:7"),
        errors.PluginError("failed", plugin="policy-default"),
        errors.PolicyViolationError("forbidden", report={"findings": []}),
        errors.SegmentError("damaged"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_survives_the_way_between_processes(error: errors.ProvenanceError) -> None:
    """Workers and clusters send errors as pickles."""
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert (str(copy), copy.args, copy.__dict__) == (str(error), error.args, error.__dict__)
    assert copy.exit_code == error.exit_code


def test_every_error_says_its_message_and_nothing_else() -> None:
    """What it carries besides is for programs."""
    assert str(errors.UsageError("wrong")) == "wrong"
    assert str(errors.PluginError("failed", plugin="p")) == "failed"
    assert str(errors.PolicyViolationError("forbidden", report={"findings": []})) == "forbidden"
    assert "not UTF-8" in str(errors.InputError("not UTF-8", place="books.jsonl:7"))

"""A check that failed is reported or raised, and worded in one place."""

from __future__ import annotations

import logging

import pytest

from provenance.check import FailurePolicy, public_error
from provenance.errors import DatabaseError, ProvenanceError, SchemaError

LOGGER = logging.getLogger("provenance.tests.failure")


def test_a_reported_failure_is_one_line_and_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    """The reason names the type, has no line breaks, and is at most 500 characters long."""
    reason = FailurePolicy("report").report_or_raise(OSError("the\n disk " + "x" * 600), LOGGER, "it was not checked")
    assert reason == f"OSError: the disk {'x' * 600}"[:500]
    assert [(r.levelname, r.message) for r in caplog.records] == [("WARNING", f"it was not checked: {reason}")]


def test_a_raised_failure_is_the_error_itself(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is logged: the caller has the error."""
    error = OSError("the disk")
    with pytest.raises(OSError, match="the disk") as raised:
        FailurePolicy("raise").report_or_raise(error, LOGGER, "it was not checked")
    assert raised.value is error
    assert caplog.records == []


def test_a_client_reads_our_own_errors_and_no_others(caplog: pytest.LogCaptureFixture) -> None:
    """The message of a foreign error may quote a text, so that neither the client nor the log has it."""
    ours = SchemaError("run `provenance upgrade`")
    assert public_error(ours, LOGGER) is ours
    assert caplog.records == []
    text = "some words"
    try:
        raise ValueError(text)
    except ValueError as error:
        public: ProvenanceError = public_error(error, LOGGER)
    assert isinstance(public, DatabaseError)
    assert str(public) == "internal error: ValueError; the server's log says where"
    (record,) = caplog.records
    assert record.message.startswith("a check failed: ValueError\n")
    assert text not in record.message
    assert "test_failure.py" in record.message

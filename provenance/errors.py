"""Errors that we raise, as one tree. Foreign exceptions are translated where a package calls another library.

ProvenanceError                  exit code 3
├── UsageError                   exit code 2; an invalid argument or option
├── ConfigError                  exit code 2; an invalid setting
├── InputError                   a document, file or line that cannot be read; carries its place
├── DatabaseError                the database as a whole
│   ├── DatabaseNotFoundError    the path does not have a database
│   ├── SchemaError              written by an older or newer release
│   ├── TokenizerMismatchError   indexed with another tokenizer
│   ├── SegmentError             a segment file is missing, truncated or damaged
│   └── DatabaseBusyError        another process is writing
├── PluginError                  a plugin that cannot be loaded or has failed; carries its name
└── PolicyViolationError         the policy's action for a finding was `raise`; carries the report

Every message says what is wrong, where it is, its value, and what to do next.
"""

from typing import Any


class ProvenanceError(Exception):
    """Base of all errors raised on purpose.

    Attributes:
        exit_code: what the command line returns for it.
    """

    exit_code = 3


class UsageError(ProvenanceError):
    """An invalid argument or option."""

    exit_code = 2


class ConfigError(ProvenanceError):
    """An invalid setting."""

    exit_code = 2


class InputError(ProvenanceError):
    """A document, file or line that cannot be read.

    Args:
        message: what is wrong and what to do next.
        place: the file, with the line or byte where there is one: `books.jsonl:7`.
    """

    def __init__(self, message: str, place: str) -> None:
        super().__init__(message, place)
        self.message = message
        self.place = place

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class DatabaseError(ProvenanceError):
    """The database as a whole cannot be used."""


class DatabaseNotFoundError(DatabaseError):
    """The path does not have a database."""


class SchemaError(DatabaseError):
    """The database was written by an older or a newer release."""


class TokenizerMismatchError(DatabaseError):
    """The database was indexed with another tokenizer than the one that ships with this release."""


class SegmentError(DatabaseError):
    """A segment file is missing, truncated or damaged."""


class DatabaseBusyError(DatabaseError):
    """Another process is writing to the database."""


class PluginError(ProvenanceError):
    """A plugin that cannot be loaded or has failed.

    Args:
        message: what happened and what to do next.
        plugin: the entry point's name.
    """

    def __init__(self, message: str, plugin: str) -> None:
        super().__init__(message, plugin)
        self.message = message
        self.plugin = plugin

    def __str__(self) -> str:
        return self.message


class PolicyViolationError(ProvenanceError):
    """The policy's action for a finding was `raise`.

    Args:
        message: what is forbidden.
        report: the `provenance.reports.Report`; not typed, since reports are a layer above.
    """

    exit_code = 1

    def __init__(self, message: str, report: Any) -> None:
        super().__init__(message, report)
        self.report = report

    def __str__(self) -> str:
        return str(self.args[0])

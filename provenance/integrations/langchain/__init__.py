"""Adapter for LangChain: answers carry notices as standard citations in their text, and the whole report.

`LicenceMiddleware` is for agents, `annotated` for chains. Both return a copy of the model's message, with the same id,
in LangChain's standard form (`output_version` "v1"): each text block has a `Citation` for each finding in it, and
`response_metadata["licence_report"]` has the report. The text is not changed; reasoning and the arguments of tool calls
are neither changed nor checked. Callbacks annotate nothing, since LangChain swallows what they raise and loses what
they change; they only listen.
"""

from provenance.errors import UsageError

try:
    from provenance.integrations.langchain.agents import LicenceMiddleware
    from provenance.integrations.langchain.chains import annotated
    from provenance.integrations.langchain.messages import (
        annotate,
        read_answer_text,
        read_user_text,
        without_citations,
    )
except ImportError as error:
    raise UsageError(
        f"LangChain cannot be imported ({error}); run: pip install 'licence-provenance[langchain]'"
    ) from error

__all__ = [
    "LicenceMiddleware",
    "annotate",
    "annotated",
    "read_answer_text",
    "read_user_text",
    "without_citations",
]

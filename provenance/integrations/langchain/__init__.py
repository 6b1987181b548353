"""How do LangChain's own messages carry notices? As standard citations in their text, and with the whole report.

`LicenceMiddleware` is for agents, `annotated` for chains. Both return a copy of the model's message, with the same id,
in LangChain's standard form (`output_version` "v1"): each text block has a `Citation` for each finding in it, and
`response_metadata["licence_report"]` has the report. The text is not changed; reasoning and what tools are called with
is neither changed nor checked. Nothing is annotated by callbacks, since LangChain swallows what they raise and loses
what they change; they only listen.
"""

from provenance.errors import UsageError

try:
    from provenance.integrations.langchain.agents import LicenceMiddleware
    from provenance.integrations.langchain.chains import annotated
    from provenance.integrations.langchain.messages import annotate, supplied, without_citations, written
except ImportError as error:
    raise UsageError(
        f"LangChain cannot be imported ({error}); run: pip install 'licence-provenance[langchain]'"
    ) from error

__all__ = ["LicenceMiddleware", "annotate", "annotated", "supplied", "without_citations", "written"]

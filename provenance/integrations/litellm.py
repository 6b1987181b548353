"""Notices for users of LiteLLM, of its proxy and of its SDK.

`LicenceGuardrail` is for the proxy's `config.yaml`, mode `post_call`; `annotate`, `annotate_stream` and
`annotate_stream_async` take what `completion` and `acompletion` return. Needs the extra `litellm`; the functions alone
are in `provenance.openai.sdk`, which needs no extra.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncGenerator, Generator, Mapping
from typing import Any

from provenance.check import Checker, OnError, require_on_error
from provenance.database import Database
from provenance.errors import PolicyViolationError, UsageError
from provenance.openai.sdk import annotate, annotate_async, annotate_stream, annotate_stream_async
from provenance.policy import load_policy

try:
    from litellm.exceptions import GuardrailRaisedException
    from litellm.integrations.custom_guardrail import CustomGuardrail
    from litellm.types.guardrails import GuardrailEventHooks
except ImportError as error:
    raise UsageError(f"litellm cannot be imported ({error}); run: pip install 'licence-provenance[litellm]'") from error

__all__ = ["LicenceGuardrail", "annotate", "annotate_async", "annotate_stream", "annotate_stream_async"]


class LicenceGuardrail(CustomGuardrail):
    """Puts notices into the chat completions that pass through LiteLLM's proxy; the model's text is never changed.

    Args:
        guardrail_name: as in the proxy's configuration.
        db: the database folder; else `$PROVENANCE_DB`, else `provenance-db` in the working directory.
        catalogue: the catalogue's URL; else `$PROVENANCE_CATALOGUE`.
        policy: a policy file; else it is looked for as everywhere.
        preset: a preset, instead of the file's.
        language: the language of the notices, instead of the file's.
        on_error: `report` or `raise`, as for `annotate`: whether an answer that could not be checked goes out.
        options: LiteLLM's own.

    Raises:
        UsageError: on_error is neither.
        ConfigError: the policy cannot be used.
        DatabaseError: the database cannot be opened.
    """

    def __init__(
        self,
        guardrail_name: str | None = None,
        *,
        db: str | None = None,
        catalogue: str | None = None,
        policy: str | None = None,
        preset: str | None = None,
        language: str | None = None,
        on_error: OnError = "report",
        **options: Any,
    ) -> None:
        require_on_error(on_error)
        super().__init__(guardrail_name, supported_event_hooks=[GuardrailEventHooks.post_call], **options)
        folder = db or os.environ.get("PROVENANCE_DB") or "provenance-db"
        place = catalogue or os.environ.get("PROVENANCE_CATALOGUE") or None
        settings = load_policy(policy, preset=preset, language=language)
        self.checker = Checker(Database.open(folder, catalogue=place, read_only=True), settings)
        self.on_error = on_error

    # LiteLLM looks for these hooks in the class itself: an inherited one would not run.

    async def async_post_call_success_hook(
        self,
        data: Mapping[str, Any],
        user_api_key_dict: Any,  # noqa: ARG002  # LiteLLM passes it
        response: Any,
    ) -> Any:
        """Return the completion with its notices."""
        with self._translate_violations():
            return await annotate_async(response, self.checker, messages=data.get("messages"), on_error=self.on_error)

    async def async_post_call_streaming_iterator_hook(
        self,
        user_api_key_dict: Any,  # noqa: ARG002  # LiteLLM passes it
        response: Any,
        request_data: Mapping[str, Any],
    ) -> AsyncGenerator[Any]:
        """Yield the chunks as they come, and before the end of each answer its notices."""
        with self._translate_violations():
            annotated = annotate_stream_async(
                response, self.checker, messages=request_data.get("messages"), on_error=self.on_error
            )
            async with contextlib.aclosing(annotated) as chunks:
                async for chunk in chunks:
                    yield chunk

    @contextlib.contextmanager
    def _translate_violations(self) -> Generator[None]:
        """Raise LiteLLM's error where the policy forbids a text."""
        try:
            yield
        except PolicyViolationError as error:
            raise GuardrailRaisedException(guardrail_name=self.guardrail_name, message=str(error)) from error

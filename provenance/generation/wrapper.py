"""How is a transformers model wrapped so that what it writes is checked?

By an outside object: the model is not patched, its class not changed, its tokenizer not touched, and only public names
of transformers are used. Which ids are new is the business of `rows`, what is done with them that of `review`, how an
output carries reports that of `outputs`.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import importlib
import inspect
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from provenance.check import Checker, OnError, require_on_error
from provenance.errors import UsageError
from provenance.generation.annotated import AnnotatedText
from provenance.generation.decode import text_tokenizer
from provenance.generation.limit import LimitProcessor, limiter, prompt_ids, refuse, require_limitable, with_processor
from provenance.generation.outputs import attach
from provenance.generation.review import OnReport, Reviewer, TextChecker
from provenance.generation.rows import Beginning, Row, beginning, ending, setting, split, token_rows
from provenance.generation.running import following
from provenance.generation.streamer import LicenceIteratorStreamer
from provenance.live import Ended, Event, Limiter
from provenance.reports import Report

Message = Mapping[str, Any]

_OWN = frozenset({"unwrapped", "tokenizer", "reviewer", "limiter"})
_UNLIMITED = frozenset({"generate_batch", "init_continuous_batching", "continuous_batching_context_manager"})
_ENCODED = ("input_ids", "attention_mask")  # a tokenizer may give more than the model takes


def wrap(
    model: Any,
    tokenizer: Any,
    checker: TextChecker,
    *,
    on_error: OnError = "report",
    on_report: OnReport | None = None,
    limit: bool = False,
    limit_tokens: int | None = None,
) -> LicensedModel:
    """Return `model` in an object that checks what `generate` writes.

    Args:
        model: a transformers model that can `generate`.
        tokenizer: its tokenizer, or a processor that holds one.
        checker: a `provenance.Checker`.
        on_error: what happens when a check fails. `report`: the generation is returned, its report says that it was
            not checked, and why; a warning is logged. `raise`: the error goes to the caller.
        on_report: called with the report of each row, in order, also where `generate` returns a bare tensor. What it
            raises goes to the caller. A policy's `PolicyViolationError` always goes to the caller.
        limit: keep the model from going on with a passage as soon as the policy's action for it is `limit`; reports say
            where that was. Beam search, assisted decoding and continuous batching are refused then.
        limit_tokens: from how many tokens on, in place of every `min_tokens` of the policy; at least 16.

    Raises:
        UsageError: torch or transformers is not installed, the model cannot generate or is wrapped already, or
            `on_error` is neither `report` nor `raise`; or limits are asked for and `checker` is no `Checker`, or
            `limit_tokens` is less than 16.
    """
    _require("torch", "transformers")
    if isinstance(model, LicensedModel):
        raise UsageError("this model is wrapped already; wrap its `unwrapped` to give it another checker")
    if not callable(getattr(model, "generate", None)):
        raise UsageError(
            f"a {type(model).__name__} has no `generate`; load the model with AutoModelForCausalLM or alike"
        )
    require_on_error(on_error)
    reviewer = Reviewer(tokenizer=text_tokenizer(tokenizer), checker=checker, on_error=on_error, on_report=on_report)
    return LicensedModel(model, tokenizer, reviewer, limiter(checker, limit_tokens) if limit else None)


def _require(*modules: str) -> None:
    """Import the modules of the extra `transformers`, or say how to install it."""
    for module in modules:
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise UsageError(
                f"{module} cannot be imported ({error}); run: pip install 'licence-provenance[transformers]'"
            ) from error


class LicensedModel:
    """A transformers model whose `generate` also checks; made by `wrap`.

    Everything else is the model's own: other attributes are read from it and set on it, calling it calls it, and a
    method that returns the model (`to`, `eval`) returns the wrapper. It is no `PreTrainedModel`, though: code that asks
    `isinstance` wants `unwrapped`. `generate_batch` and other ways to generate are forwarded unchecked; pass what they
    return to `check`. A deep copy has a model of its own and shares the tokenizer and the checker.

    Attributes:
        unwrapped: the model. tokenizer: as given to `wrap`. reviewer: decodes, checks and reports.
        limiter: says where passages have their bounds, if they have any.
    """

    unwrapped: Any
    tokenizer: Any
    reviewer: Reviewer
    limiter: Limiter | None

    def __init__(self, model: Any, tokenizer: Any, reviewer: Reviewer, limiter: Limiter | None = None) -> None:
        self.unwrapped = model
        self.tokenizer = tokenizer
        self.reviewer = reviewer
        self.limiter = limiter

    def generate(self, *args: Any, **kwargs: Any) -> Any:
        """Generate as the model does, check each row, and return what the model returned.

        A tensor is returned as it is. With `return_dict_in_generate=True` the output is of a subclass of its class and
        has one more field, the last: `provenance`, a list of one `Report` for each row of `sequences`.
        """
        args, kwargs, limits = self._limited(args, kwargs)
        output = self.unwrapped.generate(*args, **_without_wrapped_assistant(kwargs))
        return attach(output, self._reports(output, args, kwargs, limits))

    def generate_text(self, prompt: str | Sequence[Message], **kwargs: Any) -> AnnotatedText:
        """Write one continuation of `prompt`, or one answer to chat messages, and return it with its report.

        Args:
            prompt: a text, or a list of messages for the tokenizer's chat template. A last message of the assistant
                is continued.
            kwargs: for `generate`.

        Raises:
            UsageError: more than one sequence is asked for, or the messages cannot be turned into a prompt.
        """
        self._refuse_several("generate_text", kwargs)
        inputs = self._encode(prompt)
        _, kwargs, limits = self._limited((), {**inputs, **kwargs})
        output = self.unwrapped.generate(**_without_wrapped_assistant(kwargs))
        (row,) = self._rows(output, (), kwargs)
        text = self.reviewer.decode(row.written)
        given = prompt if isinstance(prompt, str) else self.reviewer.decode(row.given)
        report = self.reviewer.text(text, given)
        if limits is not None:
            report = replace(report, limited=limits.limited(0, row.written))
        self.reviewer.deliver(report)
        return AnnotatedText(text=text, report=report, prompt=given)

    def stream_text(
        self, prompt: str | Sequence[Message], *, hold: bool = False, **kwargs: Any
    ) -> Generator[Event, None, None]:
        """Do as `generate_text` does, in a thread, and yield the events of the text's check while it is written.

        The last event is `Ended`, with the report that `generate_text` gives. An error of `generate` is raised after
        the events of what was written until then. Closing the generator, or letting go of it, ends the generation
        after its next token.

        Args:
            prompt: as for `generate_text`.
            hold: keep back the end of the text while it may still become a passage, see `StreamChecker`.
            kwargs: for `generate`; a `streamer` also gets each token, before it is checked.

        Raises:
            UsageError: as `generate_text`; or the checker is no `provenance.Checker`.
        """
        self._refuse_several("stream_text", kwargs)
        checker = self.reviewer.checker
        if not isinstance(checker, Checker):
            raise UsageError(f"stream_text needs a provenance.Checker, not a {type(checker).__name__}")
        inputs = self._encode(prompt)
        ids = inputs["input_ids"][0].tolist() if inputs else []
        given = prompt if isinstance(prompt, str) else self.reviewer.decode(ids)
        streamer = LicenceIteratorStreamer(
            self.reviewer.tokenizer, checker, streamer=kwargs.pop("streamer", None), prompt=given, hold=hold,
            on_error=self.reviewer.on_error, channels=(),
        )  # fmt: skip
        _, options, limits = self._limited((), _without_wrapped_assistant({**inputs, **kwargs}))
        return self._delivering(following(self.unwrapped.generate, options, streamer), limits)

    def check(
        self,
        sequences: Any,
        *,
        input_ids: Any = None,
        attention_mask: Any = None,
        decoder_input_ids: Any = None,
        prompt: str | Sequence[str] | None = None,
    ) -> list[Report]:
        """Return one report for each row of what some `generate` returned earlier; `on_report` is not called.

        Args:
            sequences: the tensor, the output that has `sequences`, or lists of ids.
            input_ids, attention_mask, decoder_input_ids: what the rows were generated from. Without `input_ids` all of
                a decoder-only model's row counts as written by it.
            prompt: the text that the user supplied, one for all rows or one for each prompt; else `input_ids` decoded.

        Raises:
            UsageError: there are no rows in `sequences`, or they cannot be shared out evenly among the prompts.
        """
        given = {"input_ids": input_ids, "attention_mask": attention_mask, "decoder_input_ids": decoder_input_ids}
        rows = self._rows(sequences, (), given)
        prompts = [prompt] if prompt is None or isinstance(prompt, str) else list(prompt)
        if not prompts or len(rows) % len(prompts):
            raise UsageError(f"{len(prompts)} prompts for {len(rows)} rows; give one for all rows, or one for each")
        return [self.reviewer.row(row, prompts[at * len(prompts) // len(rows)]) for at, row in enumerate(rows)]

    def _refuse_several(self, method: str, kwargs: Mapping[str, Any]) -> None:
        if (setting("num_return_sequences", (), kwargs, self._defaults) or 1) > 1:
            raise UsageError(f"{method} returns one text; for several sequences call generate, it reports on each")

    def _delivering(
        self, events: Generator[Event, None, None], limits: LimitProcessor | None
    ) -> Generator[Event, None, None]:
        with contextlib.closing(events):
            for event in events:
                if isinstance(event, Ended):
                    if limits is not None:
                        event = Ended(report=replace(event.report, limited=limits.limited(0)))  # noqa: PLW2901
                    self.reviewer.deliver(event.report)
                yield event

    def _limited(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any], LimitProcessor | None]:
        """Return the arguments for the model, with a processor that limits what it writes, and that processor."""
        if self.limiter is None:
            return args, kwargs, None
        require_limitable(args, kwargs, self._defaults)
        review = self.reviewer
        prompts = [review.decode(ids) for ids in prompt_ids(self._beginning(args, kwargs))]
        limits = LimitProcessor(review.tokenizer, self.limiter, prompts=prompts, on_error=review.on_error)
        return *with_processor(limits, args, kwargs), limits

    def _reports(
        self, output: Any, args: Sequence[Any], kwargs: Mapping[str, Any], limits: LimitProcessor | None
    ) -> list[Report]:
        """Check and report each row; an output that is not understood is reported as not checked."""
        review = self.reviewer
        try:
            rows = self._rows(output, args, kwargs)
        except Exception as error:
            return [review.deliver(review.failed("", error))]
        reports = []
        for number, row in enumerate(rows):
            report = review.row(row)
            if limits is not None:
                report = replace(report, limited=limits.limited(number, row.written))
            reports.append(review.deliver(report))
        return reports

    def _rows(self, output: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Row]:
        """Split what `generate(*args, **kwargs)` returned."""
        return split(_sequences(output), self._beginning(args, kwargs), ending(args, kwargs, self._defaults))

    def _beginning(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Beginning:
        return beginning(
            args,
            kwargs,
            encodes=bool(getattr(self.unwrapped.config, "is_encoder_decoder", False)),
            reads_ids=getattr(self.unwrapped, "main_input_name", "input_ids") == "input_ids",
        )

    @property
    def _defaults(self) -> Any:
        return getattr(self.unwrapped, "generation_config", None)

    def _encode(self, prompt: str | Sequence[Message]) -> dict[str, Any]:
        """Return the prompt as arguments for `generate`, on the model's device; none where the prompt has no tokens."""
        if isinstance(prompt, str):
            encoded = self.reviewer.tokenizer(prompt, return_tensors="pt")
        else:
            encoded = self._encode_chat(prompt)
        if not encoded["input_ids"].shape[-1]:
            return {}
        return {name: encoded[name].to(self.unwrapped.device) for name in _ENCODED if name in encoded}

    def _encode_chat(self, messages: Sequence[Message]) -> Any:
        """Return chat messages as the chat template writes them; a processor's own template goes first."""
        if not messages or not all(isinstance(message, Mapping) for message in messages):
            raise UsageError("a prompt is a text or a list of messages such as {'role': 'user', 'content': '…'}")
        tokenizer = self.reviewer.tokenizer
        template = None if tokenizer is self.tokenizer else getattr(self.tokenizer, "chat_template", None)
        if not (template or getattr(tokenizer, "chat_template", None)):
            raise UsageError("the tokenizer has no chat template; pass the prompt as a text, or set its chat_template")
        answered = messages[-1].get("role") == "assistant"
        return tokenizer.apply_chat_template(
            list(messages),
            chat_template=template,
            add_generation_prompt=not answered,
            continue_final_message=answered,
            return_dict=True,
            return_tensors="pt",
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the model itself; nothing is checked."""
        return self.unwrapped(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        # Also asked while an unpickled object is still empty: looking for `unwrapped` then must not ask for itself.
        if name in _OWN or (name.startswith("__") and name.endswith("__")):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        if name in _UNLIMITED and self.limiter is not None:
            return functools.partial(refuse, "continuous batching")
        value = getattr(self.unwrapped, name)
        if inspect.ismethod(value) and value.__self__ is self.unwrapped:
            return self._staying_wrapped(value)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _OWN:
            super().__setattr__(name, value)
        else:
            setattr(self.unwrapped, name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *dir(self.unwrapped)})

    def __repr__(self) -> str:
        return f"LicensedModel({type(self.unwrapped).__name__})"

    def __deepcopy__(self, memo: dict[int, Any]) -> LicensedModel:
        return LicensedModel(copy.deepcopy(self.unwrapped, memo), self.tokenizer, self.reviewer, self.limiter)

    def _staying_wrapped(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """Return the model's method so that `model.to(…)` and alike give back the wrapper, not the bare model."""

        @functools.wraps(method)
        def call(*args: Any, **kwargs: Any) -> Any:
            result = method(*args, **kwargs)
            return self if result is self.unwrapped else result

        return call


def _sequences(output: Any) -> list[list[int]]:
    """Return the rows of a tensor, of an output, or of lists of ids."""
    if isinstance(output, Mapping):
        if output.get("sequences") is None:
            raise UsageError(
                f"a {type(output).__name__} without `sequences` holds no rows; pass the lists of ids in it"
            )
        output = output["sequences"]
    return token_rows(output) if len(output) else []


def _without_wrapped_assistant(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments with a wrapped assistant model unwrapped: its drafts are nobody's text."""
    assistant = kwargs.get("assistant_model")
    return {**kwargs, "assistant_model": assistant.unwrapped} if isinstance(assistant, LicensedModel) else kwargs

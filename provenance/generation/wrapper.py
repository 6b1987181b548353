"""Wrapper of a transformers model that checks what the model writes.

The wrapper is an object around the model: the model is not patched, its class and its tokenizer are not changed, and
only public names of transformers are used. `rows` finds the new ids, `review` checks them, and `outputs` makes outputs
that carry reports.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import importlib
import inspect
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from provenance.check import Checker, OnError, require_on_error
from provenance.errors import UsageError
from provenance.generation.decoder import get_text_tokenizer
from provenance.generation.limit import (
    LimitProcessor,
    add_processor,
    make_limiter,
    refuse_decoding,
    require_limitable,
)
from provenance.generation.outputs import attach
from provenance.generation.review import OnReport, Reviewer, TextChecker
from provenance.generation.rows import (
    Prompts,
    Row,
    flatten_rows,
    get_setting,
    read_prompts,
    read_stop_ids,
    split_rows,
    spread_prompts,
)
from provenance.generation.streamer import LicenceIteratorStreamer, stream_generation
from provenance.live import Ended, Event, Limiter
from provenance.reports import Report

Message = Mapping[str, Any]

_OWN = frozenset({"unwrapped", "tokenizer", "reviewer", "limiter"})
_UNLIMITED = frozenset({"generate_batch", "init_continuous_batching", "continuous_batching_context_manager"})
_ENCODED = ("input_ids", "attention_mask")  # a tokenizer may give more than the model takes


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotatedText:
    """A generated text with the report of its check.

    Attributes:
        text: what the model wrote, without the prompt and without special tokens; `str()` gives it too.
        report: what the check found; its offsets count in `text`.
        prompt: what the user had supplied, as the check saw it.
    """

    text: str
    report: Report
    prompt: str

    def __str__(self) -> str:
        return self.text

    @property
    def notices(self) -> tuple[str, ...]:
        """The notice of each finding, in the order of the text."""
        return tuple(finding.notice for finding in self.report.findings)

    def render(self, format: str = "terminal") -> str:
        """Return the text with its notices as `Report.render` shows them."""
        return self.report.render(format)


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
        on_report: called with the report of each row, in order, also if `generate` returns a bare tensor. An error that
            it raises goes to the caller. A policy's `PolicyViolationError` always goes to the caller.
        limit: keep the model from continuing a passage as soon as the policy's action for it is `limit`; reports say
            where that was. Beam search, assisted decoding and continuous batching are refused then.
        limit_tokens: the length at which a passage is limited, in place of the policy's `min_tokens`; at least 16.

    Raises:
        UsageError: torch or transformers is not installed, the model cannot generate or is wrapped already, or
            `on_error` is neither `report` nor `raise`; or with `limit`, `checker` is not a `Checker` or `limit_tokens`
            is less than 16.
    """
    _require_transformers()
    if isinstance(model, LicensedModel):
        raise UsageError("this model is wrapped already; wrap its `unwrapped` to give it another checker")
    if not callable(getattr(model, "generate", None)):
        raise UsageError(
            f"a {type(model).__name__} has no `generate`; load the model with AutoModelForCausalLM or alike"
        )
    require_on_error(on_error)
    decoder = get_text_tokenizer(tokenizer)
    reviewer = Reviewer(tokenizer=decoder, checker=checker, on_error=on_error, on_report=on_report)
    return LicensedModel(model, tokenizer, reviewer, make_limiter(checker, limit_tokens) if limit else None)


def _require_transformers() -> None:
    """Import the modules of the extra `transformers`, or say how to install it."""
    for module in ("torch", "transformers"):
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise UsageError(
                f"{module} cannot be imported ({error}); run: pip install 'licence-provenance[transformers]'"
            ) from error


class LicensedModel:
    """A transformers model whose `generate` also checks; made by `wrap`.

    Everything else is the model's own:

    - Other attributes are read from the model and set on it, and calling the wrapper calls the model.
    - A method that returns the model (`to`, `eval`) returns the wrapper.
    - The wrapper is not a `PreTrainedModel`: code that asks `isinstance` needs `unwrapped`.
    - `generate_batch` and other ways to generate are forwarded unchecked; pass what they return to `check`.
    - A deep copy has a model of its own and shares the tokenizer and the checker.

    Attributes:
        unwrapped: the model.
        tokenizer: as given to `wrap`.
        reviewer: decodes, checks and reports.
        limiter: knows where passages have their bounds; None without `limit`.
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
        args, kwargs, processor = self._add_limits(args, kwargs)
        output = self.unwrapped.generate(*args, **_unwrap_assistant(kwargs))
        review = self.reviewer
        try:
            rows = self._split_output(output, args, kwargs)
        except Exception as error:
            # The application gets what the model wrote also if we cannot read it; one report says so.
            return attach(output, [review.deliver(review.failed("", error))])
        reports = []
        for number, row in enumerate(rows):
            report = review.check_row(row)
            if processor is not None:
                report = replace(report, limited=processor.limited(number, row.written))
            reports.append(review.deliver(report))
        return attach(output, reports)

    def generate_text(self, prompt: str | Sequence[Message], **kwargs: Any) -> AnnotatedText:
        """Write one continuation of `prompt`, or one answer to chat messages, and return it with its report.

        Args:
            prompt: a text, or a list of messages for the tokenizer's chat template. A last message of the assistant
                is continued.
            kwargs: for `generate`.

        Raises:
            UsageError: more than one sequence is asked for, or the messages cannot be turned into a prompt.
        """
        self._require_one_sequence("generate_text", kwargs)
        inputs = self._encode_prompt(prompt)
        _, kwargs, processor = self._add_limits((), {**inputs, **kwargs})
        output = self.unwrapped.generate(**_unwrap_assistant(kwargs))
        (row,) = self._split_output(output, (), kwargs)
        text = self.reviewer.decode(row.written)
        given = prompt if isinstance(prompt, str) else self.reviewer.decode(row.given)
        report = self.reviewer.check_text(text, given)
        if processor is not None:
            report = replace(report, limited=processor.limited(0, row.written))
        self.reviewer.deliver(report)
        return AnnotatedText(text=text, report=report, prompt=given)

    def stream_text(
        self, prompt: str | Sequence[Message], *, hold: bool = False, **kwargs: Any
    ) -> Generator[Event, None, None]:
        """Generate as `generate_text` does, in a thread, and yield the events of the text's check while it is written.

        The last event is `Ended`, with the report that `generate_text` gives. An error of `generate` is raised after
        the events of what was written until then. Closing or dropping the generator ends the generation after its next
        token.

        Args:
            prompt: as for `generate_text`.
            hold: keep back the end of the text while it may still become a passage, see `StreamChecker`.
            kwargs: for `generate`; a `streamer` also gets each token, before it is checked.

        Raises:
            UsageError: as `generate_text`; or the checker is no `provenance.Checker`.
        """
        # All this is outside the generator, so that the caller gets its errors at once.
        self._require_one_sequence("stream_text", kwargs)
        checker = self.reviewer.checker
        if not isinstance(checker, Checker):
            raise UsageError(f"stream_text needs a provenance.Checker, not a {type(checker).__name__}")
        inputs = self._encode_prompt(prompt)
        ids = inputs["input_ids"][0].tolist() if inputs else []
        given = prompt if isinstance(prompt, str) else self.reviewer.decode(ids)
        streamer = LicenceIteratorStreamer(
            self.reviewer.tokenizer, checker, streamer=kwargs.pop("streamer", None), prompt=given, hold=hold,
            on_error=self.reviewer.on_error, channels=(),
        )  # fmt: skip
        _, options, processor = self._add_limits((), _unwrap_assistant({**inputs, **kwargs}))
        return self._deliver_events(stream_generation(self.unwrapped.generate, options, streamer), processor)

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
            input_ids: what the rows were generated from. Without it all of a decoder-only model's row counts as written
                by the model.
            attention_mask: the mask that hides the padding in `input_ids`.
            decoder_input_ids: what an encoder-decoder model's decoder was given.
            prompt: the text that the user supplied, one for all rows or one for each prompt; by default `input_ids`
                decoded.

        Raises:
            UsageError: there are no rows in `sequences`, or they cannot be shared out evenly among the prompts.
        """
        given = {"input_ids": input_ids, "attention_mask": attention_mask, "decoder_input_ids": decoder_input_ids}
        rows = self._split_output(sequences, (), given)
        prompts = [prompt] if prompt is None or isinstance(prompt, str) else list(prompt)
        pairs = zip(rows, spread_prompts(prompts, len(rows)), strict=True)
        return [self.reviewer.check_row(row, text) for row, text in pairs]

    def _require_one_sequence(self, method: str, kwargs: Mapping[str, Any]) -> None:
        if (get_setting("num_return_sequences", (), kwargs, self._generation_config) or 1) > 1:
            raise UsageError(f"{method} returns one text; for several sequences call generate, it reports on each")

    def _deliver_events(
        self, events: Generator[Event, None, None], processor: LimitProcessor | None
    ) -> Generator[Event, None, None]:
        """Yield the events; the last gets the limits in its report, which goes to the application's callback."""
        # A caller that drops this generator closes it, and closing `events` stops the model's thread.
        with contextlib.closing(events):
            for event in events:
                if not isinstance(event, Ended):
                    yield event
                    continue
                report = event.report
                if processor is not None:
                    report = replace(report, limited=processor.limited(0))
                yield Ended(report=self.reviewer.deliver(report))

    def _add_limits(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any], LimitProcessor | None]:
        """Return the arguments for the model, with a processor that limits what it writes, and that processor."""
        if self.limiter is None:
            return args, kwargs, None
        require_limitable(args, kwargs, self._generation_config)
        review, prompts = self.reviewer, self._read_prompts(args, kwargs)
        texts = [review.decode(prompts.read_ids(number)) for number in range(prompts.count)]
        processor = LimitProcessor(review.tokenizer, self.limiter, prompts=texts, on_error=review.on_error)
        return *add_processor(processor, args, kwargs), processor

    def _split_output(self, output: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Row]:
        """Return the rows of what `generate(*args, **kwargs)` returned: a tensor, an output, or lists of ids."""
        if isinstance(output, Mapping):
            if output.get("sequences") is None:
                raise UsageError(
                    f"a {type(output).__name__} without `sequences` holds no rows; pass the lists of ids in it"
                )
            output = output["sequences"]
        rows = flatten_rows(output) if len(output) else []
        stops = read_stop_ids(args, kwargs, self._generation_config)
        return split_rows(rows, self._read_prompts(args, kwargs), stops)

    def _read_prompts(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Prompts:
        return read_prompts(
            args,
            kwargs,
            is_encoder_decoder=bool(getattr(self.unwrapped.config, "is_encoder_decoder", False)),
            reads_ids=getattr(self.unwrapped, "main_input_name", "input_ids") == "input_ids",
        )

    @property
    def _generation_config(self) -> Any:
        """The model's own settings, if it has any."""
        return getattr(self.unwrapped, "generation_config", None)

    def _encode_prompt(self, prompt: str | Sequence[Message]) -> dict[str, Any]:
        """Return the prompt as arguments for `generate`, on the model's device; none for a prompt without tokens."""
        if isinstance(prompt, str):
            encoded = self.reviewer.tokenizer(prompt, return_tensors="pt")
        else:
            encoded = self._encode_chat(prompt)
        if not encoded["input_ids"].shape[-1]:
            return {}  # without input `generate` starts from the model's own start token
        return {name: encoded[name].to(self.unwrapped.device) for name in _ENCODED if name in encoded}

    def _encode_chat(self, messages: Sequence[Message]) -> Any:
        """Return chat messages as the chat template writes them.

        Raises:
            UsageError: they are not messages, or there is no chat template.
        """
        if not messages or not all(isinstance(message, Mapping) for message in messages):
            raise UsageError("a prompt is a text or a list of messages such as {'role': 'user', 'content': '…'}")
        tokenizer = self.reviewer.tokenizer
        # A processor's own template goes before that of its tokenizer.
        template = None if tokenizer is self.tokenizer else getattr(self.tokenizer, "chat_template", None)
        if not (template or getattr(tokenizer, "chat_template", None)):
            raise UsageError("the tokenizer has no chat template; pass the prompt as a text, or set its chat_template")
        is_begun = messages[-1].get("role") == "assistant"
        return tokenizer.apply_chat_template(
            list(messages),
            chat_template=template,
            add_generation_prompt=not is_begun,
            continue_final_message=is_begun,
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
            return functools.partial(refuse_decoding, "continuous batching")
        value = getattr(self.unwrapped, name)
        if not (inspect.ismethod(value) and value.__self__ is self.unwrapped):
            return value

        # `model.to(…)` and alike return the model; give back the wrapper then, or the caller would lose the check.
        @functools.wraps(value)
        def call(*args: Any, **kwargs: Any) -> Any:
            result = value(*args, **kwargs)
            return self if result is self.unwrapped else result

        return call

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


def _unwrap_assistant(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments with a wrapped assistant model unwrapped: its drafts are not shown and need no check."""
    assistant = kwargs.get("assistant_model")
    return {**kwargs, "assistant_model": assistant.unwrapped} if isinstance(assistant, LicensedModel) else kwargs

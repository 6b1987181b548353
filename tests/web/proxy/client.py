"""What a client of OpenAI's makes of a server: `python client.py BASE_URL` prints it as JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

import openai

QUESTION: Any = [{"role": "user", "content": "Tell me how it begins."}]


def seen(client: openai.OpenAI) -> dict[str, Any]:
    """Ask in every way that there is."""
    chat, responses = client.chat.completions, client.responses
    whole = chat.create(model="m", messages=QUESTION)
    chunks = list(chat.create(model="m", messages=QUESTION, stream=True))
    with chat.stream(model="m", messages=QUESTION) as helper:
        for _ in helper:
            pass
        helped = helper.get_final_completion()
    several = chat.create(model="m", messages=QUESTION, n=2)
    with chat.stream(model="m", messages=QUESTION, n=2) as helper:
        for _ in helper:
            pass
        several_helped = helper.get_final_completion()
    response = responses.create(model="m", input="Tell me how it begins.")
    events = list(responses.create(model="m", input="Tell me how it begins.", stream=True))
    with responses.stream(model="m", input="Tell me how it begins.") as stream:
        for _ in stream:
            pass
        streamed = stream.get_final_response()
    return {
        "whole": _message(whole.choices[0].message),
        "whole report": _report(whole),
        "chunks": _chunks(chunks),
        "chunk report": _report(next(c for c in chunks if c.choices and c.choices[0].finish_reason)),
        "helped": _message(helped.choices[0].message),
        "several": [_message(choice.message) for choice in several.choices],
        "several reports": [_report(choice) for choice in several.choices],
        "several helped": [_message(choice.message) for choice in several_helped.choices],
        "response": _output(response),
        "response report": _report(response),
        "events": [event.annotation for event in events if event.type == "response.output_text.annotation.added"],
        "numbers": [event.sequence_number for event in events],
        "streamed": _output(streamed),
        "streamed report": _report(streamed),
    }


def _chunks(chunks: list[Any]) -> dict[str, Any]:
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    lists = [found for delta in deltas if (found := (delta.model_extra or {}).get("annotations"))]
    return {
        "content": "".join(delta.content or "" for delta in deltas),
        "annotations": [a for each in lists for a in each],
    }


def _message(message: Any) -> dict[str, Any]:
    said = message.to_dict()
    return {"content": said["content"], "annotations": said.get("annotations", [])}


def _output(response: Any) -> dict[str, Any]:
    (part,) = response.output[0].content
    return {"content": part.text, "annotations": [annotation.to_dict() for annotation in part.annotations]}


def _report(holder: Any) -> Any:
    return (holder.model_extra or {}).get("licence_report")


if __name__ == "__main__":
    client = openai.OpenAI(base_url=sys.argv[1], api_key="none", max_retries=0)
    print(json.dumps({"version": openai.__version__, **seen(client)}, default=lambda value: value.to_dict()))

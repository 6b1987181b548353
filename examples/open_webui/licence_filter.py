"""
title: Licence notices
description: Says under an answer whose work it repeats, and under which licence.
version: 0.1.0
requirements: httpx
"""

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from pydantic import BaseModel, Field

log = logging.getLogger(__name__)

Emit = Callable[[dict[str, Any]], Awaitable[None]]
NOT_CHECKED = "Licence notices: this answer could not be checked."


class Filter:
    """A filter for Open WebUI: asks `provenance serve` about each answer, and shows its notices as sources."""

    class Valves(BaseModel):
        priority: int = Field(default=0, description="The lower, the earlier among several filters.")
        server: str = Field(default="http://127.0.0.1:8000", description="Where `provenance serve` listens.")
        key: str = Field(default="", description="Its key, if it asks for one.")
        timeout: float = Field(default=10.0, gt=0, description="Seconds to wait for it.")
        footer: bool = Field(default=False, description="Write the notices under the answer too; this changes it.")

    def __init__(self) -> None:
        self.valves = self.Valves()

    async def outlet(self, body: dict[str, Any], __event_emitter__: Emit | None = None) -> dict[str, Any]:
        """Show the notices on the last answer; whatever goes wrong, the answer stays."""
        try:
            answer, prompt = _last_answer(body.get("messages"))
            if answer is not None and (text := _visible(answer["content"])):
                findings = await self._findings(text, prompt)
                await _show(findings, __event_emitter__)
                if self.valves.footer and findings:
                    answer["content"] += _footer(findings)
        except Exception as error:
            log.warning("an answer could not be checked: %s: %s", type(error).__name__, error)
            await _say_that_it_failed(__event_emitter__)
        return body

    async def _findings(self, text: str, prompt: str) -> list[dict[str, Any]]:
        headers = {"authorization": f"Bearer {self.valves.key}"} if self.valves.key else {}
        async with httpx.AsyncClient(timeout=self.valves.timeout, trust_env=False) as client:
            url = self.valves.server.rstrip("/") + "/check"
            answered = await client.post(url, json={"text": text, "prompt": prompt}, headers=headers)
        report = answered.raise_for_status().json()
        if report.get("error"):
            raise RuntimeError(report["error"])
        return list(report["findings"])


def _last_answer(messages: Any) -> tuple[dict[str, Any] | None, str]:
    """Return the last message, if it is a text of the assistant's, and all that the user supplied."""
    messages = messages if isinstance(messages, list) else []
    supplied = (_text(message.get("content")) for message in messages if message.get("role") != "assistant")
    last = messages[-1] if messages else {}
    theirs = last.get("role") == "assistant" and isinstance(last.get("content"), str)
    return last if theirs else None, "\n\n".join(supplied)


def _text(content: Any) -> str:
    if isinstance(content, list):  # of parts, some of which are pictures
        return "\n\n".join(part["text"] for part in content if part.get("type") == "text")
    return content or ""


def _visible(content: str) -> str:
    """Return an answer without the boxes that Open WebUI puts into it for reasoning and tools."""
    before, *boxes = re.split(r'<details type="(?:reasoning|tool_calls|code_interpreter)"', content)
    return (before + "".join(box.partition("</details>")[2] for box in boxes)).strip()


async def _show(findings: list[dict[str, Any]], emit: Emit | None) -> None:
    """Emit a source for each work, with all its passages."""
    works: dict[str, list[dict[str, Any]]] = {}
    for finding in findings:
        works.setdefault(finding["sources"][0]["work"]["id"], []).append(finding)
    for found in works.values() if emit else ():
        await emit({"type": "source", "data": _source(found)})  # type: ignore[misc]  # there is an emitter


def _source(found: list[dict[str, Any]]) -> dict[str, Any]:
    work = found[0]["sources"][0]["work"]
    name = _name(work["title"] or work["id"], ", ".join(work["authors"]), work["licence"] or work["status"])
    # Where `source` in the metadata is an address, Open WebUI shows it instead of the name.
    metadata = {"source": f"licence-provenance:{work['id']}", "name": name}
    address = work["source"] or ""
    return {
        "source": {"name": name, **({"url": address} if address.startswith(("https://", "http://")) else {})},
        "document": [f"{finding['notice']}\n\n“{finding['quote']['exact']}”" for finding in found],
        "metadata": [metadata] * len(found),
    }


def _name(*parts: str) -> str:
    """Return some words from a work in one line, without characters that only steer what is shown."""
    said = (" ".join("".join(filter(str.isprintable, part.replace("\n", " "))).split()) for part in parts)
    return " — ".join(part[:200] for part in said if part)


def _footer(findings: list[dict[str, Any]]) -> str:
    """Return the notices as a list in Markdown; what comes from a work is shown as it is."""
    notices = dict.fromkeys(re.sub(r"([\\`*_\[\]<>#|~$!&])", r"\\\1", finding["notice"]) for finding in findings)
    return "\n\n---\n" + "\n".join(f"{number}. {notice}" for number, notice in enumerate(notices, 1))


async def _say_that_it_failed(emit: Emit | None) -> None:
    try:
        if emit is not None:
            await emit({"type": "status", "data": {"description": NOT_CHECKED, "done": True}})
    except Exception:
        log.exception("nobody can be told that an answer was not checked")

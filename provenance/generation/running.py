"""How does a generation run beside whoever reads what it writes, and stop when nobody does any more?"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping
from typing import Any

from provenance.generation.streamer import LicenceIteratorStreamer
from provenance.live import Event


def following(
    generate: Callable[..., Any], options: Mapping[str, Any], streamer: LicenceIteratorStreamer
) -> Generator[Event, None, None]:
    """Run `generate(**options)` in a thread and yield the events of its answer.

    The thread starts with the first event that is asked for, and has ended when the generator has: one that is closed
    early makes it stop after its next token. What `generate` raises is raised after the events.
    """
    given_up, errors = threading.Event(), list[BaseException]()
    criteria = [*(options.get("stopping_criteria") or ()), _stop_when(given_up)]

    def run() -> None:
        try:
            with streamer:
                generate(**{**options, "streamer": streamer, "stopping_criteria": criteria})
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, name="provenance-generation", daemon=True)
    thread.start()
    try:
        yield from streamer
    finally:
        given_up.set()
        thread.join()
    if errors:
        raise errors[0]


def _stop_when(given_up: threading.Event) -> Callable[..., Any]:
    """Return a stopping criterion of transformers: asked after each token, it says yes or no for each row."""

    def stop(input_ids: Any, scores: Any, **kwargs: Any) -> Any:  # noqa: ARG001 - transformers' own names
        return input_ids.new_full((input_ids.shape[0],), given_up.is_set()).bool()

    return stop

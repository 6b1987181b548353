"""Faults: errors that a client of OpenAI's API gets instead of an answer, or of the rest of one.

Its libraries read an object `error`, as the body of an answer or as an event of a stream.
"""

from __future__ import annotations

from typing import Any

from provenance.errors import ProvenanceError
from provenance.openai.asgi import Send
from provenance.openai.sse import encode_json


class FaultError(ProvenanceError):
    """An error for a client, instead of an answer or of the rest of one.

    Args:
        status: the HTTP status, where no answer has begun.
        code: one word for programs.
        message: what is wrong, for people.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status, code, message)
        self.status = status
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return self.message

    def to_dict(self) -> dict[str, Any]:
        """Return the fault in its JSON form."""
        kind = "server_error" if self.status >= 500 else "invalid_request_error"
        return {"error": {"message": self.message, "type": kind, "param": None, "code": self.code}}


async def answer_fault(send: Send, fault: FaultError) -> None:
    """Answer a request with a fault, and close its connection: the request may not have been read to its end."""
    body = encode_json(fault.to_dict())
    headers = [
        (b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), (b"connection", b"close"),
    ]  # fmt: skip
    await send({"type": "http.response.start", "status": fault.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

"""Checks of what transformers models write, after `generate` or while it runs.

`wrap(model, tokenizer, checker)` puts a thin object around a model; its `generate` takes and returns what transformers'
does, and every new row is checked. A `LicenceStreamer` takes the place of the application's own streamer and checks
while the text is written. Importing this package loads neither torch nor transformers. The package does not decide what
is substantial (`provenance.check` does), and it never alters what the model wrote.
"""

from provenance.generation.channels import ANSWER, CHANNELS, REASONING, TOOLS, Channel
from provenance.generation.limit import LimitProcessor
from provenance.generation.review import TextChecker
from provenance.generation.streamer import LicenceIteratorStreamer, LicenceStreamer
from provenance.generation.wrapper import AnnotatedText, LicensedModel, wrap
from provenance.live import StreamChecker

__all__ = [
    "ANSWER",
    "CHANNELS",
    "REASONING",
    "TOOLS",
    "AnnotatedText",
    "Channel",
    "LicenceIteratorStreamer",
    "LicenceStreamer",
    "LicensedModel",
    "LimitProcessor",
    "StreamChecker",
    "TextChecker",
    "wrap",
]

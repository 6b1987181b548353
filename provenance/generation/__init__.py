"""How does an application learn, while its model writes, that the model repeats a work?

`wrap(model, tokenizer, checker)` puts a thin object around a transformers model; its `generate` takes and returns what
transformers' does, and every new row is checked. A `LicenceStreamer` stands where the application's own streamer stood,
and checks while the text is written. Importing this package loads neither torch nor transformers. It does not decide
what is substantial (`checker` does) and it never alters what the model wrote.
"""

from provenance.generation.annotated import AnnotatedText
from provenance.generation.channels import ANSWER, CHANNELS, REASONING, TOOLS, Channel
from provenance.generation.limit import LimitProcessor
from provenance.generation.review import TextChecker
from provenance.generation.streamer import LicenceIteratorStreamer, LicenceStreamer
from provenance.generation.wrapper import LicensedModel, wrap
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

"""How does an application learn, while its model writes, that the model repeats a work?

`wrap(model, tokenizer, checker)` puts a thin object around a transformers model; its `generate` takes and returns what
transformers' does, and every new row is checked. Importing this package loads neither torch nor transformers. It does
not decide what is substantial (`checker` does) and it never alters what the model wrote.
"""

from provenance.checker import StreamChecker
from provenance.generation.annotated import AnnotatedText
from provenance.generation.review import TextChecker
from provenance.generation.wrapper import LicensedModel, wrap

__all__ = ["AnnotatedText", "LicensedModel", "StreamChecker", "TextChecker", "wrap"]

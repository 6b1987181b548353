"""The same while the answer is being written: `python streaming.py MODEL QUESTION`."""

import sys

import litellm

import provenance
from provenance.integrations.litellm import annotate_stream

checker = provenance.Checker(provenance.Database.open("provenance-db"))
messages = [{"role": "user", "content": sys.argv[2]}]

stream = litellm.completion(model=sys.argv[1], messages=messages, stream=True)
for chunk in annotate_stream(stream, checker, messages=messages):
    for choice in chunk.choices:
        print(choice.delta.content or "", end="", flush=True)
        for annotation in getattr(choice.delta, "annotations", None) or []:
            print(f"\n{annotation['url_citation']['title']} {annotation['url_citation']['url']}")

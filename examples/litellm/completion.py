"""Ask by LiteLLM's SDK, print the answer and whose words it repeats: `python completion.py MODEL QUESTION`.

Needs a database in ./provenance-db, such as `provenance ingest examples/works/works.jsonl --trusted` makes.
"""

import sys

import litellm

import provenance
from provenance.integrations.litellm import annotate

checker = provenance.Checker(provenance.Database.open("provenance-db"))  # make one and keep it
messages = [{"role": "user", "content": sys.argv[2]}]

response = litellm.completion(model=sys.argv[1], messages=messages)
annotate(response, checker, messages=messages)

message = response.choices[0].message
print(message.content)
for annotation in getattr(message, "annotations", None) or []:
    print(annotation["url_citation"]["title"], annotation["url_citation"]["url"])

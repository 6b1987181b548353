"""Wrap a transformers model, so that what it writes is checked: `python wrap_a_model.py [--db PATH] [MODEL] [PROMPT]`.

MODEL is a local folder or a name on the Hugging Face hub; by default the small model of the demo. Needs the extra
`transformers` and a database, such as `provenance ingest examples/works/works.jsonl --trusted` makes.
"""

import argparse
from pathlib import Path

from transformers import AutoModelForCausalLM, AutoTokenizer

import provenance
from provenance.generation import wrap

DEMO = Path(__file__).parent / "demo" / "model"

options = argparse.ArgumentParser(description=__doc__)
options.add_argument("model", nargs="?", default=str(DEMO))
options.add_argument(
    "prompt", nargs="?", default="Launched by a Saturn V rocket from Kennedy Space Center in Merritt Island, Florida,"
)
options.add_argument("--db", default="provenance-db")
chosen = options.parse_args()

model = AutoModelForCausalLM.from_pretrained(chosen.model)
tokenizer = AutoTokenizer.from_pretrained(chosen.model)

# These lines are all that an app adds.
checker = provenance.Checker(provenance.Database.open(chosen.db))
model = wrap(model, tokenizer, checker)

# `generate` takes and returns what it did before. A dictionary output has one more field: a report for each row.
inputs = tokenizer([chosen.prompt], return_tensors="pt")
output = model.generate(
    input_ids=inputs["input_ids"],
    attention_mask=inputs["attention_mask"],
    return_dict_in_generate=True,
    max_new_tokens=120,
)
for finding in output.provenance[0].findings:
    print(finding.notice)

# Where no tensors are wanted: one text with its notices.
print(model.generate_text(chosen.prompt, max_new_tokens=120).render("text"))

"""Stream an answer in one call, notices among the text: `python stream_text.py [--db PATH] [PROMPT]`."""

import argparse
from pathlib import Path

from transformers import AutoModelForCausalLM, AutoTokenizer

import provenance
from provenance.generation import wrap

options = argparse.ArgumentParser(description=__doc__)
options.add_argument(
    "prompt", nargs="?", default="Launched by a Saturn V rocket from Kennedy Space Center in Merritt Island, Florida,"
)
options.add_argument("--db", default="provenance-db")
chosen = options.parse_args()

folder = str(Path(__file__).parent.parent / "demo" / "model")
model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
checker = provenance.Checker(provenance.Database.open(chosen.db))

model = wrap(model, tokenizer, checker)
for event in model.stream_text(chosen.prompt, max_new_tokens=120):
    match event:
        case provenance.Released(text=text):
            print(text, end="", flush=True)
        case provenance.Noticed(change=provenance.Change.OPENED, finding=finding):
            print(f"\n[{finding.notice}]")
        case provenance.Ended(report=report):
            print(f"\n{len(report.findings)} passages; searched {report.coverage.works} works")

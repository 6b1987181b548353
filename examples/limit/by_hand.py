"""The same without the wrapper, for an app that calls `generate` itself: `python by_hand.py [--db PATH] [MODEL]`."""

import argparse
from pathlib import Path

from transformers import AutoModelForCausalLM, AutoTokenizer

import provenance
from provenance.generation import LimitProcessor

options = argparse.ArgumentParser(description=__doc__)
options.add_argument("model", nargs="?", default=str(Path(__file__).parent.parent / "demo" / "model"))
options.add_argument("--db", default="provenance-db")
chosen = options.parse_args()

model = AutoModelForCausalLM.from_pretrained(chosen.model)
tokenizer = AutoTokenizer.from_pretrained(chosen.model)
database = provenance.Database.open(chosen.db)
policy = provenance.PolicySettings(actions={provenance.LicenceStatus.LICENSED: provenance.Action.LIMIT})

limits = LimitProcessor(tokenizer, provenance.Checker(database, policy))  # a new one for each call
prompts = ["The harbour at Lowick wakes before", "Launched by a Saturn V rocket from Kennedy Space Center in"]
inputs = tokenizer(prompts, return_tensors="pt", padding=True)
rows = model.generate(**inputs, max_new_tokens=100, do_sample=False, logits_processor=[limits])
for number, row in enumerate(rows):
    written = row[inputs["input_ids"].shape[1] :].tolist()
    print(repr(tokenizer.decode(written, skip_special_tokens=True)[-60:]))
    print([(limited.at, limited.work and limited.work.title) for limited in limits.limited(number, written)])

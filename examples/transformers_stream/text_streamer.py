"""Show an answer as it is written, then the notices it needs: `python text_streamer.py [--db PATH] [MODEL] [PROMPT]`.

MODEL is a local folder or a name on the Hugging Face hub; by default the small model of the demo.
"""

import argparse
from pathlib import Path

from transformers import AutoModelForCausalLM, AutoTokenizer, TextStreamer

import provenance
from provenance.generation import LicenceStreamer

options = argparse.ArgumentParser(description=__doc__)
options.add_argument("model", nargs="?", default=str(Path(__file__).parent.parent / "demo" / "model"))
options.add_argument(
    "prompt", nargs="?", default="Launched by a Saturn V rocket from Kennedy Space Center in Merritt Island, Florida,"
)
options.add_argument("--db", default="provenance-db")
chosen = options.parse_args()

model = AutoModelForCausalLM.from_pretrained(chosen.model)
tokenizer = AutoTokenizer.from_pretrained(chosen.model)
inputs = tokenizer([chosen.prompt], return_tensors="pt")

# Your own streamer, as before; ours goes around it.
checker = provenance.Checker(provenance.Database.open(chosen.db))
with LicenceStreamer(tokenizer, checker, streamer=TextStreamer(tokenizer, skip_prompt=True)) as streamer:
    model.generate(**inputs, max_new_tokens=120, streamer=streamer)
for finding in streamer.report.findings:
    print(finding.notice)

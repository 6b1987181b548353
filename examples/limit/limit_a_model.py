"""Keep a model from reciting: `python limit_a_model.py [--db PATH] [MODEL] [PROMPT]`.

MODEL is a local folder or a name on the Hugging Face hub; by default the small model of the demo. Needs the extra
`transformers` and a database, such as `provenance ingest examples/works/works.jsonl --trusted` makes.
"""

import argparse
from pathlib import Path

from transformers import AutoModelForCausalLM, AutoTokenizer

import provenance
from provenance.generation import wrap

DEMO = Path(__file__).parent.parent / "demo" / "model"

options = argparse.ArgumentParser(description=__doc__)
options.add_argument("model", nargs="?", default=str(DEMO))
options.add_argument(
    "prompt", nargs="?", default="Launched by a Saturn V rocket from Kennedy Space Center in Merritt Island, Florida,"
)
options.add_argument("--db", default="provenance-db")
chosen = options.parse_args()

model = AutoModelForCausalLM.from_pretrained(chosen.model)
tokenizer = AutoTokenizer.from_pretrained(chosen.model)
database = provenance.Database.open(chosen.db)

# The policy says for which works: here those under a licence. The public domain may be recited.
policy = provenance.PolicySettings(actions={provenance.LicenceStatus.LICENSED: provenance.Action.LIMIT})
checker = provenance.Checker(database, policy)
model = wrap(model, tokenizer, checker, limit=True)
answer = model.generate_text(chosen.prompt, max_new_tokens=150)

print(answer.render("text"))
for limited in answer.report.limited:
    print(limited.at, limited.work and limited.work.id, limited.tokens, limited.times, limited.error)

"""Read an answer from a `TextIteratorStreamer`, with notices meanwhile: `python iterator_streamer.py [--db PATH]`."""

import argparse
import threading
from pathlib import Path

from transformers import AutoModelForCausalLM, AutoTokenizer, TextIteratorStreamer

import provenance
from provenance.generation import LicenceStreamer

options = argparse.ArgumentParser(description=__doc__)
options.add_argument("--db", default="provenance-db")
chosen = options.parse_args()

folder = str(Path(__file__).parent.parent / "demo" / "model")
model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
inputs = tokenizer(
    ["Launched by a Saturn V rocket from Kennedy Space Center in Merritt Island, Florida,"], return_tensors="pt"
)
checker = provenance.Checker(provenance.Database.open(chosen.db))


# Called in the thread that generates, for each event: text, a passage that opens or grows or closes, the report.
def on_event(channel, event):
    if isinstance(event, provenance.Noticed) and event.change is provenance.Change.OPENED:
        print(f"[{channel}: {event.finding.notice}]")


yours = TextIteratorStreamer(tokenizer, skip_prompt=True)
streamer = LicenceStreamer(tokenizer, checker, streamer=yours, on_event=on_event)


def answer():
    with streamer:  # ends both streamers also when the model fails, so that nobody waits for more
        model.generate(**inputs, max_new_tokens=120, streamer=streamer)


thread = threading.Thread(target=answer)
thread.start()
text = "".join(yours)
thread.join()
print(text.strip())
print(f"searched {streamer.report.coverage.works} works")

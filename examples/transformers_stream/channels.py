"""Tell reasoning and tool calls from the answer, in an event loop: `python channels.py [--db PATH]`."""

import argparse
import asyncio
from pathlib import Path

from transformers import AutoModelForCausalLM, AutoTokenizer

import provenance
from provenance.generation import Channel, LicenceIteratorStreamer

options = argparse.ArgumentParser(description=__doc__)
options.add_argument("--db", default="provenance-db")
chosen = options.parse_args()

folder = str(Path(__file__).parent.parent / "demo" / "model")
model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
inputs = tokenizer(
    ["Launched by a Saturn V rocket from Kennedy Space Center in Merritt Island, Florida,"], return_tensors="pt"
)
checker = provenance.Checker(provenance.Database.open(chosen.db))


async def main():
    # The demo model does not reason: for this example what it writes between brackets stands in for it.
    aside = Channel(name="aside", opens="(", closes=")")
    streamer = LicenceIteratorStreamer(tokenizer, checker, channels=[aside])

    def answer():
        with streamer:
            model.generate(**inputs, max_new_tokens=120, streamer=streamer)

    running = asyncio.create_task(asyncio.to_thread(answer))
    texts = {}
    async for channel, event in streamer.by_channel_async():
        if isinstance(event, provenance.Released):
            texts[channel] = texts.get(channel, "") + event.text
    await running
    for channel, text in texts.items():
        print(f"{channel}: {text.strip()}")
    for channel, report in streamer.reports.items():
        print(f"{channel}: {len(report.findings)} passages")


asyncio.run(main())

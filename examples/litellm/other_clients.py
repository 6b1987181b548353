"""The same with OpenAI's client, without LiteLLM: `python other_clients.py MODEL QUESTION`."""

import asyncio
import sys

import openai

import provenance
from provenance.openai.sdk import annotate_stream_async

checker = provenance.Checker(provenance.Database.open("provenance-db"))
messages = [{"role": "user", "content": sys.argv[2]}]


async def main() -> None:
    async with openai.AsyncOpenAI() as client:
        stream = await client.chat.completions.create(model=sys.argv[1], messages=messages, stream=True)
        async for chunk in annotate_stream_async(stream, checker, messages=messages):
            for choice in chunk.choices:
                print(choice.delta.content or "", end="", flush=True)
                for annotation in getattr(choice.delta, "annotations", None) or []:
                    print(f"\n{annotation['url_citation']['title']} {annotation['url_citation']['url']}")


asyncio.run(main())

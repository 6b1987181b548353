"""Ask through the proxy: `python ask_proxy.py QUESTION`, with OPENAI_BASE_URL and OPENAI_API_KEY set to the proxy's."""

import sys

import openai

client = openai.OpenAI()
messages = [{"role": "user", "content": sys.argv[1]}]
with client.chat.completions.stream(model="my-model", messages=messages) as stream:
    for event in stream:
        if event.type == "content.delta":
            print(event.delta, end="", flush=True)
    message = stream.get_final_completion().choices[0].message

print()
for annotation in message.annotations or []:
    print(annotation.url_citation.title, annotation.url_citation.url)

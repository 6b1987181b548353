"""Ask a model through the proxy, and print which works its answer repeats: `python ask.py QUESTION [--model NAME]`.

Any client of OpenAI's API will do. Needs `pip install openai`, and a proxy: see README.md.
"""

import argparse
import os

import openai

options = argparse.ArgumentParser(description=__doc__)
options.add_argument("question")
options.add_argument("--model", default="default", help="as the server behind the proxy calls it")
options.add_argument("--base-url", default="http://127.0.0.1:8000/v1", help="of the proxy")
chosen = options.parse_args()

client = openai.OpenAI(base_url=chosen.base_url, api_key=os.environ.get("OPENAI_API_KEY", "none"))
question = [{"role": "user", "content": chosen.question}]

annotations, report = [], None
for chunk in client.chat.completions.create(model=chosen.model, messages=question, stream=True):
    report = (chunk.model_extra or {}).get("licence_report", report)
    for choice in chunk.choices:
        print(choice.delta.content or "", end="", flush=True)
        annotations += (choice.delta.model_extra or {}).get("annotations", [])

print("\n")
for annotation in annotations:
    cited = annotation["url_citation"]
    print(f"{cited['start_index']}-{cited['end_index']}: {cited['title']}, {cited['url']}")
if report and "error" in report:
    print(f"not checked: {report['error']}")
elif report:
    print(f"looked through {report['coverage']['works']:,} works")

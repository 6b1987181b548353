from stand_in import model  # any chat model of LangChain's

from provenance import Checker, Database
from provenance.integrations.langchain import annotated

checker = Checker(Database.open("provenance-db"))
chain = annotated(checker, model=model)

answer = None
for part in chain.stream("What was Apollo 11?"):
    print(part.text, end="", flush=True)
    answer = part if answer is None else answer + part

print()
for number, finding in enumerate(answer.response_metadata["licence_report"]["findings"], 1):
    print(f"[{number}] {finding['notice']}")

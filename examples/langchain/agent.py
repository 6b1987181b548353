from langchain.agents import create_agent
from stand_in import model  # any chat model of LangChain's

from provenance import Checker, Database
from provenance.integrations.langchain import LicenceMiddleware

checker = Checker(Database.open("provenance-db"))
agent = create_agent(model, middleware=[LicenceMiddleware(checker)])

answer = agent.invoke({"messages": [("human", "What was Apollo 11?")]})["messages"][-1]
for block in answer.content_blocks:
    for citation in block.get("annotations", []):
        print(f"{citation['start_index']}-{citation['end_index']} {citation['extras']['notice']}")

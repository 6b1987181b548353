from langchain.agents import create_agent
from stand_in import article, model_of  # any chat model of LangChain's

from provenance import Checker, Database
from provenance.integrations.langchain import LicenceMiddleware

checker = Checker(Database.open("provenance-db"))
agent = create_agent(model_of(article), middleware=[LicenceMiddleware(checker)])

question = {"messages": [("human", "What was Apollo 11?")]}
for mode, news in agent.stream(question, stream_mode=["messages", "custom"]):
    if mode == "custom" and news["type"] == "licence_notice":
        if news["event"] == "opened":
            print("while it writes:", news["finding"]["notice"])
        if news["event"] == "ended":
            print("in the end:", *(finding["notice"] for finding in news["report"]["findings"]))

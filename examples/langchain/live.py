import asyncio

from stand_in import article, model_of  # any chat model of LangChain's

from provenance import Checker, Database
from provenance.integrations.langchain import annotated

checker = Checker(Database.open("provenance-db"))
chain = model_of(article) | annotated(checker)


async def listen() -> None:
    async for event in chain.astream_events("What was Apollo 11?", version="v2"):
        if event["name"] == "licence_notice" and event["data"]["event"] in ("opened", "closed"):
            print(f"{event['data']['event']}: {event['data']['finding']['notice']}")


asyncio.run(listen())

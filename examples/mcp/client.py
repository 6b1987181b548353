"""Asks the server that mcp.json names what a text repeats: `python examples/mcp/client.py [FILE]`."""

import asyncio
import json
import os
import sys
from pathlib import Path

from mcp import Client, StdioServerParameters

HERE = Path(__file__).parent


async def ask(text: str) -> None:
    entry = json.loads((HERE / "mcp.json").read_text(encoding="utf-8"))["mcpServers"]["licence-provenance"]
    async with Client(StdioServerParameters(**entry, env=dict(os.environ))) as client:
        result = await client.call_tool("check_text", {"text": text})
    print(result.content[0].text)  # for people and models
    for finding in (result.structured_content or {}).get("findings", []):  # the report, for programs
        print(finding["start"], finding["end"], finding["licence"], finding["sources"][0]["work"]["id"])


file = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parent / "answer.txt"
asyncio.run(ask(file.read_text(encoding="utf-8")))

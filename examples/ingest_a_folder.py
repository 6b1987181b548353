"""Ingest a folder whose files share their metadata: `python ingest_a_folder.py [--db PATH] [FOLDER]`.

Every file becomes a work. What is declared here holds for all of them; where each needs its own title or licence, write
a JSON Lines file with one object a file (`{"path": "a.txt", "title": …, "licence": …}`) and ingest that instead.
"""

import argparse
from pathlib import Path

import provenance
from provenance.plugins import get_plugin_manager
from provenance.sources import Declared, documents

options = argparse.ArgumentParser(description=__doc__)
options.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent / "works" / "kjv-bible")
options.add_argument("--db", default="provenance-db")
chosen = options.parse_args()

declared = Declared(
    title="The Holy Bible, King James Version",
    authors=("translators appointed by King James I",),
    year=1611,
    source="https://www.gutenberg.org/ebooks/10",
    licence="public-domain",
    collection="bibles",
)

with provenance.Database.open(chosen.db, create=True) as database:
    # Trusted: we vouch for what these works say of themselves. Leave it out for works of strangers.
    result = database.ingest(documents([chosen.folder], get_plugin_manager(), declared), trusted=True)

for problem in result.problems:  # a file that cannot be read is listed and does not stop the others
    print(f"passed over: {problem}")
print(f"{result.added} works added, {result.replaced} replaced, {result.unchanged} unchanged")

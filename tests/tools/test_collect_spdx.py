"""Our copy of the SPDX list is taken from two packages."""

import io
import json
import tarfile
from types import SimpleNamespace

import collect_spdx


def test_collecting_takes_ids_names_and_texts(tmp_path):
    """The script reads the two packages, and nothing else of them."""
    entry = SimpleNamespace(name="A License", deprecated_id=True)
    package = SimpleNamespace(LICENSES={"A": entry}, EXCEPTIONS={})
    archive = tmp_path / "package.tgz"
    with tarfile.open(archive, "w:gz") as packed:
        for name in ("package/licenses/B.json", "package/licenses/A.json", "package/index.js"):
            content = json.dumps({"licenseText": name}).encode()
            member = tarfile.TarInfo(name)
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
    assert collect_spdx.build_list(package, "9") == {
        "version": "9", "licences": {"A": "A License"}, "exceptions": {}, "deprecated": ["A"],
    }  # fmt: skip
    assert collect_spdx.read_texts(archive) == {"A": "package/licenses/A.json", "B": "package/licenses/B.json"}

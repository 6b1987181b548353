"""The check for another distribution called `provenance`, which installs a package of the same name as ours.

Where both are installed, Python may import either package, or a mixture of both. The command asks here, in a package
whose name is ours alone: the other distribution may have overwritten any file of `provenance`.
"""

# ruff: noqa: PTH118, PTH120, PTH207 - pathlib takes as long to import as all the rest of `import provenance`

from glob import glob
from os.path import dirname, join

_METADATA = "provenance-[0-9]*.*-info"  # a folder `.dist-info` of pip, or `.egg-info` of older tools


def explain_conflict(init: str) -> str | None:
    """Return what the user has to do about the other distribution, or None where it is not installed.

    Args:
        init: the path of `provenance/__init__.py` of either distribution.
    """
    site = dirname(dirname(init))  # the metadata of a distribution is beside its packages
    # As `root_dir`, the path of the environment is not taken for a part of the pattern.
    others = glob(_METADATA, root_dir=site)
    if not others:
        return None
    return (
        f"{join(site, others[0])} belongs to another distribution, whose package `provenance` is in the place of ours "
        "or mixed with it. Run `pip uninstall provenance licence-provenance`, then `pip install licence-provenance`."
    )

"""Reading git repositories: the files of HEAD, whose they are, and repositories that are a trap."""

from __future__ import annotations

from pathlib import Path

import pytest

from provenance.errors import InputError
from provenance.hookspecs import Unpacked
from provenance.plugins import Plugins
from provenance.sources.read import Declared, documents
from provenance.works import Document
from provenance_plugins.readers import git
from provenance_plugins.readers import text as reader_text

porcelain = pytest.importorskip("dulwich.porcelain", reason="the extra `git` is not installed")

NAMES = (b"Ann <a@x>", b"Bea <b@x>", b"renovate[bot] <r@x>", b"Bea <b@x>")
WHEN = 1_558_000_000  # in May 2019


def committed(folder: Path, **files: str) -> Path:
    """A repository whose last commit holds these files, after a history by several people."""
    with porcelain.init(str(folder)) as repo:
        for name, text in files.items():
            path = folder / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (folder / "link").symlink_to("/etc/passwd")
        porcelain.add(repo, [str(each) for each in folder.rglob("*") if ".git/" not in str(each)])
        for name in NAMES:
            porcelain.commit(
                repo, message=b"m", author=name, committer=name, author_timestamp=WHEN, commit_timestamp=WHEN
            )
    return folder


def remote(folder: Path, url: str) -> None:
    with (folder / ".git/config").open("a") as config:
        config.write(f'[include]\n path = /etc/passwd\n[remote "origin"]\n url = {url}\n')


def head(folder: Path) -> str:
    return (folder / ".git/refs/heads/master").read_text().strip()


def ingested(folder: Path) -> list[Document | InputError]:
    taken: list[git.Reader] = []
    git.provenance_register_readers(taken.append)
    reader_text.provenance_register_readers(taken.append)
    plugins = Plugins(infos=(), readers=tuple(taken), renderers={}, judges={})
    return list(documents([folder], plugins, Declared()))


def test_the_files_of_head_are_works(tmp_path: Path) -> None:
    """Committed text, whatever was done to the files since; links and hidden files are none; authors by their share."""
    folder = committed(tmp_path / "tea", a_txt="a", d__b_py="b", _hidden="h")
    remote(folder, "https://ann:secret@github.com/ann/tea.git")
    (folder / "a.txt").write_text("changed")
    (folder / "new.txt").write_text("new")
    source = f"https://github.com/ann/tea/blob/{head(folder)}/"
    assert ingested(folder) == [
        Document(
            text=text, title=f"tea: {path}", authors=("Bea", "Ann"), year=2019, source=f"{source}{path}",
            collection="tea", id=f"git+https://github.com/ann/tea#{path}", place=f"{folder}:{path}",
        )
        for path, text in {"a.txt": "a", "d/b.py": "b"}.items()
    ]  # fmt: skip


def test_a_bare_repository_and_one_with_packs_are_the_same(tmp_path: Path) -> None:
    """It makes no difference where and how the objects lie; without a remote a file is known by its folder."""
    folder = committed(tmp_path / "tea", a_txt="a")
    with porcelain.open_repo_closing(str(folder)) as repo:
        porcelain.repack(repo)
    (folder / ".git").rename(tmp_path / "bare")
    assert ingested(tmp_path / "bare") == [
        Document(
            text="a", title="a.txt", authors=("Bea", "Ann"), year=2019, id=f"{(tmp_path / 'bare').as_uri()}!/a.txt",
            place=f"{tmp_path}/bare:a.txt", collection="bare",
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("url", "prefix"),
    [
        ("git@gitlab.com:ann/tea.git", "https://gitlab.com/ann/tea/-/blob/HEAD/"),
        ("ssh://git@git.example:22/ann/tea", "git+https://git.example/ann/tea.git@HEAD#"),
        ("/srv/tea.git", None),
        ("file:///srv/tea.git", None),
        ("https://[git.example/ann/tea.git", None),
    ],
)
def test_the_source_is_where_the_commit_is_on_the_web(tmp_path: Path, url: str, prefix: str | None) -> None:
    """A known forge has a page for each file; of any other the address is written as SPDX writes it."""
    folder = committed(tmp_path / "tea", a_txt="a")
    remote(folder, url)
    (whole,) = git.read(folder)
    assert isinstance(whole, Unpacked)
    assert whole.source == (prefix.replace("HEAD", head(folder)) if prefix else None)


def refusal(folder: Path) -> str:
    """The only thing that comes of a repository, without its place."""
    (error,) = git.read(folder)
    assert isinstance(error, InputError)
    assert error.place == str(folder)
    return error.message


def test_a_repository_that_is_partly_elsewhere_is_refused(tmp_path: Path) -> None:
    """Borrowed objects and links would read what lies outside of the folder."""
    folder = committed(tmp_path / "tea", a_txt="a")
    other = committed(tmp_path / "other", b_txt="b")
    alternates = folder / ".git/objects/info/alternates"
    alternates.parent.mkdir(exist_ok=True)
    alternates.write_text(f"{other}/.git/objects\n")
    borrowed = "borrows objects of another repository; run: git repack -a -d, then remove alternates"
    assert refusal(folder) == borrowed
    alternates.unlink()
    (folder / ".git/refs/heads/out").symlink_to(other / ".git/refs/heads/master")
    assert refusal(folder) == f"has a link in {folder}/.git/refs/heads; give a copy without links"
    (folder / ".git/refs/heads/out").unlink()
    (folder / ".git/objects").rename(tmp_path / "objects")
    (folder / ".git/objects").symlink_to(tmp_path / "objects")
    assert refusal(folder) == "objects is a link; give a copy without links"


def test_a_repository_without_a_commit_or_with_damage_is_reported(tmp_path: Path) -> None:
    """An empty one, a HEAD that leads out, and an object that is not what it was are one error each."""
    empty = tmp_path / "empty"
    porcelain.init(str(empty)).close()
    assert refusal(empty) == "has no commit at HEAD; nothing to ingest"
    folder = committed(tmp_path / "tea", a_txt="a")
    (folder / ".git/HEAD").write_text("ref: ../../../etc/passwd\n")
    assert "HEAD" in refusal(folder) or "damaged" in refusal(folder)
    (folder / ".git/HEAD").write_text("ref: refs/heads/master\n")
    name = head(folder)
    path = folder / ".git/objects" / name[:2] / name[2:]
    path.chmod(0o600)
    path.write_bytes(b"no object")
    assert refusal(folder).startswith("not a git repository, or damaged (")


def test_content_that_is_not_in_the_repository_is_reported(tmp_path: Path) -> None:
    """A pointer to Git LFS is no work, and the other files come."""
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    folder = committed(tmp_path / "tea", a_txt=pointer, b_txt="b")
    error, work = ingested(folder)
    assert str(error) == f"{folder}:a.txt: kept in Git LFS, and not in the repository; ingest the file itself"
    assert getattr(work, "text", None) == "b"


def test_without_dulwich_the_error_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout can be read without the extra, as a folder; that is the reader's choice."""
    folder = committed(tmp_path / "tea", a_txt="a")
    monkeypatch.setattr(git, "find_spec", lambda name: None)
    remedy = "pip install 'licence-provenance[git]', or read the files as they lie there: --no-plugin reader-git"
    assert refusal(folder) == f"reading a git repository needs dulwich: {remedy}"

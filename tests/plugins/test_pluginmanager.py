"""The plugin manager: who takes part, in which order, who wins, and that no failure passes in silence."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.errors import PluginError, UsageError
from provenance.plugins import EntryPointInfo, Plugins, get_plugin_manager, list_entry_points
from provenance.policy import PolicySettings
from provenance.reports import Action, PluginInfo, Reason, Verdict
from provenance.sources.surroundings import Disk
from provenance.works import Detection, Document
from tests.notices.builders import a_passage, a_work
from tests.plugins.conftest import Site

JUDGE = """
    from provenance.hookspecs import hookimpl
    from provenance.reports import Action, Reason, Verdict

    @hookimpl
    def provenance_judge(passage, settings):
        return {verdict}
"""
READER = """
    from provenance.hookspecs import Reader, hookimpl

    def read(path):
        yield from ()

    @hookimpl
    def provenance_register_readers(register):
        {body}
"""
RENDERER = """
    from provenance.hookspecs import hookimpl

    def render(report):
        return "rendered"

    @hookimpl
    def provenance_register_renderers(register):
        {body}
"""
PASSAGE = a_passage(a_work())
SETTINGS = PolicySettings()


def judging(verdict: str) -> str:
    return JUDGE.format(verdict=verdict)


def reading(*registrations: str) -> str:
    return READER.format(body="; ".join(registrations))


def rendering(*registrations: str) -> str:
    return RENDERER.format(body="; ".join(registrations))


def refused(**options: list[str]) -> PluginError:
    with pytest.raises(PluginError) as caught:
        get_plugin_manager(**options)
    return caught.value


def test_our_own_plugins_come_first_then_the_others_by_distribution_and_name(site: Site) -> None:
    """The order of plugins is defined: ours, then by distribution, then by entry point."""
    site.add("zebra", "2.0", {"z2": "zb", "z1": "za"}, za=judging("None"), zb=judging("None"))
    site.add("Aardvark", "0.1", {"a": "aa"}, aa=judging("None"))
    site.add("licence-provenance", "9.9", {"own": "own_policy"}, own_policy=judging("None"))
    assert get_plugin_manager().infos == (
        PluginInfo(name="own", version="9.9"),
        PluginInfo(name="a", version="0.1"),
        PluginInfo(name="z1", version="2.0"),
        PluginInfo(name="z2", version="2.0"),
    )


def test_entry_points_are_listed_without_being_imported(site: Site) -> None:
    """A broken plugin can still be listed, as listing imports nothing."""
    site.add("broken", "1.0", {"x": "broken_plugin"}, broken_plugin="raise RuntimeError('imported')")
    expected = EntryPointInfo(name="x", module="broken_plugin", distribution="broken", version="1.0")
    assert list_entry_points() == (expected,)
    assert "broken_plugin" not in sys.modules


def test_a_damaged_installation_is_listed_as_unknown(site: Site) -> None:
    """A distribution whose metadata is gone still shows what it announces."""
    site.add("damaged", "1.0", {"x": "nothing"})
    (site.folder / "damaged-1.0.dist-info" / "METADATA").write_text("")
    expected = EntryPointInfo(name="x", module="nothing", distribution="unknown", version="unknown")
    assert list_entry_points() == (expected,)
    pytest.importorskip("importlib_metadata")  # takes the place of the standard library's when it is imported
    assert list_entry_points() == (expected,)


def test_two_plugins_of_one_name_are_an_error_that_names_both(site: Site) -> None:
    """A second plugin of the same name is never left out in silence."""
    site.add("one", "1.0", {"policy": "policy_one"}, policy_one=judging("None"))
    site.add("two", "2.0", {"policy": "policy_two"}, policy_two=judging("None"))
    assert str(refused()) == (
        "Two plugins are called 'policy': policy_one of one 1.0 and policy_two of two 2.0. "
        "Uninstall one of them, or run without both: provenance --no-plugin policy …"
    )
    assert get_plugin_manager(disabled=["policy"]).infos == ()
    assert [info.distribution for info in list_entry_points()] == ["one", "two"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import provenance_no_such", "ModuleNotFoundError: No module named 'provenance_no_such'"),
        ("raise ValueError('two\\nlines.')", "ValueError: two lines"),
        ("import sys; sys.exit(4)", "SystemExit: 4"),
        ("def f(:", "SyntaxError: invalid syntax (odd.py, line 1)"),
        ("", "TypeError: it implements no hook; is @hookimpl missing?"),
    ],
)
def test_a_plugin_that_does_not_load_stops_with_its_name_and_the_way_round(site: Site, source: str, said: str) -> None:
    """Whatever goes wrong while a plugin is imported is one error that says how to run without it."""
    site.add("odd-one", "1.2", {"odd": "odd"}, odd=source)
    error = refused()
    assert (
        str(error) == f"Plugin 'odd' (odd-one 1.2) failed to load: {said}. Run without it: provenance --no-plugin odd …"
    )
    assert error.plugin == "odd"
    assert get_plugin_manager(disabled=["odd"]).infos == ()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def provenance_jugde(passage, settings): ...", "unknown hook 'provenance_jugde'"),
        ("def provenance_judge(passage, setings): ...", "setings"),
        ("def provenance_register_readers(register, more): ...", "more"),
    ],
)
def test_a_misspelt_hook_or_argument_stops_with_the_plugins_name(site: Site, source: str, said: str) -> None:
    """A hook that would never be called is an error, not a silence."""
    site.add("odd-one", "1.2", {"odd": "odd"}, odd=f"from provenance.hookspecs import hookimpl\n@hookimpl\n{source}")
    assert str(refused()).startswith("Plugin 'odd' (odd-one 1.2) failed to load: PluginValidationError: ")
    assert said in str(refused())


def test_a_hook_wrapper_is_refused(site: Site) -> None:
    """No plugin can stand between another plugin and its verdict."""
    source = """
        from provenance.hookspecs import hookimpl

        @hookimpl(wrapper=True)
        def provenance_judge(passage, settings):
            yield
            return []
    """
    site.add("odd-one", "1.2", {"odd": "odd"}, odd=source)
    assert "provenance_judge is a hook wrapper; only plain hooks take part" in str(refused())


def test_an_entry_point_must_name_a_module_not_a_class(site: Site) -> None:
    """A class would be registered without ever being made into an object."""
    site.add("odd-one", "1.2", {"odd": "odd:Plugin"}, odd="class Plugin: ...")
    assert "TypeError: odd:Plugin is a class; the entry point must name a module" in str(refused())


def test_plugins_are_disabled_by_argument_and_by_variable(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disabled plugin is not even imported."""
    broken = "raise RuntimeError"
    site.add("many", "1", {"a": "pa", "b": "pb", "c": "pc"}, pa=broken, pb=broken, pc=judging("None"))
    monkeypatch.setenv("PROVENANCE_DISABLED_PLUGINS", " b, not-here ,")
    assert get_plugin_manager(disabled=["a"]).infos == (PluginInfo(name="c", version="1"),)


def test_disabling_a_plugin_that_is_not_there_is_a_usage_error(site: Site) -> None:
    """A misspelt `--no-plugin` says which names there are."""
    site.add("one", "1", {"policy": "policy_one"}, policy_one=judging("None"))
    with pytest.raises(UsageError, match=r"no plugin is called 'polcy'; installed plugins: policy$"):
        get_plugin_manager(disabled=["polcy"])


def test_hook_provenance_judge_the_strictest_verdict_wins(site: Site) -> None:
    """All policies are asked; the strictest action counts, and None is no opinion."""
    site.add("a", "1", {"a": "pa"}, pa=judging("Verdict(action=Action.IGNORE, reason=Reason.TOO_SHORT)"))
    site.add("b", "1", {"b": "pb"}, pb=judging("Verdict(action=Action.LIMIT, reason=Reason.COMMONPLACE)"))
    site.add("c", "1", {"c": "pc"}, pc=judging("Verdict(action=Action.WARN)"))
    site.add("d", "1", {"d": "pd"}, pd=judging("None"))
    assert get_plugin_manager().judge(PASSAGE, SETTINGS) == Verdict(action=Action.LIMIT)
    ignoring = get_plugin_manager(disabled=["b", "c"]).judge(PASSAGE, SETTINGS)
    assert ignoring == Verdict(action=Action.IGNORE, reason=Reason.TOO_SHORT)


verdicts = st.builds(Verdict, action=st.sampled_from(Action), reason=st.none() | st.sampled_from(Reason))


@settings(deadline=None)
@given(st.lists(st.none() | verdicts, min_size=1, max_size=6))
def test_the_verdict_is_the_strictest_whatever_the_others_say(given_verdicts: list[Verdict | None]) -> None:
    """The action is the strictest given; a reason survives only with `ignore`, and is one that somebody gave."""
    judges = {
        str(position): [lambda _passage, _settings, verdict=verdict: verdict]
        for position, verdict in enumerate(given_verdicts)
    }
    plugins = Plugins(infos=(), readers=(), renderers={}, judges=judges)
    spoken = [verdict for verdict in given_verdicts if verdict]
    if not spoken:
        with pytest.raises(PluginError):
            plugins.judge(PASSAGE, SETTINGS)
        return
    verdict = plugins.judge(PASSAGE, SETTINGS)
    assert list(Action).index(verdict.action) == max(list(Action).index(v.action) for v in spoken)
    assert verdict in spoken if verdict.action is Action.IGNORE else verdict.reason is None


def test_no_verdict_at_all_is_an_error(site: Site) -> None:
    """A passage that no policy judged is never passed over."""
    site.add("a", "1", {"a": "pa"}, pa=judging("None"))
    with pytest.raises(PluginError) as caught:
        get_plugin_manager().judge(PASSAGE, SETTINGS)
    assert str(caught.value) == (
        "No plugin judged the passage at characters 0-40, so it can be neither noticed nor left out. "
        "Enable a policy plugin, such as policy-default: see `provenance plugins`."
    )


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("1 / 0", "Plugin 'bad' failed while judging a passage: ZeroDivisionError: division by zero. "),
        ("'warn'", "Plugin 'bad' judged a passage with 'warn'; provenance_judge must return a Verdict or None. "),
    ],
)
def test_a_policy_that_fails_stops_with_its_name(site: Site, verdict: str, said: str) -> None:
    """An exception or a nonsense answer from one policy is an error that names it, even if others answered."""
    site.add("a", "1", {"good": "pa"}, pa=judging("Verdict(action=Action.RAISE)"))
    site.add("b", "1", {"bad": "pb"}, pb=judging(verdict))
    with pytest.raises(PluginError) as caught:
        get_plugin_manager().judge(PASSAGE, SETTINGS)
    assert str(caught.value) == f"{said}Run without it: provenance --no-plugin bad …"
    assert caught.value.plugin == "bad"


def test_hook_provenance_register_readers_the_longest_suffix_wins_in_any_case(site: Site) -> None:
    """A file is read by the reader whose suffix says most about it."""
    source = reading(
        "register(Reader(name='any', suffixes=('',), read=read))",
        "register(Reader(name='gz', suffixes=('.gz',), read=read))",
        "register(Reader(name='jsonl', suffixes=('.jsonl', '.jsonl.gz'), read=read))",
    )
    site.add("a", "1", {"a": "pa"}, pa=source)
    plugins = get_plugin_manager()
    names = ("x.txt", "X.JSONL.GZ", "x.gz", "README", "x.jsonl", "x.jsonl.bak")
    chosen = [reader.name if (reader := plugins.reader_for(Path("dir.gz", name))) else None for name in names]
    assert chosen == ["any", "jsonl", "gz", "any", "jsonl", "any"]
    assert [reader.name for reader in plugins.readers] == ["any", "gz", "jsonl"]


def test_a_file_that_nobody_reads_has_no_reader(site: Site) -> None:
    """Without a reader for everything, some files have none."""
    site.add("a", "1", {"a": "pa"}, pa=reading("register(Reader(name='gz', suffixes=('.gz',), read=read))"))
    assert get_plugin_manager().reader_for(Path("x.txt")) is None


def test_hook_provenance_register_renderers_offers_formats_by_name(site: Site) -> None:
    """A registered format is found under its name."""
    site.add("a", "1", {"a": "pa"}, pa=rendering("register('x', render)", "register('y', render)"))
    renderers = get_plugin_manager().renderers
    assert {name: render(None) for name, render in renderers.items()} == {"x": "rendered", "y": "rendered"}  # type: ignore[arg-type]


def test_hook_provenance_register_bundles_offers_formats_by_name(site: Site) -> None:
    """A format of notices files is found under its name, apart from the formats of a report."""
    source = rendering("register('x', render)").replace("register_renderers", "register_bundles")
    site.add("a", "1", {"a": "pa"}, pa=source)
    plugins = get_plugin_manager()
    assert {name: render(None) for name, render in plugins.bundles.items()} == {"x": "rendered"}  # type: ignore[arg-type]
    assert plugins.renderers == {}


def test_one_format_from_two_plugins_is_an_error(site: Site) -> None:
    """Which plugin renders a format is never a matter of chance."""
    site.add("a", "1", {"first": "pa"}, pa=rendering("register('html', render)"))
    site.add("b", "1", {"second": "pb"}, pb=rendering("register('html', render)"))
    assert str(refused()) == (
        "Plugin 'second' renders the format 'html', and so does 'first'; run without one of them: "
        "provenance --no-plugin first …, or --no-plugin second …"
    )
    assert list(get_plugin_manager(disabled=["first"]).renderers) == ["html"]


def test_hook_provenance_register_readers_with_marks_of_one_length(site: Site, tmp_path: Path) -> None:
    """Of two readers that would take a folder by equally many marks the first gets it."""
    site.add(
        "a", "1", {"a": "pa"},
        pa=reading(
            "register(Reader(name='one', suffixes=(), read=read, folder_markers=(('a',),)))",
            "register(Reader(name='two', suffixes=(), read=read, folder_markers=(('b',),)))",
        ),
    )  # fmt: skip
    for mark in ("a", "b"):
        (tmp_path / mark).mkdir()
    assert getattr(get_plugin_manager().reader_for_folder(tmp_path), "name", None) == "one"


def test_hook_provenance_register_readers_a_folder_with_all_marks_is_one_thing(site: Site, tmp_path: Path) -> None:
    """The reader whose list of marks is longest gets the folder; one mark that is missing is none."""
    site.add(
        "a", "1", {"a": "pa"},
        pa=reading(
            "register(Reader(name='one', suffixes=(), read=read, folder_markers=(('a',), ('c',))))",
            "register(Reader(name='two', suffixes=(), read=read, folder_markers=(('a', 'b/c'),)))",
        ),
    )  # fmt: skip
    plugins = get_plugin_manager()
    chosen = []
    for mark in ("b", "b/c", "a"):
        (tmp_path / mark).mkdir()
        chosen.append(plugins.reader_for_folder(tmp_path))
    assert [reader.name if reader else None for reader in chosen] == [None, None, "two"]
    (tmp_path / "b/c").rmdir()
    assert getattr(plugins.reader_for_folder(tmp_path), "name", None) == "one"


def test_one_mark_from_two_plugins_is_an_error(site: Site) -> None:
    """Which plugin takes a folder is never a matter of chance either."""
    source = reading("register(Reader(name='r', suffixes=(), read=read, folder_markers=(('.git/HEAD',),)))")
    site.add("a", "1", {"first": "pa"}, pa=source)
    site.add("b", "1", {"second": "pb"}, pb=source)
    said = "Plugin 'second' reads folders that hold .git/HEAD, and so does 'first'; run without one of them: "
    assert str(refused()).startswith(said)


@pytest.mark.parametrize(("suffix", "deed"), [(".epub", "reads files that end in '.epub'"), ("", "reads all files")])
def test_one_suffix_from_two_plugins_is_an_error(site: Site, suffix: str, deed: str) -> None:
    """Which plugin reads a file is never a matter of chance."""
    source = reading(f"register(Reader(name='r', suffixes=({suffix!r},), read=read))")
    site.add("a", "1", {"first": "pa"}, pa=source)
    site.add("b", "1", {"second": "pb"}, pb=source)
    assert str(refused()).startswith(f"Plugin 'second' {deed}, and so does 'first'; run without one of them: ")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (reading("register(read)"), "Plugin 'odd' misuses a hook: wanted register(Reader(…)), not <function read"),
        (
            reading("register(Reader(name='r', suffixes=('.TXT',), read=read))"),
            "Plugin 'odd' misuses a hook: wanted a suffix in lower case that begins with a dot, not '.TXT'",
        ),
        (
            reading("register(Reader(name='r', suffixes=(), read=read, folder_markers=((),)))"),
            "Plugin 'odd' misuses a hook: wanted at least one path in each of folder_markers",
        ),
        (reading("1 / 0"), "Plugin 'odd' failed while registering: ZeroDivisionError: division by zero"),
        (
            rendering("register(render, 'x')"),
            "Plugin 'odd' misuses a hook: wanted register(name, render), not register(",
        ),
        (rendering("register('x')"), "Plugin 'odd' failed while registering: TypeError: "),
    ],
)
def test_a_registration_that_cannot_be_meant_stops_with_the_plugins_name(site: Site, source: str, said: str) -> None:
    """What a plugin registers is checked when it registers it."""
    site.add("a", "1", {"odd": "odd"}, odd=source)
    error = refused()
    assert str(error).startswith(said)
    assert str(error).endswith(". Run without it: provenance --no-plugin odd …")


DETECTOR = """
    from provenance.hookspecs import hookimpl
    from provenance.works import Detection

    @hookimpl
    def provenance_detect_licences({arguments}):
        return {found}
"""


def test_hook_provenance_detect_licences_asks_every_detector_by_name(site: Site) -> None:
    """Each detector is asked, whichever of the arguments it names, and what was found is listed in order."""
    sources = {
        "a": DETECTOR.format(arguments="document", found="Detection(title=document.title)"),
        "b": DETECTOR.format(arguments="surroundings, document", found="Detection(authors=(document.text,))"),
        "c": DETECTOR.format(arguments="", found="None"),
        "d": DETECTOR.format(
            arguments="document, surroundings", found="Detection(notice=str(surroundings.folders(document)))"
        ),
    }
    site.add(
        "many", "1", {name: f"detector_{name}" for name in sources}, **{f"detector_{n}": s for n, s in sources.items()}
    )
    found = get_plugin_manager().detect(Document(text="x", title="T"), Disk())
    assert found == [
        ("a", Detection(title="T")), ("b", Detection(authors=("x",))), ("d", Detection(notice="()")),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ("1 / 0", "Plugin 'odd' failed while looking for the licence of a.txt: ZeroDivisionError: division by zero."),
        ("'MIT'", "Plugin 'odd' found 'MIT'; provenance_detect_licences must return a Detection or None."),
    ],
)
def test_a_detector_that_fails_stops_with_its_name(site: Site, found: str, said: str) -> None:
    """A licence that was not looked for would be a silence that nobody notices."""
    site.add("odd-one", "1", {"odd": "odd"}, odd=DETECTOR.format(arguments="document", found=found))
    plugins = get_plugin_manager()
    with pytest.raises(PluginError) as caught:
        plugins.detect(Document(text="x", place="a.txt"), Disk())
    assert str(caught.value) == f"{said} Run without it: provenance --no-plugin odd …"


def test_a_plugin_may_implement_a_hook_twice(site: Site) -> None:
    """Each function with the hook's name in its mark is called, and none takes the place of another."""
    source = """
        from provenance.hookspecs import hookimpl
        from provenance.works import Detection

        @hookimpl(specname="provenance_detect_licences")
        def find_title(document):
            return Detection(title=document.title)

        @hookimpl(specname="provenance_detect_licences")
        def find_authors(document):
            return Detection(authors=(document.text,))
    """
    site.add("two", "1", {"two": "two"}, two=source)
    found = get_plugin_manager().detect(Document(text="x", title="T"), Disk())
    assert {(name, detection.title, detection.authors) for name, detection in found} == {
        ("two", "T", ()), ("two", None, ("x",)),
    }  # fmt: skip

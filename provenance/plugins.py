"""Plugin manager: finds the installed plugins, loads them, and calls their hooks.

Plugins are found by entry point in the group `provenance`; our own come in the same way as those of others. A plugin
that cannot be loaded, or that fails, stops the run: without a policy, findings would be missing from a report.
The hooks are described in `hookspecs`. This module itself reads no files, renders nothing and judges nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache, partial
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

import pluggy

from provenance import hookspecs
from provenance.errors import PluginError, UsageError
from provenance.hookspecs import Reader, Surroundings
from provenance.notices import BundleRenderer
from provenance.policy import PolicySettings
from provenance.reports import Action, Passage, PluginInfo, Renderer, Verdict
from provenance.works import Detection, Document

GROUP = "provenance"
OWN_DISTRIBUTION = "licence-provenance"
DISABLED_VARIABLE = "PROVENANCE_DISABLED_PLUGINS"

_T = TypeVar("_T")
_Hooks = Mapping[str, Sequence[Callable[..., Any]]]
"""The implementations of one hook by plugin, in the order of the plugins; called with all arguments, by position."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPointInfo:
    """A plugin as its distribution announces it; the plugin has not been imported.

    Attributes:
        name: the name of the entry point; `--no-plugin` takes it.
        module: the module that the entry point names.
        distribution: the name of the distribution that has the plugin.
        version: the version of this distribution.
    """

    name: str
    module: str
    distribution: str
    version: str

    def __str__(self) -> str:
        return f"{self.module} of {self.distribution} {self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugins:
    """The loaded plugins and what they offer.

    Attributes:
        infos: each plugin with its version, our own first.
        readers: all ways to read files.
        renderers: all formats of a report, by name.
        judges: the policies, by the plugin's name.
        detectors: the licence detectors, by the plugin's name.
        bundles: all formats of a notices file, by name.
    """

    infos: tuple[PluginInfo, ...]
    readers: tuple[Reader, ...]
    renderers: Mapping[str, Renderer]
    judges: _Hooks = field(repr=False)
    detectors: _Hooks = field(default_factory=dict, repr=False)
    bundles: Mapping[str, BundleRenderer] = field(default_factory=dict)

    def reader_for(self, path: Path) -> Reader | None:
        """Return the reader with the longest suffix that the file's name ends in, in any case, if any."""
        name = path.name.lower()
        matches = ((len(s), reader) for reader in self.readers for s in reader.suffixes if name.endswith(s))
        return max(matches, key=lambda match: match[0], default=(0, None))[1]

    def reader_for_folder(self, path: Path) -> Reader | None:
        """Return the reader that takes the folder as one thing, by the longest list of markers, if any."""
        markers = ((len(m), reader) for reader in self.readers for m in reader.folder_markers if _has_markers(path, m))
        return max(markers, key=lambda match: match[0], default=(0, None))[1]

    def judge(self, passage: Passage, settings: PolicySettings) -> Verdict:
        """Return the strictest of all policies' verdicts; the first of those that are equally strict.

        Raises:
            PluginError: a policy failed, or none gave a verdict.
        """
        answers = _collect_answers(
            self.judges, (passage, settings), Verdict, "provenance_judge",
            doing=lambda: "judging a passage", did="judged a passage with",
        )  # fmt: skip
        verdicts = [verdict for _, verdict in answers]
        if not verdicts:
            message = (
                f"No plugin judged the passage at characters {passage.start}-{passage.end}, so it can be neither"
                " noticed nor left out. Enable a policy plugin, such as policy-default: see `provenance plugins`."
            )
            raise PluginError(message, plugin="policy-default")
        strictest = max(verdicts, key=lambda verdict: verdict.action.severity)
        # A reason says why a passage is silent: beside another action it would contradict the report.
        return strictest if strictest.action is Action.IGNORE else replace(strictest, reason=None)

    def detect(self, document: Document, surroundings: Surroundings) -> list[tuple[str, Detection]]:
        """Return what each detector found out about a work, with the plugin's name; silent ones are left out.

        Raises:
            PluginError: a detector failed, or returned something else.
        """
        return _collect_answers(
            self.detectors, (document, surroundings), Detection, "provenance_detect_licences",
            doing=lambda: f"looking for the licence of {document.place or document.source_id}", did="found",
        )  # fmt: skip


def get_plugin_manager(*, disabled: Iterable[str] = ()) -> Plugins:
    """Load every plugin that is installed and not disabled; what is installed later needs a new process.

    Args:
        disabled: names of entry points to leave out, besides those in `$PROVENANCE_DISABLED_PLUGINS`.

    Raises:
        PluginError: a plugin does not load, misuses a hook, or has the name or offers the thing of another one.
        UsageError: `disabled` names a plugin that is not installed.
    """
    installed = list_entry_points()
    left_out = set(disabled)
    if unknown := sorted(left_out.difference(info.name for info in installed)):
        names = ", ".join(sorted({info.name for info in installed})) or "none"
        raise UsageError(f"no plugin is called {', '.join(map(repr, unknown))}; installed plugins: {names}")
    # The names in the variable need not exist, because one variable may serve several installations.
    left_out.update(name.strip() for name in os.environ.get(DISABLED_VARIABLE, "").split(","))
    return _load_plugins(tuple(info for info in installed if info.name not in left_out))


@lru_cache(maxsize=8)  # for a new checker or the next ingest, which want the same ones
def _load_plugins(infos: tuple[EntryPointInfo, ...]) -> Plugins:
    _require_distinct_names(infos)
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hookspecs)
    for info in infos:
        _load_plugin(manager, info)
    bundles = _list_hooks(manager, "provenance_register_bundles", infos)
    return Plugins(
        infos=tuple(PluginInfo(name=info.name, version=info.version) for info in infos),
        readers=_collect_readers(_list_hooks(manager, "provenance_register_readers", infos)),
        renderers=_collect_formats(_list_hooks(manager, "provenance_register_renderers", infos), "the format"),
        bundles=_collect_formats(bundles, "notices files in the format"),
        judges=_list_hooks(manager, "provenance_judge", infos),
        detectors=_list_hooks(manager, "provenance_detect_licences", infos),
    )


@cache
def find_entry_points() -> EntryPoints:
    """Return the entry points of our group; once in a process, since a file of every distribution is opened for it.

    That takes longer than to ingest a short work.
    """
    return entry_points(group=GROUP)


def list_entry_points() -> tuple[EntryPointInfo, ...]:
    """Return what is installed, without importing any of it: our own first, then by distribution and name."""
    origins: dict[object, tuple[str, str]] = {}  # asking a distribution for its name makes it read a file
    infos = []
    for point in find_entry_points():
        if point.dist not in origins:
            origins[point.dist] = _read_metadata(point, "name"), _read_metadata(point, "version")
        distribution, version = origins[point.dist]
        infos.append(EntryPointInfo(name=point.name, module=point.value, distribution=distribution, version=version))

    def sort_key(info: EntryPointInfo) -> tuple[bool, str, str, str]:
        # A distribution's name may be spelt with any of "-", "_" and ".", in any case (PEP 503).
        distribution = info.distribution.lower().replace("_", "-").replace(".", "-")
        return distribution != OWN_DISTRIBUTION, distribution, info.name, info.module

    return tuple(sorted(infos, key=sort_key))


def _read_metadata(point: EntryPoint, name: str) -> str:
    """Return a field of an entry point's distribution; "unknown" where a damaged installation lacks it."""
    try:
        # The standard library gives None where the field is missing. The backport `importlib_metadata`, which takes
        # its place as soon as any package imports it, raises TypeError.
        return getattr(point.dist, name, None) or "unknown"
    except TypeError:
        return "unknown"


def _require_distinct_names(infos: Iterable[EntryPointInfo]) -> None:
    """Refuse two plugins with one name, because `--no-plugin` and messages could not tell them apart.

    Raises:
        PluginError: names both distributions.
    """
    first: dict[str, EntryPointInfo] = {}
    for info in infos:
        if (other := first.setdefault(info.name, info)) is not info:
            message = f"Two plugins are called {info.name!r}: {other} and {info}."
            remedy = f"Uninstall one of them, or run without both: provenance --no-plugin {info.name} …"
            raise PluginError(f"{message} {remedy}", plugin=info.name)


def _load_plugin(manager: pluggy.PluginManager, info: EntryPointInfo) -> None:
    """Import one plugin and register its hooks.

    Raises:
        PluginError: the import fails, a hook is unknown or has wrong arguments, or the plugin implements none.
    """
    try:
        plugin = EntryPoint(name=info.name, value=info.module, group=GROUP).load()
        if isinstance(plugin, type):  # pluggy would call its methods without an object
            raise TypeError(f"{info.module} is a class; the entry point must name a module")
        manager.register(plugin, name=info.name)
        manager.check_pending()  # a misspelt hook would otherwise never be called
        callers = manager.get_hookcallers(plugin)
        if not callers:
            raise TypeError("it implements no hook; is @hookimpl missing?")
        for caller in callers:
            if any(impl.wrapper or impl.hookwrapper for impl in caller.get_hookimpls()):
                # A wrapper could hide what other plugins say.
                raise TypeError(f"{caller.name} is a hook wrapper; only plain hooks take part")
    except (Exception, SystemExit) as error:  # SystemExit: a module that is meant to be run as a script
        origin = f"({info.distribution} {info.version})"
        raise _make_error(info.name, f"{origin} failed to load: {_describe_error(error)}") from error


def _list_hooks(
    manager: pluggy.PluginManager, name: str, infos: Iterable[EntryPointInfo]
) -> dict[str, list[Callable[..., Any]]]:
    """Return each plugin's implementations of a hook, as plain functions.

    They are called one by one and not by way of pluggy, so that a failure has a plugin's name. That is also faster:
    pluggy's call takes longer than most detectors, and each detector sees every work.
    """
    caller = getattr(manager.hook, name)
    parameters = tuple(caller.spec.argnames)
    hooks: dict[str, list[Callable[..., Any]]] = {info.name: [] for info in infos}
    for impl in caller.get_hookimpls():
        hooks[impl.plugin_name].append(_accept_all(impl.function, tuple(impl.argnames), parameters))
    return {plugin: functions for plugin, functions in hooks.items() if functions}


def _accept_all(function: Callable[..., Any], named: Sequence[str], parameters: Sequence[str]) -> Callable[..., Any]:
    """Let a function that names some of a hook's parameters, in any order, be called with all of them."""
    if named == parameters:
        return function
    places = [parameters.index(name) for name in named]
    return lambda *arguments: function(*(arguments[place] for place in places))


def _list_pairs(hooks: _Hooks) -> list[tuple[str, Callable[..., Any]]]:
    return [(plugin, function) for plugin, functions in hooks.items() for function in functions]


def _collect_answers(
    hooks: _Hooks, arguments: tuple[Any, ...], kind: type[_T], hook: str, *, doing: Callable[[], str], did: str
) -> list[tuple[str, _T]]:
    """Call all implementations of a hook; return what is not None, each answer after the plugin's name.

    Args:
        hooks: the implementations.
        arguments: of the hook, by position.
        kind: what an answer must be.
        hook: the hook's name, for messages.
        doing: says for messages what is done; it may be costly, and is asked on failure alone.
        did: what a plugin did with an answer of another kind.

    Raises:
        PluginError: a plugin failed, or returned something else.
    """
    answers: list[tuple[str, _T]] = []
    for plugin, function in _list_pairs(hooks):
        try:
            answer = function(*arguments)
        except Exception as error:
            raise _make_error(plugin, f"failed while {doing()}: {_describe_error(error)}") from error
        if answer is None:
            continue
        if not isinstance(answer, kind):
            raise _make_error(plugin, f"{did} {answer!r:.200}; {hook} must return a {kind.__name__} or None")
        answers.append((plugin, answer))
    return answers


def _collect_readers(hooks: _Hooks) -> tuple[Reader, ...]:
    readers: list[Reader] = []
    owners: dict[str, str] = {}

    def register(plugin: str, reader: Reader) -> None:
        if not isinstance(reader, Reader):
            raise _make_error(plugin, f"misuses a hook: wanted register(Reader(…)), not {reader!r:.200}")
        for suffix in reader.suffixes:
            if suffix != suffix.lower() or (suffix and not suffix.startswith(".")):
                wanted = "a suffix in lower case that begins with a dot"
                raise _make_error(plugin, f"misuses a hook: wanted {wanted}, not {suffix!r}")
            _claim_ownership(
                owners, plugin, suffix, f"reads files that end in {suffix!r}" if suffix else "reads all files"
            )
        for markers in reader.folder_markers:
            if not markers:  # every folder has all of no markers
                raise _make_error(plugin, "misuses a hook: wanted at least one path in each of folder_markers")
            shown = ", ".join(markers)
            # The slash keeps a folder's markers apart from a file's suffix of the same letters.
            _claim_ownership(owners, plugin, f"{shown}/", f"reads folders that hold {shown}")
        readers.append(reader)

    _run_registrations(hooks, register)
    return tuple(readers)


def _collect_formats(hooks: _Hooks, kind: str) -> Mapping[str, Callable[[Any], str]]:
    renderers: dict[str, Callable[[Any], str]] = {}
    owners: dict[str, str] = {}

    def register(plugin: str, name: str, render: Callable[[Any], str]) -> None:
        if not isinstance(name, str) or not name or not callable(render):
            given = f"register({name!r:.200}, {render!r:.200})"
            raise _make_error(plugin, f"misuses a hook: wanted register(name, render), not {given}")
        _claim_ownership(owners, plugin, name, f"renders {kind} {name!r}")
        renderers[name] = render

    _run_registrations(hooks, register)
    return renderers


def _run_registrations(hooks: _Hooks, register: Callable[..., None]) -> None:
    """Call each plugin's hook with a `register` that knows the plugin, so that a wrong call fails in the plugin.

    Raises:
        PluginError: a plugin failed, or registered something that cannot be used.
    """
    for plugin, function in _list_pairs(hooks):
        try:
            function(partial(register, plugin))
        except PluginError:
            raise
        except Exception as error:
            raise _make_error(plugin, f"failed while registering: {_describe_error(error)}") from error


def _claim_ownership(owners: dict[str, str], plugin: str, thing: str, deed: str) -> None:
    """Note that a plugin offers a thing.

    Raises:
        PluginError: another plugin offers it already.
    """
    owner = owners.setdefault(thing, plugin)
    if owner != plugin:
        message = f"Plugin {plugin!r} {deed}, and so does {owner!r}; run without one of them"
        raise PluginError(f"{message}: provenance --no-plugin {owner} …, or --no-plugin {plugin} …", plugin=plugin)


def _make_error(plugin: str, fault: str) -> PluginError:
    return PluginError(f"Plugin {plugin!r} {fault}. Run without it: provenance --no-plugin {plugin} …", plugin=plugin)


def _describe_error(error: BaseException) -> str:
    text = " ".join(str(error).split())[:500].rstrip(".")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _has_markers(folder: Path, markers: Iterable[str]) -> bool:
    """Return whether all markers are in the folder, none of them by way of a link, which may lead anywhere."""
    paths = [PurePosixPath(marker) for marker in markers]
    try:
        return all(
            (folder / path).exists()
            and not any((folder / part).is_symlink() for part in (path, *path.parents[:-1]))  # the last parent is "."
            for path in paths
        )
    except OSError:  # the walk of the folder reports what is wrong with it
        return False

"""Which plugins take part, and what do they offer?

Plugins are found by entry point in the group `provenance`, our own through the same door as everybody's. One that
cannot be loaded or that fails stops the work: a policy that did not run would mean findings that nobody sees. What the
hooks are is `hookspecs`; nothing here reads files, renders or judges by itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

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

_SEVERITY = {action: severity for severity, action in enumerate(Action)}
_HookCall = Callable[..., list[Any]]
_Detect = Callable[[Document, Surroundings], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPointInfo:
    """A plugin as its distribution announces it, without having been imported.

    Attributes:
        name: the entry point's name, by which it is disabled. module: what it names.
        distribution, version: where it comes from.
    """

    name: str
    module: str
    distribution: str
    version: str

    def __str__(self) -> str:
        return f"{self.name!r} ({self.distribution} {self.version})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugins:
    """The plugins that take part.

    Attributes:
        infos: each plugin with its version, our own first. readers: all ways to read files.
        renderers: all formats of a report, by name. judges, detectors: the policies, and what finds licences, by the
        plugin's name.
        bundles: all formats of a notices file, by name.
    """

    infos: tuple[PluginInfo, ...]
    readers: tuple[Reader, ...]
    renderers: Mapping[str, Renderer]
    judges: Mapping[str, _HookCall] = field(repr=False)
    detectors: Mapping[str, _Detect] = field(default_factory=dict, repr=False)
    bundles: Mapping[str, BundleRenderer] = field(default_factory=dict)

    def reader_for(self, path: Path) -> Reader | None:
        """Return the reader with the longest suffix that the file's name ends in, in any case, if any."""
        name = path.name.lower()
        matches = ((len(s), reader) for reader in self.readers for s in reader.suffixes if name.endswith(s))
        return max(matches, key=lambda match: match[0], default=(0, None))[1]

    def reader_for_folder(self, path: Path) -> Reader | None:
        """Return the reader that takes the folder as one thing, by the longest list of marks, if any."""
        marks = ((len(w), reader) for reader in self.readers for w in reader.wholes if _has_all(path, w))
        return max(marks, key=lambda match: match[0], default=(0, None))[1]

    def judge(self, passage: Passage, settings: PolicySettings) -> Verdict:
        """Return the strictest of all policies' verdicts; the first of those that are equally strict.

        Raises:
            PluginError: a policy failed, or none gave a verdict.
        """
        verdicts = [verdict for name in self.judges for verdict in self._ask(name, passage, settings)]
        if not verdicts:
            message = (
                f"No plugin judged the passage at characters {passage.start}-{passage.end}, so it can be neither"
                " noticed nor left out. Enable a policy plugin, such as policy-default: see `provenance plugins`."
            )
            raise PluginError(message, plugin="policy-default")
        strictest = max(verdicts, key=lambda verdict: _SEVERITY[verdict.action])
        return strictest if strictest.action is Action.IGNORE else replace(strictest, reason=None)

    def detect(self, document: Document, surroundings: Surroundings) -> list[tuple[str, Detection]]:
        """Return what each detector found out about a work, with the plugin's name; silent ones are left out.

        Raises:
            PluginError: a detector failed, or returned something else.
        """
        found: list[tuple[str, Detection]] = []
        for name, call in self.detectors.items():
            try:
                detection = call(document, surroundings)
            except Exception as error:
                where = document.place or document.source_id
                raise _failed(name, f"while looking for the licence of {where}", error) from error
            if detection is None:
                continue
            if not isinstance(detection, Detection):
                wanted = "provenance_detect_licences must return a Detection or None"
                raise PluginError(f"Plugin {name!r} found {detection!r:.200}; {wanted}. {_remedy(name)}", plugin=name)
            found.append((name, detection))
        return found

    def _ask(self, name: str, passage: Passage, settings: PolicySettings) -> list[Verdict]:
        try:
            verdicts = self.judges[name](passage=passage, settings=settings)
        except Exception as error:
            raise _failed(name, "while judging a passage", error) from error
        for verdict in verdicts:
            if not isinstance(verdict, Verdict):
                message = (
                    f"Plugin {name!r} judged a passage with {verdict!r:.200}; provenance_judge must return a Verdict"
                )
                raise PluginError(f"{message} or None. {_remedy(name)}", plugin=name)
        return verdicts


def _has_all(folder: Path, marks: Iterable[str]) -> bool:
    """Return whether all marks are in the folder, none of them by way of a link, which may lead anywhere."""
    try:
        return all((folder / mark).exists() and not _is_linked(folder, mark) for mark in marks)
    except OSError:  # whoever walks the folder says what is wrong with it
        return False


def _is_linked(folder: Path, mark: str) -> bool:
    relative = PurePosixPath(mark)
    return any((folder / part).is_symlink() for part in (relative, *relative.parents[:-1]))


def get_plugin_manager(*, disabled: Iterable[str] = ()) -> Plugins:
    """Load every plugin that is installed and not disabled.

    Args:
        disabled: names of entry points to leave out, besides those in `$PROVENANCE_DISABLED_PLUGINS`.

    Raises:
        PluginError: a plugin does not load, misuses a hook, or has the name or offers the thing of another one.
        UsageError: `disabled` names a plugin that is not installed.
    """
    installed = list_entry_points()
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hookspecs)
    for name in _blocked(disabled, {info.name for info in installed}):
        manager.set_blocked(name)
    active = [info for info in installed if not manager.is_blocked(info.name)]
    _check_names(active)
    for info in active:
        _load(manager, info)
    return Plugins(
        infos=tuple(PluginInfo(name=info.name, version=info.version) for info in active),
        readers=_readers(manager, active),
        renderers=_formats(manager, "provenance_register_renderers", "the format", active),
        bundles=_formats(manager, "provenance_register_bundles", "notices files in the format", active),
        judges=_calls(manager, "provenance_judge", active),
        detectors=dict(_detectors(manager, active)),
    )


def list_entry_points() -> tuple[EntryPointInfo, ...]:
    """Return what is installed, without importing any of it: our own first, then by distribution and name."""
    origins: dict[object, tuple[str, str]] = {}  # whoever asks a distribution for its name has it read a file
    infos = []
    for point in entry_points(group=GROUP):
        if point.dist not in origins:
            origins[point.dist] = _read_origin(point)
        distribution, version = origins[point.dist]
        infos.append(EntryPointInfo(name=point.name, module=point.value, distribution=distribution, version=version))
    return tuple(sorted(infos, key=_order))


def _check_names(infos: Iterable[EntryPointInfo]) -> None:
    """Refuse names that are taken twice, as pluggy would leave one out without a word.

    Raises:
        PluginError: names both distributions.
    """
    first: dict[str, EntryPointInfo] = {}
    for info in infos:
        if (other := first.setdefault(info.name, info)) is not info:
            message = f"Two plugins are called {info.name!r}: {_origin(other)} and {_origin(info)}."
            remedy = f"Uninstall one of them, or run without both: provenance --no-plugin {info.name} …"
            raise PluginError(f"{message} {remedy}", plugin=info.name)


def _read_origin(point: EntryPoint) -> tuple[str, str]:
    """Return name and version of an entry point's distribution; "unknown" where a damaged installation does not say.

    The standard library then gives None; the backport `importlib_metadata`, which takes its place as soon as anybody
    imports it, raises TypeError.
    """

    def read(what: str) -> str:
        try:
            return getattr(point.dist, what, None) or "unknown"
        except TypeError:
            return "unknown"

    return read("name"), read("version")


def _order(info: EntryPointInfo) -> tuple[bool, str, str, str]:
    distribution = info.distribution.lower().replace("_", "-").replace(".", "-")
    return distribution != OWN_DISTRIBUTION, distribution, info.name, info.module


def _origin(info: EntryPointInfo) -> str:
    return f"{info.module} of {info.distribution} {info.version}"


def _blocked(disabled: Iterable[str], known: set[str]) -> set[str]:
    """Return the names to leave out. Those in the variable need not exist: it may serve several installations."""
    asked = set(disabled)
    if unknown := sorted(asked - known):
        names = ", ".join(sorted(known)) or "none"
        raise UsageError(f"no plugin is called {', '.join(map(repr, unknown))}; installed plugins: {names}")
    variable = os.environ.get(DISABLED_VARIABLE, "")
    return asked | {name.strip() for name in variable.split(",") if name.strip()}


def _load(manager: pluggy.PluginManager, info: EntryPointInfo) -> None:
    """Import one plugin and register its hooks.

    Raises:
        PluginError: the import fails, a hook is unknown or has wrong arguments, or there is no hook at all.
    """
    try:
        plugin = EntryPoint(name=info.name, value=info.module, group=GROUP).load()
        if isinstance(plugin, type):
            raise TypeError(f"{info.module} is a class; the entry point must name a module")
        manager.register(plugin, name=info.name)
        manager.check_pending()
        _check_hooks(manager, plugin)
    except (Exception, SystemExit) as error:
        raise _not_loaded(info, error) from error


def _check_hooks(manager: pluggy.PluginManager, plugin: object) -> None:
    callers = manager.get_hookcallers(plugin)
    if not callers:
        raise TypeError("it implements no hook; is @hookimpl missing?")
    for caller in callers:
        for impl in caller.get_hookimpls():
            if impl.wrapper or impl.hookwrapper:  # it could hide what other plugins say
                raise TypeError(f"{caller.name} is a hook wrapper; only plain hooks take part")


def _not_loaded(info: EntryPointInfo, error: BaseException) -> PluginError:
    message = f"Plugin {info} failed to load: {_said(error)}. {_remedy(info.name)}"
    return PluginError(message, plugin=info.name)


def _failed(name: str, when: str, error: Exception) -> PluginError:
    return PluginError(f"Plugin {name!r} failed {when}: {_said(error)}. {_remedy(name)}", plugin=name)


def _said(error: BaseException) -> str:
    text = " ".join(str(error).split())[:500].rstrip(".")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _remedy(name: str) -> str:
    return f"Run without it: provenance --no-plugin {name} …"


def _calls(manager: pluggy.PluginManager, hook: str, active: Iterable[EntryPointInfo]) -> dict[str, _HookCall]:
    """Return for each plugin that implements a hook a call of it alone, so that a failure has a name."""
    plugins = {info.name: manager.get_plugin(info.name) for info in active}
    implementing = {impl.plugin_name for impl in getattr(manager.hook, hook).get_hookimpls()}
    return {
        name: manager.subset_hook_caller(hook, [other for other in plugins.values() if other is not plugin])
        for name, plugin in plugins.items()
        if name in implementing
    }


def _detectors(manager: pluggy.PluginManager, active: Iterable[EntryPointInfo]) -> Iterator[tuple[str, _Detect]]:
    """Yield each detector as a plain function: every work is shown to all, and pluggy's call takes longer than most."""
    impls = {impl.plugin_name: impl for impl in manager.hook.provenance_detect_licences.get_hookimpls()}
    for info in active:
        if impl := impls.get(info.name):
            yield info.name, _positional(impl.function, impl.argnames)


def _positional(function: Callable[..., Any], names: Sequence[str]) -> _Detect:
    """Return a hook's implementation, which may name any of the arguments in any order, as called with both."""
    if tuple(names) == ("document", "surroundings"):
        return function
    return lambda document, surroundings: function(
        **{name: document if name == "document" else surroundings for name in names}
    )


def _readers(manager: pluggy.PluginManager, active: Iterable[EntryPointInfo]) -> tuple[Reader, ...]:
    readers: list[Reader] = []
    owners: dict[str, str] = {}
    for plugin, call in _calls(manager, "provenance_register_readers", active).items():

        def register(reader: Reader, plugin: str = plugin) -> None:
            for suffix in _suffixes(plugin, reader):
                _claim(owners, suffix, plugin, f"reads files that end in {suffix!r}" if suffix else "reads all files")
            for marks in reader.wholes:
                if not marks:
                    _misregistered(plugin, "at least one mark in each of wholes")
                named = ", ".join(marks)
                _claim(owners, f"{named}/", plugin, f"reads folders that hold {named}")
            readers.append(reader)

        _collect(plugin, call, register)
    return tuple(readers)


def _suffixes(plugin: str, reader: object) -> tuple[str, ...]:
    if not isinstance(reader, Reader):
        _misregistered(plugin, f"register(Reader(…)), not {reader!r:.200}")
    for suffix in reader.suffixes:
        if suffix != suffix.lower() or (suffix and not suffix.startswith(".")):
            _misregistered(plugin, f"a suffix in lower case that begins with a dot, not {suffix!r}")
    return reader.suffixes


def _formats(
    manager: pluggy.PluginManager, hook: str, what: str, active: Iterable[EntryPointInfo]
) -> Mapping[str, Callable[[Any], str]]:
    renderers: dict[str, Callable[[Any], str]] = {}
    owners: dict[str, str] = {}
    for plugin, call in _calls(manager, hook, active).items():

        def register(name: str, render: Callable[[Any], str], plugin: str = plugin) -> None:
            if not isinstance(name, str) or not name or not callable(render):
                _misregistered(plugin, f"register(name, render), not register({name!r:.200}, {render!r:.200})")
            _claim(owners, name, plugin, f"renders {what} {name!r}")
            renderers[name] = render

        _collect(plugin, call, register)
    return renderers


def _collect(plugin: str, call: _HookCall, register: Callable[..., None]) -> None:
    try:
        call(register=register)
    except PluginError:
        raise
    except Exception as error:
        raise _failed(plugin, "while registering", error) from error


def _claim(owners: dict[str, str], thing: str, plugin: str, deed: str) -> None:
    """Note who offers a thing.

    Raises:
        PluginError: somebody else does already.
    """
    owner = owners.setdefault(thing, plugin)
    if owner != plugin:
        message = f"Plugin {plugin!r} {deed}, and so does {owner!r}; run without one of them"
        raise PluginError(f"{message}: provenance --no-plugin {owner} …, or --no-plugin {plugin} …", plugin=plugin)


def _misregistered(plugin: str, wanted: str) -> NoReturn:
    raise PluginError(f"Plugin {plugin!r} misuses a hook: wanted {wanted}. {_remedy(plugin)}", plugin=plugin)

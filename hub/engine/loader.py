"""Finds plugins and lets in the sound ones, one by one; a broken one is quarantined with its reason.

pluggy's own `load_setuptools_entrypoints` dies at the first broken plugin, and a misspelt hook stays silent until
somebody asks; so each entry point is loaded, checked and asked for its classes by itself.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

import pluggy

from hub.contracts import hookspecs
from hub.contracts.channel import Capabilities, Channel
from hub.contracts.crm import CRM, CRMCapabilities
from hub.contracts.errors import ConfigError, PluginError
from hub.contracts.hookspecs import EVENT_KINDS
from hub.contracts.settings import PluginSettings
from hub.contracts.simulator import Simulator
from hub.contracts.transforms import TransformSpec
from hub.mapping.transforms import BUILT_IN
from hub.model.happened import MessageToClassify

GROUP = "hub"
NARROW = "DRAGOMAN_PLUGINS"
HOOKS = tuple(sorted(name for name in vars(hookspecs) if name.startswith("hub_")))

_NAME = re.compile(r"[a-z][a-z0-9_-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginInfo:
    """One plugin found. `module` is the entry point's value, `reason` why it is in quarantine (one sentence)."""

    name: str
    distribution: str
    version: str
    module: str
    hooks: tuple[str, ...] = ()
    state: Literal["loaded", "quarantined"] = "loaded"
    reason: str = ""


@dataclass(slots=True)
class Plugins:
    """What the installed plugins offer. `handlers`: plugin name -> the event kinds it is told: those its `hub_on_event`
    asks for, and messages to classify where it has `hub_classify`."""

    channels: dict[str, type[Channel[Any]]] = field(default_factory=dict)
    crms: dict[str, type[CRM[Any]]] = field(default_factory=dict)
    brought_by: dict[str, str] = field(default_factory=dict)
    """Channel -> the plugin that offers it."""
    transforms: dict[str, TransformSpec] = field(default_factory=dict)
    """By name, beside the built-in ones."""
    handlers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    settings: dict[str, type[PluginSettings]] = field(default_factory=dict)
    """Handler's plugin name -> its module's `Settings`, where it has one: the shape of its table [plugin.NAME]."""
    classifiers: dict[str, Callable[..., Any]] = field(default_factory=dict, repr=False)
    """Plugin -> its `hub_classify`, for commands: a running hub asks the plugin's own process."""
    trainers: dict[str, Callable[..., Any]] = field(default_factory=dict, repr=False)
    """Plugin -> its `hub_train`."""
    infos: list[PluginInfo] = field(default_factory=list)
    _simulators: dict[str, Callable[[], Iterable[Any]]] = field(default_factory=dict, repr=False)

    def quarantined(self) -> list[PluginInfo]:
        """The plugins that were left out."""
        return [info for info in self.infos if info.state == "quarantined"]

    def simulators(self) -> dict[str, type[Simulator]]:
        """The simulators by name, asked for now. Raises PluginError naming a plugin that cannot give its own."""
        found: dict[str, type[Simulator]] = {}
        for plugin, hook in self._simulators.items():
            try:
                found.update(_classes(hook, Simulator))
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                raise PluginError(f"plugin '{plugin}': hub_simulators failed: {_reason(error)}") from error
        return found


@dataclass(frozen=True, slots=True)
class _Candidate:
    name: str
    distribution: str
    version: str
    module: str
    load: Callable[[], Any]


def load_plugins(
    extra: Iterable[tuple[str, Any]] = (),
    blocked: Collection[str] = (),
    environ: Mapping[str, str] = os.environ,
    entering: Callable[[str], None] | None = None,
) -> Plugins:
    """Load the plugins of the entry-point group `hub`, then `extra` (name, and a module or its dotted name).

    `blocked` are names the supervisor keeps out: they are not even imported. The variable DRAGOMAN_PLUGINS, a list of
    names with commas, narrows the entry points; empty means all. `entering` is called with each plugin's name before
    its code runs for the first time, so that one that never returns can be named. Raises ConfigError only for a name
    in DRAGOMAN_PLUGINS that is not installed; a broken plugin never raises.
    """
    candidates = [_installed(entry) for entry in _entry_points()]
    if wanted := [name.strip() for name in environ.get(NARROW, "").split(",") if name.strip()]:
        known = [candidate.name for candidate in candidates]
        for name in wanted:
            if name not in known:
                raise ConfigError(
                    f"plugin '{name}' is not installed", where=NARROW, remedy=f"installed: {', '.join(known) or 'none'}"
                )
        candidates = [candidate for candidate in candidates if candidate.name in wanted]
    candidates += [_given(name, plugin) for name, plugin in extra]

    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hookspecs)
    plugins = Plugins()
    for candidate in candidates:
        if candidate.name in blocked:
            plugins.infos.append(_info(candidate, reason="kept out by the supervisor after it stalled the hub"))
            continue
        if entering is not None:
            entering(candidate.name)
        try:
            hooks = _admit(manager, plugins, candidate)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a plugin may even call sys.exit at import
            if manager.has_plugin(candidate.name) and not any(i.name == candidate.name for i in plugins.infos):
                manager.unregister(name=candidate.name)
            plugins.infos.append(_info(candidate, reason=_reason(error)))
        else:
            plugins.infos.append(_info(candidate, hooks=hooks))
    return plugins


def _entry_points() -> list[EntryPoint]:
    """In a fixed order, the bundled ones first, so that a newcomer cannot take a name from them."""
    return sorted(
        entry_points(group=GROUP),
        key=lambda e: (e.dist is None or e.dist.name != "dragoman", e.dist.name if e.dist else "", e.name),
    )


def _installed(entry: EntryPoint) -> _Candidate:
    name, version = (entry.dist.name, entry.dist.version) if entry.dist else ("", "")
    return _Candidate(entry.name, name, version, entry.value, entry.load)


def _given(name: str, plugin: Any) -> _Candidate:
    if isinstance(plugin, str):
        return _Candidate(name, "", "", plugin, lambda: importlib.import_module(plugin))
    return _Candidate(name, "", "", getattr(plugin, "__name__", type(plugin).__name__), lambda: plugin)


def _info(candidate: _Candidate, hooks: tuple[str, ...] = (), reason: str = "") -> PluginInfo:
    return PluginInfo(
        name=candidate.name,
        distribution=candidate.distribution,
        version=candidate.version,
        module=candidate.module,
        hooks=hooks,
        state="quarantined" if reason else "loaded",
        reason=reason,
    )


def _admit(manager: pluggy.PluginManager, plugins: Plugins, candidate: _Candidate) -> tuple[str, ...]:
    """Register one plugin and take what it offers, all or nothing. Raises whatever is wrong with it."""
    if any(info.name == candidate.name for info in plugins.infos):
        raise PluginError(f"another plugin is already called '{candidate.name}'")
    module = candidate.load()
    _check_marks(manager, module)
    manager.register(module, name=candidate.name)
    hooks = _hooks(manager, module)
    channels = _offers(hooks, "hub_channels", Channel, Capabilities, plugins.channels)
    crms = _offers(hooks, "hub_crms", CRM, CRMCapabilities, plugins.crms)
    transforms = _transforms(hooks, plugins.transforms)
    handles = _event_kinds(module) if "hub_on_event" in hooks else ()
    if "hub_classify" in hooks:
        handles = (*handles, MessageToClassify.kind)
    settings = getattr(module, "Settings", None) if handles else None
    if settings is not None and not (isinstance(settings, type) and issubclass(settings, PluginSettings)):
        raise PluginError("its Settings is not a PluginSettings class")

    plugins.channels |= channels
    plugins.brought_by |= dict.fromkeys(channels, candidate.name)
    plugins.crms |= crms
    plugins.transforms |= transforms
    if handles:
        plugins.handlers[candidate.name] = handles
    for hook, taken in (("hub_classify", plugins.classifiers), ("hub_train", plugins.trainers)):
        if hook in hooks:
            taken[candidate.name] = _by_name(hooks[hook])
    if settings is not None:
        plugins.settings[candidate.name] = settings
    if "hub_simulators" in hooks:
        plugins._simulators[candidate.name] = hooks["hub_simulators"]
    return tuple(sorted(hooks))


def _check_marks(manager: pluggy.PluginManager, module: Any) -> None:
    """A function with a hook's name but without @hookimpl would be passed over in silence."""
    for name in HOOKS:
        if callable(getattr(module, name, None)) and manager.parse_hookimpl_opts(module, name) is None:
            raise PluginError(f"'{name}' lacks the decorator @hookimpl")


def _hooks(manager: pluggy.PluginManager, module: Any) -> dict[str, Callable[..., Any]]:
    """The plugin's own implementations by hook name. Raises PluginError on an unknown or async one."""
    found: dict[str, Callable[..., Any]] = {}
    for caller in manager.get_hookcallers(module) or ():
        (impl,) = (impl for impl in caller.get_hookimpls() if impl.plugin is module)
        if not caller.has_spec():
            if impl.optionalhook:
                continue
            close = difflib.get_close_matches(caller.name, HOOKS, 1)
            hint = f"did you mean '{close[0]}'?" if close else f"known: {', '.join(HOOKS)}"
            raise PluginError(f"unknown hook '{caller.name}' ({hint})")
        if inspect.iscoroutinefunction(impl.function):
            raise PluginError(f"'{caller.name}' is async; hooks are plain functions")
        found[caller.name] = impl.function
    if not found:
        raise PluginError(f"it implements no hook (known: {', '.join(HOOKS)})")
    return found


def _by_name(function: Callable[..., Any]) -> Callable[..., Any]:
    """A hook as the hub calls it: with every argument of the specification; it gets those it names."""
    named = [p.name for p in inspect.signature(function).parameters.values() if p.default is p.empty]
    return lambda **given: function(**{name: given[name] for name in named})


def _offers(
    hooks: Mapping[str, Callable[..., Any]],
    hook: str,
    base: type[Any],
    abilities: type[Any],
    taken: Mapping[str, type[Any]],
) -> dict[str, type[Any]]:
    if hook not in hooks:
        return {}
    found = _classes(hooks[hook], base)
    for name, cls in found.items():
        if not _NAME.fullmatch(name):
            raise PluginError(f"{cls.__name__}.name '{name}' is not made of a-z, 0-9, _ and -")
        if name in taken:
            raise PluginError(f"'{name}' is already offered by {taken[name].__module__}")
        settings = getattr(cls, "Settings", None)
        if not (isinstance(settings, type) and issubclass(settings, PluginSettings)):
            raise PluginError(f"{cls.__name__}.Settings is not a PluginSettings class")
        if not isinstance(getattr(cls, "capabilities", None), abilities):
            raise PluginError(f"{cls.__name__}.capabilities is not a {abilities.__name__}")
    return found


def _classes(hook: Callable[[], Iterable[Any]], base: type[Any]) -> dict[str, type[Any]]:
    """What a hook returned, by name. Raises PluginError on anything that is not a complete class of `base`."""
    found: dict[str, type[Any]] = {}
    for cls in hook():
        if not (isinstance(cls, type) and issubclass(cls, base)):
            raise PluginError(f"{cls!r:.100} is not a {base.__name__} class")
        if missing := sorted(getattr(cls, "__abstractmethods__", ())):
            raise PluginError(f"{cls.__name__} lacks {', '.join(missing)}")
        name = getattr(cls, "name", "")
        if not name or not isinstance(name, str):
            raise PluginError(f"{cls.__name__} has no name")
        if name in found:
            raise PluginError(f"it offers '{name}' twice")
        found[name] = cls
    return found


def _transforms(
    hooks: Mapping[str, Callable[..., Any]], taken: Mapping[str, TransformSpec]
) -> dict[str, TransformSpec]:
    """The transforms that a plugin offers, by name. Raises PluginError on one that mapping files could not use."""
    found: dict[str, TransformSpec] = {}
    for spec in hooks["hub_transforms"]() if "hub_transforms" in hooks else ():
        if not isinstance(spec, TransformSpec):
            raise PluginError(f"{spec!r:.100} is not a TransformSpec")
        if not isinstance(spec.name, str) or not _NAME.fullmatch(spec.name):
            raise PluginError(f"the transform '{spec.name}' is not made of a-z, 0-9, _ and -")
        if spec.name in BUILT_IN:
            raise PluginError(f"the transform '{spec.name}' is built in")
        if spec.name in taken or spec.name in found:
            raise PluginError(f"the transform '{spec.name}' is already offered")
        if not callable(spec.forward) or not callable(spec.wrong) or not (spec.back is None or callable(spec.back)):
            raise PluginError(f"the transform '{spec.name}' lacks a function")
        found[spec.name] = spec
    return found


def _event_kinds(module: Any) -> tuple[str, ...]:
    kinds = getattr(module, "EVENTS", None)
    if isinstance(kinds, str) or not isinstance(kinds, Collection) or not kinds:
        raise PluginError('it implements hub_on_event but has no EVENTS, e.g. EVENTS = ("inquiry.opened",)')
    for kind in kinds:
        if kind not in EVENT_KINDS:
            close = difflib.get_close_matches(str(kind), EVENT_KINDS, 1)
            hint = f"did you mean '{close[0]}'?" if close else f"told: {', '.join(EVENT_KINDS)}"
            raise PluginError(f"EVENTS names '{kind}', a kind that no plugin is told ({hint})")
    return tuple(kinds)


def _reason(error: BaseException) -> str:
    """One short line; our own errors are sentences already, others are named by their class."""
    text = " ".join(str(error).split())[:300]
    if isinstance(error, PluginError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__

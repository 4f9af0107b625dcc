"""Compare the OpenStack plugin that is built here with the PyPI package that speaks to it.

`python -m tools.toolchain.openstack_names PLUGIN` asks the plugin for its names (`-names`), compares every
token, property and nested property with the classes of pulumi_openstack, prints each difference and exits 1
if there is one. The original plugin knows no `-names` and needs no comparison. Runs in .venv.
"""

import importlib
import inspect
import json
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pulumi
import pulumi_openstack

Property = dict[str, Any]
"""One property as the plugin describes it: `tf`, `input`, `required`, `type`, and `fields` of an object."""


def differences(plugin: Path) -> tuple[int, list[str]]:
    """How many resources and functions were compared, and every difference in words."""
    names: dict[str, dict[str, Property]] = json.loads(subprocess.check_output([plugin, "-names"]))
    names = {token: properties for token, properties in names.items() if not token.endswith(":provider")}
    found: list[str] = []
    left = dict(names)
    for module in _modules():
        for resource in _resources(module):
            token = resource.pulumi_type
            if token in left:
                arguments = getattr(module, resource.__name__ + "Args")
                found += _compare(token, arguments, left.pop(token))
        for token, sent in _functions(module).items():
            if token in left:
                known = {name for name, entry in left.pop(token).items() if entry["input"]}
                found += [
                    f"{token}: Python sends {name}, the plugin does not know it"
                    for name in sorted(sent - known)
                ]
    found += [f"{token}: no Python class or function has this token" for token in sorted(left)]
    return len(names), found


def _modules() -> list[ModuleType]:
    walked = pkgutil.walk_packages(pulumi_openstack.__path__, "pulumi_openstack.")
    return [importlib.import_module(submodule.name) for submodule in walked if not submodule.ispkg]


def _resources(module: ModuleType) -> list[Any]:
    classes = (
        cls for cls in vars(module).values() if inspect.isclass(cls) and cls.__module__ == module.__name__
    )
    return [cls for cls in classes if issubclass(cls, pulumi.Resource) and hasattr(cls, "pulumi_type")]


def _functions(module: ModuleType) -> dict[str, set[str]]:
    """The token of each function that a module calls, with the arguments that it sends."""
    text = inspect.getsource(module)
    sent = set(re.findall(r"__args__\['(\w+)'\]", text))
    return dict.fromkeys(re.findall(r"runtime\.invoke\('([^']+)'", text), sent)


def _compare(
    where: str, arguments: type, properties: dict[str, Property], inputs_only: bool = True
) -> Iterator[str]:
    ours = {name: entry for name, entry in properties.items() if entry["input"] or not inputs_only}
    theirs = _python_names(arguments)
    yield from (
        f"{where}: Python has {name}, the plugin has not" for name in sorted(theirs.keys() - ours.keys())
    )
    for name in sorted(ours.keys() - theirs.keys() - {"id"}):
        yield f"{where}: the plugin has {name} ({ours[name]['tf']}), Python has not"
    parameters = inspect.signature(arguments).parameters.values()
    needed = {parameter.name for parameter in parameters if parameter.default is parameter.empty}
    for name in sorted(ours.keys() & theirs.keys()):
        required = theirs[name].__name__ in needed
        if inputs_only and ours[name]["required"] != required:
            yield f"{where}.{name}: required by Python: {required}, by the plugin: {not required}"
        yield from _compare_kind(f"{where}.{name}", arguments, theirs[name], ours[name])


def _compare_kind(where: str, arguments: type, getter: Any, ours: Property) -> Iterator[str]:
    """A list is a list on both sides, and an object has the same fields."""
    nested, many = _nested(arguments, getter)
    kind = ours["type"]
    if nested is None:
        if many and kind not in ("List", "Set"):
            yield f"{where}: a list in Python, {kind} in the plugin"
    else:
        if many == ("[max 1]" in kind):
            yield f"{where}: list in Python: {many}, in the plugin: {kind}"
        if "fields" in ours:
            # The package has one class for inputs and outputs of an object, so read-only fields are in it.
            yield from _compare(where, nested, ours["fields"], inputs_only=False)
        else:
            yield f"{where}: an object in Python, {kind} in the plugin"


def _python_names(arguments: type) -> dict[str, Any]:
    """The properties of an @input_type class by their Pulumi names, which pulumi.getter has put on them."""
    getters: Iterator[Any] = (
        member.fget for member in vars(arguments).values() if isinstance(member, property)
    )
    return {getter._pulumi_name: getter for getter in getters if hasattr(getter, "_pulumi_name")}


def _nested(arguments: type, getter: Any) -> tuple[type | None, bool]:
    """The class of the objects in a property, if it holds objects, and whether it is a list."""
    annotation = str(getter.__annotations__.get("return", ""))
    many = "Sequence[" in annotation
    named = re.findall(r"(\w+Args)\b", annotation)
    if not named:
        return None, many
    inputs = importlib.import_module(arguments.__module__.rsplit(".", 1)[0] + "._inputs")
    return next((getattr(inputs, name) for name in named if hasattr(inputs, name)), None), many


def main() -> None:
    compared, found = differences(Path(sys.argv[1]))
    print("\n".join([*found, f"{compared} resources and functions compared, {len(found)} differences"]))
    sys.exit(1 if found or not compared else 0)


if __name__ == "__main__":
    main()

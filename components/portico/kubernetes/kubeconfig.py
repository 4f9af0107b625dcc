"""Which kubeconfig is meant: a file, several files, or the content itself.

Reads files and the environment; asks no cluster. Read by cluster and providers, so that the preflight and the
Kubernetes provider use the same one. The provider takes one path or one content, and nothing else
(pulumi-kubernetes 4, provider `kubeconfig`).
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ..problems import Problem, Refused
from ..values import is_content

SETTING = "portico:kubernetes.kubeconfig"

USUAL = "~/.kube/config"

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
"""A pod's own credentials, which are used where there is no kubeconfig."""

INLINE = {
    "certificate-authority": "certificate-authority-data",
    "client-certificate": "client-certificate-data",
    "client-key": "client-key-data",
}
"""The keys that name a file, and those that hold what is in it (client-go, clientcmd/api/v1)."""

LISTS = ("clusters", "users", "contexts")


@dataclass(frozen=True)
class Kubeconfig:
    """A kubeconfig that is there."""

    path: str = ""
    """As the user would say it, `~` included; empty for content and for a pod's own account."""
    content: Mapping[str, Any] | None = field(default=None, repr=False)
    """It holds credentials: nothing of it is shown."""


def find(setting: str | None, environ: Mapping[str, str] = os.environ) -> Kubeconfig | None:
    """What is said, else what KUBECONFIG names, else ~/.kube/config, else a pod's own account; None where
    there is none at all.

    Args:
        setting: a path, several paths as in KUBECONFIG, or the content as YAML or JSON.

    Raises:
        Refused: content that is no mapping, or one of several files that cannot be read.
    """
    if setting and is_content(setting):
        return Kubeconfig(content=_content(setting))
    named = setting or environ.get("KUBECONFIG") or USUAL
    if Path(named).expanduser().is_file():
        return Kubeconfig(named)
    if os.pathsep in named:
        parts = [Path(part).expanduser() for part in named.split(os.pathsep) if part]
        files = [part for part in parts if part.is_file()]
        return Kubeconfig(content=_joined(files)) if files else None
    in_pod = named == USUAL and not setting and "KUBERNETES_SERVICE_HOST" in environ and ACCOUNT.is_file()
    return Kubeconfig() if in_pod else None


def _content(setting: str) -> Mapping[str, Any]:
    try:
        content = yaml.safe_load(setting)
    except yaml.YAMLError:
        content = None  # the parser's own words quote what may be a secret
    if not isinstance(content, Mapping):
        remedy = "give what `kubectl config view --raw` prints"
        raise _unusable("must be a kubeconfig's content, a YAML mapping", remedy)
    return content


def _joined(files: list[Path]) -> Mapping[str, Any]:
    """Several files as one: of what several say, the first holds (Kubernetes, Merging kubeconfig files)."""
    whole: dict[str, Any] = {"apiVersion": "v1", "kind": "Config", "current-context": ""}
    named: dict[str, dict[str, Any]] = {key: {} for key in LISTS}
    for file in files:
        try:
            content = _inlined(yaml.safe_load(file.read_text()) or {}, file.parent)
            whole["current-context"] = whole["current-context"] or content.get("current-context") or ""
            for key in LISTS:
                for entry in content.get(key) or ():
                    named[key].setdefault(entry["name"], entry)
        except (yaml.YAMLError, OSError, LookupError, TypeError, AttributeError, ValueError) as error:
            reason = f"{file} is no usable kubeconfig: {type(error).__name__}"
            raise _unusable(reason, "mend it, or leave it out of the list") from None
    return {**whole, **{key: list(entries.values()) for key, entries in named.items()}}


def _inlined(content: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
    """With the content of each file that it names, since paths are relative to the file that names them."""
    found = json.loads(json.dumps(content, default=str))
    for entry in [*(found.get("clusters") or ()), *(found.get("users") or ())]:
        inner = entry.get("cluster") or entry.get("user") or {}
        for key, data in INLINE.items():
            if (name := inner.pop(key, None)) and data not in inner:
                inner[data] = base64.b64encode((folder / name).read_bytes()).decode()
        if name := inner.pop("tokenFile", None):
            inner.setdefault("token", (folder / name).read_text().strip())
    return dict(found)


def _unusable(rule: str, remedy: str) -> Refused:
    return Refused("the kubeconfig cannot be used", [Problem(SETTING, "", rule, remedy)])

"""Read-only questions to a Kubernetes cluster.

Speaks HTTPS through the `kubernetes` package, which reads kubeconfig files as kubectl does, and sends nothing
but GET. Read by connections, preflight and recovery. The rights it takes: docs/ingress.md, Rights of `up`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from ..problems import Problem, Refused
from .answers import Container, IngressClass, Object, Standing, Workload
from .kubeconfig import SETTING, Kubeconfig, find

T = TypeVar("T")

CONNECT, READ = 5, 10
"""Seconds until a connection stands, and until an answer begins."""

AT_ONCE = 8
"""How many questions are open at a time."""

PAGE = 500
"""How many things one answer lists, as kubectl has it."""

DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"
"""The annotation of the class that Ingresses without one get (Kubernetes, Ingress, Default IngressClass)."""

METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
"""Asks for labels and uid alone (Kubernetes API Concepts, Metadata-only fetches): no Secret is read."""

KUBECONFIG, CONTEXT = SETTING, "portico:kubernetes.context"

MALFORMED = (ValueError, TypeError, LookupError, AttributeError, OSError)
"""What the package raises of a kubeconfig in which something has the wrong form, beside its own errors."""


class NoAnswer(Exception):
    """The cluster could not be asked."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


class Forbidden(Exception):
    """It may not be asked this: the API server's own sentence."""


@dataclass(frozen=True)
class Cluster:
    """An API server, and who asks it."""

    client: Any
    """A kubernetes.client.ApiClient."""
    server: str
    context: str
    """Empty in a pod."""
    said: str
    """The kubeconfig's path, as the user would say it; empty for content and in a pod."""

    def get(self, path: str, accept: str = "application/json") -> Mapping[str, Any] | None:
        """What lies at a path of the API; None where nothing does.

        Raises:
            NoAnswer: nobody is there, or it is nobody who knows these credentials.
            Forbidden: these credentials are not enough.
        """
        import urllib3

        request = self.client.param_serialize(
            "GET", path, header_params={"Accept": accept}, auth_settings=["BearerToken"]
        )
        try:
            response = self.client.call_api(*request, _request_timeout=(CONNECT, READ))
            body = response.read()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise self._silent(_cause(error)) from error
        return self._answer(response.status, body)

    def _answer(self, status: int, body: bytes) -> Mapping[str, Any] | None:
        if status == 404:  # of a group that is not there in plain text
            return None
        try:
            said = json.loads(body)
            message = str(said.get("message") or f"HTTP {status}")
        except (ValueError, AttributeError):
            raise self._silent(f"HTTP {status}, and no Kubernetes API") from None
        if status == 200:
            return said  # type: ignore[no-any-return]
        if status == 403:
            raise Forbidden(message)
        if status == 401:
            raise self._silent("it does not know these credentials (401)")
        raise self._silent(message.splitlines()[0])

    def _silent(self, cause: str) -> NoAnswer:
        context = f", context {self.context}" if self.context else ""
        return NoAnswer(
            Problem(
                KUBECONFIG,
                repr(self.said) if self.said else "",
                f"the cluster at {self.server}{context} could not be asked: {cause}",
                "check the kubeconfig and the way to the API server",
            )
        )


@dataclass(frozen=True)
class Answers:
    """What a cluster said."""

    standing: Mapping[Object, Standing]
    forbidden: Mapping[Object, str]
    """Why it would not say."""

    def known(self, asked: Iterable[Object]) -> frozenset[Object]:
        """Those that it answered for."""
        return frozenset(asked) - self.forbidden.keys()


def connect(said: str | None, context: str | None) -> Cluster | None:
    """A connection, or None where there is no kubeconfig; nothing is asked yet.

    Args:
        said: `portico:kubernetes.kubeconfig`: a path, several, or the content itself.
        context: `portico:kubernetes.context`.

    Raises:
        NoAnswer: the kubeconfig cannot be used.
    """
    try:
        found = find(said)
    except Refused as refused:
        raise NoAnswer(refused.problems[0]) from None
    if found is None:
        return None
    # A third of a second, which a preview without a cluster does not cost.
    from kubernetes.config import ConfigException
    from yaml import YAMLError

    try:
        return _loaded(found, context)
    except (ConfigException, YAMLError, *MALFORMED) as error:
        # What the package says of content may quote it.
        reason = " ".join(str(error).split()) if found.path else ""
        rule = f"is no usable kubeconfig: {reason or type(error).__name__}"
        shown = repr(found.path) if found.path else ""
        raise NoAnswer(Problem(KUBECONFIG, shown, rule, "mend it, or name another")) from None


def _loaded(found: Kubeconfig, context: str | None) -> Cluster:
    from kubernetes import client, config

    settings = client.Configuration()
    # What does not answer is said at once; to wait for it is the user's choice.
    settings.retries = False
    settings.connection_pool_maxsize = AT_ONCE
    if not found.path and found.content is None:
        config.load_incluster_config(client_configuration=settings)  # type: ignore[no-untyped-call]
        return Cluster(client.ApiClient(settings), settings.host, "", "")
    if found.content is not None:
        contexts, current = found.content["contexts"], {"name": found.content["current-context"]}
    else:
        path = str(Path(found.path).expanduser())
        contexts, current = config.list_kube_config_contexts(path)  # type: ignore[no-untyped-call]
    names = [each["name"] for each in contexts]
    if context and context not in names:
        rule = f"there is no such context in {found.path or 'the kubeconfig'}"
        raise NoAnswer(Problem(CONTEXT, repr(context), rule, f"it has {', '.join(names)}"))
    if found.content is not None:
        config.load_kube_config_from_dict(  # type: ignore[no-untyped-call]
            found.content, context=context, client_configuration=settings, persist_config=False
        )
    else:
        config.load_kube_config(  # type: ignore[no-untyped-call]
            path, context=context, client_configuration=settings, persist_config=False
        )
    return Cluster(client.ApiClient(settings), settings.host, context or current["name"], found.path)


def ask(cluster: Cluster, objects: Iterable[Object]) -> Answers:
    """Which of these objects are there.

    Raises:
        NoAnswer: the cluster does not answer.
    """
    _greet(cluster)

    def look(thing: Object) -> Standing | None:
        # Who serves a class is said in its spec.
        accept = "application/json" if thing.kind == "IngressClass" else METADATA
        found = cluster.get(location(thing), accept)
        return None if found is None else _standing(found)

    seen, forbidden = asked_of_each(objects, look)
    return Answers({thing: live for thing, live in seen.items() if live is not None}, forbidden)


def asked_of_each(
    objects: Iterable[Object], look: Callable[[Object], T]
) -> tuple[dict[Object, T], dict[Object, str]]:
    """What a question brings for each object, several at once; and of those that may not be read, why.

    Raises:
        NoAnswer: the cluster does not answer.
    """
    seen: dict[Object, T] = {}
    forbidden: dict[Object, str] = {}

    def note(thing: Object) -> None:
        try:
            seen[thing] = look(thing)
        except Forbidden as refusal:
            forbidden[thing] = str(refusal)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(note, dict.fromkeys(objects)))
    return seen, forbidden


def node_ports(cluster: Cluster) -> dict[int, Object]:
    """Every node port that is taken, and by which Service.

    Raises:
        NoAnswer: the cluster does not answer.
        Forbidden: the Services of all namespaces may not be listed.
    """
    return {
        port: Object("v1", "Service", service["metadata"]["namespace"], service["metadata"]["name"])
        for service in listed(cluster, "/api/v1/services")
        for port in _ports(service["spec"])
    }


def workloads(cluster: Cluster) -> tuple[Workload, ...]:
    """Every Deployment and DaemonSet that runs something, in all namespaces.

    Raises:
        NoAnswer: the cluster does not answer.
        Forbidden: they may not be listed.
    """
    return tuple(
        _workload(kind, item)
        for kind in ("Deployment", "DaemonSet")
        for item in listed(cluster, f"/apis/apps/v1/{_plural(kind)}")
        if item["spec"].get("replicas") != 0
    )


def classes(cluster: Cluster) -> tuple[IngressClass, ...]:
    """Every ingress class.

    Raises:
        NoAnswer: the cluster does not answer.
        Forbidden: they may not be listed.
    """
    return tuple(
        IngressClass(
            item["metadata"]["name"],
            (item["metadata"].get("annotations") or {}).get(DEFAULT_CLASS) == "true",
        )
        for item in listed(cluster, "/apis/networking.k8s.io/v1/ingressclasses")
    )


def listed(cluster: Cluster, path: str) -> Iterator[Mapping[str, Any]]:
    """Everything at a path of the API; nothing where the cluster knows no such kind.

    Raises:
        NoAnswer: the cluster does not answer.
        Forbidden: it may not be listed.
    """
    more = ""
    while True:
        page = cluster.get(f"{path}?limit={PAGE}{more}") or {}
        yield from page.get("items") or ()
        if not (token := page.get("metadata", {}).get("continue")):
            return
        more = f"&continue={quote(token, safe='')}"


def _workload(kind: str, item: Mapping[str, Any]) -> Workload:
    metadata, spec = item["metadata"], item["spec"]["template"]["spec"]
    return Workload(
        Object("apps/v1", kind, metadata["namespace"], metadata["name"]),
        tuple(
            Container(
                each.get("image") or "",
                (*(each.get("command") or ()), *(each.get("args") or ())),
                {variable["name"]: variable.get("value") or "" for variable in each.get("env") or ()},
            )
            for each in spec["containers"]
        ),
        metadata.get("labels") or {},
    )


def read(cluster: Cluster, thing: Object) -> Mapping[str, Any] | None:
    """A whole object; None where it is not there.

    Raises:
        NoAnswer: the cluster does not answer.
        Forbidden: it may not be read.
    """
    return cluster.get(location(thing))


def location(thing: Object) -> str:
    """The path of an object (Kubernetes API Concepts, Resource URIs)."""
    root = "/apis" if "/" in thing.api_version else "/api"
    space = f"/namespaces/{thing.namespace}" if thing.namespace else ""
    return f"{root}/{thing.api_version}{space}/{_plural(thing.kind)}/{quote(thing.name, safe='')}"


def _plural(kind: str) -> str:
    """As Kubernetes names its own kinds in paths (apimachinery, UnsafeGuessKindToResource)."""
    word = kind.lower()
    if word.endswith("s"):
        return f"{word}es"
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"


def _greet(cluster: Cluster) -> None:
    """Finds out with one question whether it is a Kubernetes that knows these credentials."""
    try:
        if "gitVersion" not in (cluster.get("/version") or {}):
            raise cluster._silent("what answers there is no Kubernetes API")
    except Forbidden:
        return


def _standing(found: Mapping[str, Any]) -> Standing:
    metadata = found["metadata"]
    labels = metadata.get("labels") or {}
    return Standing(
        uid=metadata["uid"],
        instance=labels.get("app.kubernetes.io/instance", ""),
        enforced=labels.get("pod-security.kubernetes.io/enforce", ""),
        controller=(found.get("spec") or {}).get("controller", ""),
        leaving="deletionTimestamp" in metadata,
    )


def _ports(spec: Mapping[str, Any]) -> Iterator[int]:
    """One number serves one Service, whatever the protocol; the health check of kube-proxy takes one as well
    (Kubernetes, Service, `healthCheckNodePort`)."""
    yield from filter(None, [port.get("nodePort") for port in spec.get("ports") or ()])
    if port := spec.get("healthCheckNodePort"):
        yield port


def _cause(error: BaseException) -> str:
    """The innermost reason, without addresses of objects and names of classes."""
    import ssl

    import urllib3

    chain: list[BaseException] = [error]
    while inner := chain[-1].__cause__ or chain[-1].__context__:
        chain.append(inner)
    for each in reversed(chain):
        if isinstance(each, ssl.SSLCertVerificationError):
            return f"its certificate is not the one expected: {each.verify_message}"
        if isinstance(each, OSError) and each.strerror:
            return each.strerror
    if any(isinstance(each, urllib3.exceptions.TimeoutError | TimeoutError) for each in chain):
        return f"no answer within {CONNECT} s for a connection and {READ} s for a word"
    return " ".join(str(error).split())

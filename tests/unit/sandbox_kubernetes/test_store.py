"""When images have to be imported, and when not."""

import pytest

from sandbox.kubernetes import cluster, node
from sandbox.kubernetes.images import Image
from sandbox.kubernetes.store import Store
from sandbox.paths import Paths


@pytest.fixture
def store(tmp_path):
    return Store(Paths(root=tmp_path))


def test_an_empty_store_holds_nothing(store, tmp_path):
    (tmp_path / "program").touch()
    assert not store.holds({Image("docker.io/a:1", "/a"): tmp_path / "program"})
    assert store.image_set() == ""


def test_every_sandbox_has_a_pause_image():
    assert node.PAUSE_IMAGE in {image.name for image in cluster.IMAGES}


def test_every_image_has_a_registry_in_its_name_so_that_containerd_finds_it():
    for image in (*cluster.IMAGES, *cluster.METALLB_IMAGES):
        assert "." in image.name.split("/")[0]
        assert ":" in image.name

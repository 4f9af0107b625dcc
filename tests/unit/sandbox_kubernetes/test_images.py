"""Image archives: the same everywhere, and as containerd wants them."""

import hashlib
import json
import os
import tarfile

import pytest

from sandbox.kubernetes.images import Image, write_archive

WHOAMI = Image("docker.io/traefik/whoami:v1.11.0", "/opt/bin/whoami", ("--quiet",), ports=(80,))


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "program"
    path.write_bytes(b"\x7fELF" + bytes(5000))
    return path


@pytest.fixture
def archive(tmp_path, program):
    write_archive(WHOAMI, program, "x86_64", tmp_path / "whoami.tar")
    return tmp_path / "whoami.tar"


def read(archive, name):
    with tarfile.open(archive) as tar:
        return tar.extractfile(name).read()


def blob(archive, digest):
    content = read(archive, f"blobs/{digest.replace(':', '/')}")
    assert "sha256:" + hashlib.sha256(content).hexdigest() == digest
    return content


def unpacked(archive):
    """Index entry, manifest and configuration; each blob is checked against its digest on the way."""
    entry = json.loads(read(archive, "index.json"))["manifests"][0]
    manifest = json.loads(blob(archive, entry["digest"]))
    return entry, manifest, json.loads(blob(archive, manifest["config"]["digest"]))


def test_the_same_program_gives_the_same_archive_whoever_owns_it_and_whenever_it_was_built(tmp_path, program):
    first = write_archive(WHOAMI, program, "x86_64", tmp_path / "one.tar")
    os.utime(program, (1, 1))
    program.chmod(0o700)
    second = write_archive(WHOAMI, program, "x86_64", tmp_path / "two.tar")
    assert first == second
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()


def test_another_program_gives_another_digest(tmp_path, program):
    first = write_archive(WHOAMI, program, "x86_64", tmp_path / "one.tar")
    program.write_bytes(b"something else")
    assert write_archive(WHOAMI, program, "x86_64", tmp_path / "one.tar") != first


def test_the_digest_is_that_of_the_manifest(tmp_path, program):
    digest = write_archive(WHOAMI, program, "x86_64", tmp_path / "one.tar")
    assert unpacked(tmp_path / "one.tar")[0]["digest"] == digest


def test_containerd_finds_the_whole_name_with_its_registry(archive):
    assert unpacked(archive)[0]["annotations"] == {
        "io.containerd.image.name": "docker.io/traefik/whoami:v1.11.0",
        "org.opencontainers.image.ref.name": "v1.11.0",
    }


def test_the_program_is_what_runs(archive):
    _, _, config = unpacked(archive)
    assert config["config"]["Entrypoint"] == ["/opt/bin/whoami", "--quiet"]
    assert config["config"]["ExposedPorts"] == {"80/tcp": {}}


@pytest.mark.parametrize(("machine", "architecture"), [("x86_64", "amd64"), ("aarch64", "arm64")])
def test_the_image_is_for_the_machine_it_was_made_on(tmp_path, program, machine, architecture):
    write_archive(WHOAMI, program, machine, tmp_path / "image.tar")
    assert unpacked(tmp_path / "image.tar")[2]["architecture"] == architecture


def test_the_layer_holds_the_program_for_everybody_to_run(tmp_path, archive, program):
    _, manifest, config = unpacked(archive)
    layer = manifest["layers"][0]
    (tmp_path / "layer.tar").write_bytes(blob(archive, layer["digest"]))
    assert config["rootfs"]["diff_ids"] == [layer["digest"]]
    with tarfile.open(tmp_path / "layer.tar") as tar:
        assert tar.getmember("opt/bin/whoami").mode == 0o755
        assert tar.extractfile("opt/bin/whoami").read() == program.read_bytes()
        assert tar.getmember("tmp").mode == 0o1777


def test_folders_come_before_what_is_in_them(archive, tmp_path):
    _, manifest, _ = unpacked(archive)
    (tmp_path / "layer.tar").write_bytes(blob(archive, manifest["layers"][0]["digest"]))
    with tarfile.open(tmp_path / "layer.tar") as tar:
        names = tar.getnames()
    assert names.index("opt") < names.index("opt/bin") < names.index("opt/bin/whoami")


def test_a_failure_leaves_no_half_archive(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_archive(WHOAMI, tmp_path / "missing", "x86_64", tmp_path / "image.tar")
    assert list(tmp_path.iterdir()) == []

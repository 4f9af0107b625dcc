"""Where the nodes' pods are accounted, on machines with cgroup v1, v2 or both."""

import pytest

from sandbox.kubernetes import cgroups
from sandbox.kubernetes.cgroups import Hierarchy

VERSION_1 = """\
25 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 25 0:26 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid - cgroup cgroup rw,cpu,cpuacct
31 25 0:27 / /sys/fs/cgroup/cpuset rw,nosuid shared:9 - cgroup cgroup rw,cpuset
32 25 0:28 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd
33 25 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
"""
VERSION_2 = "30 25 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"


def folder(path, **files):
    """A folder with files, as the kernel makes them."""
    path.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (path / name.replace("_", ".", 1)).write_text(content)
    return path


@pytest.fixture
def root(tmp_path):
    return tmp_path / "root"


def test_version_1_is_many_hierarchies_each_with_its_controllers():
    found = {one.root.name: one for one in cgroups.hierarchies(VERSION_1)}
    assert sorted(found) == ["cpu,cpuacct", "cpuset", "systemd", "unified"]
    assert found["cpu,cpuacct"].controllers == {"cpu", "cpuacct"}
    assert [one.root.name for one in found.values() if one.unified] == ["unified"]


def test_version_2_is_one():
    (only,) = cgroups.hierarchies(VERSION_2)
    assert only.unified
    assert str(only.root) == "/sys/fs/cgroup"


def test_this_machine_has_hierarchies_and_each_of_them_is_there():
    found = cgroups.hierarchies()
    assert all(one.root.is_dir() for one in found)


def test_a_group_of_version_1_has_processors_and_memory_to_give(root):
    for path in (root, root / "portico", root / "portico" / "w1"):
        folder(path, cpuset_cpus="0-1" if path == root else "", cpuset_mems="0" if path == root else "")
    cgroups.ensure(Hierarchy(root, unified=False, controllers=frozenset({"cpuset"})), "/portico/w1")
    assert (root / "portico" / "cpuset.cpus").read_text() == "0-1"
    assert (root / "portico" / "w1" / "cpuset.mems").read_text() == "0"


def test_controllers_of_version_2_are_handed_down_to_the_group_s_parent(root):
    folder(root, cgroup_controllers="pids", cgroup_subtree_control="")
    folder(root / "portico", cgroup_controllers="pids", cgroup_subtree_control="")
    cgroups.ensure(Hierarchy(root, unified=True, controllers=frozenset()), "/portico/w1")
    assert (root / "cgroup.subtree_control").read_text() == "+pids"
    assert (root / "portico" / "cgroup.subtree_control").read_text() == "+pids"
    assert (root / "portico" / "w1").is_dir()


def test_controllers_that_no_kubelet_asks_for_are_left_as_they_are(root):
    folder(root, cgroup_controllers="rdma misc", cgroup_subtree_control="")
    folder(root / "portico", cgroup_controllers="", cgroup_subtree_control="")
    cgroups.ensure(Hierarchy(root, unified=True, controllers=frozenset()), "/portico/w1")
    assert (root / "cgroup.subtree_control").read_text() == ""


def test_a_group_that_is_there_already_is_fine(root):
    hierarchy = Hierarchy(folder(root), unified=False, controllers=frozenset({"pids"}))
    cgroups.ensure(hierarchy, "/portico/w1")
    cgroups.ensure(hierarchy, "/portico/w1")
    assert (root / "portico" / "w1").is_dir()


def test_removing_takes_all_that_the_pods_left_and_nothing_else(root):
    folder(root / "portico" / "w1" / "kubepods" / "burstable" / "pod1")
    folder(root / "portico" / "w2")
    folder(root / "other" / "w1")
    cgroups.remove(Hierarchy(root, unified=True, controllers=frozenset()), "/portico")
    assert sorted(path.name for path in root.rglob("*")) == ["other", "w1"]


def test_removing_what_is_not_there_is_fine(root):
    cgroups.remove(Hierarchy(folder(root), unified=True, controllers=frozenset()), "/portico")


def test_a_group_that_something_still_lives_in_is_an_error(root):
    folder(root / "portico", busy="")
    with pytest.raises(OSError, match="portico"):
        cgroups.remove(Hierarchy(root, unified=True, controllers=frozenset()), "/portico", seconds=0.1)

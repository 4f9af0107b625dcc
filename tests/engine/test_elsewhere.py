"""A stack that is up is worked on from another machine: another home, another list of kubeconfig files."""

import shutil


def pulumi(pair, *words, **variables):
    """`pulumi` for the pair, with these environment variables in the sandbox."""
    said = " ".join(f"{name}={value}" for name, value in variables.items())
    return pair.door.start(*words, command=f"env --unset=KUBECONFIG {said} pulumi").end()


def home(pair, folder):
    """A home directory with the cluster's kubeconfig."""
    (folder / ".kube").mkdir(parents=True)
    shutil.copy(pair.sandbox.paths.kubeconfig, folder / ".kube" / "config")
    return folder


def test_another_home_folder_is_no_change(pair, tmp_path):
    mine, theirs = home(pair, tmp_path / "mine"), home(pair, tmp_path / "theirs")
    pair.door.change({"portico:kubernetes": {"kubeconfig": "~/.kube/config"}})
    try:
        pulumi(pair, "up", "--yes", "--skip-preview", HOME=mine).succeeded()
        (mine / ".kube" / "config").unlink()
        elsewhere = ("up", "--yes", "--skip-preview", "--expect-no-changes")
        pulumi(pair, *elsewhere, HOME=theirs).succeeded()
        assert str(mine) not in str(pair.door.state())
    finally:
        pair.door.change()
        pair.door.up().succeeded()


def test_a_list_of_kubeconfig_files_is_read_as_kubectl_reads_it(pair, tmp_path):
    files = f"{tmp_path}/none:{home(pair, tmp_path) / '.kube' / 'config'}"
    try:
        pulumi(pair, "up", "--yes", "--skip-preview", KUBECONFIG=files).succeeded()
        pulumi(pair, "preview", "--expect-no-changes", KUBECONFIG=files).succeeded()
    finally:
        pair.door.up().succeeded()

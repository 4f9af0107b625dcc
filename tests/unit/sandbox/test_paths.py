from pathlib import Path

from sandbox.paths import Paths


def test_everything_lies_below_the_data_folder_that_the_user_names():
    paths = Paths.here({"PORTICO_DATA": "/mnt/big", "HOME": "/home/ada"})
    assert paths.root == Path("/mnt/big/sandbox")
    assert paths.venv == Path("/mnt/big/sandbox/programs/openstack")


def test_without_a_word_the_data_folder_is_in_the_users_cache():
    assert Paths.here({"HOME": "/home/ada"}).root == Path("/home/ada/.cache/portico/sandbox")
    assert Paths.here({"HOME": "/home/ada", "XDG_CACHE_HOME": "/c"}).root == Path("/c/portico/sandbox")


def test_another_prefix_gives_other_namespaces():
    paths = Paths.here({"HOME": "/home/ada", "PORTICO_SANDBOX": "second"})
    assert (paths.cloud, paths.inet, paths.netns("w1")) == ("second-cloud", "second-inet", "second-w1")

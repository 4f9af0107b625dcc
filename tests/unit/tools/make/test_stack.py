"""What make keeps for a stack leaves the checkout as it is, and secrets readable by their owner alone."""

from pathlib import Path

import pytest

from tools import places
from tools.make import stack
from tools.make.stack import Stack, StackError, copied


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "CHECKOUT", tmp_path)
    monkeypatch.setenv("PORTICO_DATA", str(tmp_path / "data"))
    (tmp_path / "stacks").mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: portico\nruntime: python\n")
    (tmp_path / "stacks" / "Pulumi.mine.yaml").write_text("config:\n  portico:nodes: {from: addresses}\n")
    return tmp_path


def test_a_stack_without_a_file_is_refused_with_the_files_there_are(checkout):
    with pytest.raises(
        StackError, match=r"stacks/Pulumi.other.yaml: there is no such stack file.*there are: mine"
    ):
        Stack.named("other")


def test_make_works_on_a_copy_and_the_file_in_git_stays_as_it_is(checkout):
    mine = Stack.named("mine")
    before = mine.file.read_text()
    stack.prepare(mine, {})
    mine.config.write_text(mine.config.read_text() + "encryptionsalt: v1:abc\n")
    stack.prepare(mine, {})
    assert mine.file.read_text() == before
    assert mine.config.read_text() == before + "encryptionsalt: v1:abc\n"


def test_a_changed_stack_file_reaches_the_copy(checkout):
    mine = Stack.named("mine")
    stack.prepare(mine, {})
    mine.file.write_text("config:\n  portico:nodes: {from: openstack}\n")
    stack.prepare(mine, {})
    assert "from: openstack" in mine.config.read_text()


def test_a_stack_file_with_secrets_is_copied_with_what_it_says_about_them(checkout):
    mine = Stack.named("mine")
    stack.prepare(mine, {})
    mine.config.write_text(mine.config.read_text() + "encryptionsalt: v1:old\n")
    mine.file.write_text("encryptionsalt: v1:abc\nconfig: {}\n")
    stack.prepare(mine, {})
    assert mine.config.read_text() == mine.file.read_text() == "encryptionsalt: v1:abc\nconfig: {}\n"


@pytest.mark.parametrize("key", ["encryptionsalt", "secretsprovider", "encryptedkey"])
def test_what_a_stack_file_does_not_say_about_encryption_is_kept_from_the_copy_before(key):
    assert copied("config: {}\n", f"config: {{}}\n{key}: x\n") == f"config: {{}}\n{key}: x\n"
    assert copied("config: {}\n", f"config:\n  a: b # {key}: x\n") == "config: {}\n"
    own = "secretsprovider: passphrase\nconfig: {}\n"
    assert copied(own, f"secretsprovider: old\n{key}: x\n").startswith(own)


def test_a_copy_ends_with_one_salt_however_often_it_is_made():
    once = copied("config: {}\n", "encryptionsalt: v1:abc\n")
    assert copied("config: {}\n", once) == once == "config: {}\nencryptionsalt: v1:abc\n"


def test_the_passphrase_is_random_stays_the_same_and_is_its_owners_alone(checkout):
    first = Path(stack.prepare(Stack.named("mine"), {})["PULUMI_CONFIG_PASSPHRASE_FILE"])
    words = first.read_text()
    stack.prepare(Stack.named("mine"), {})
    assert first.read_text() == words
    assert len(words) > 30
    assert first.stat().st_mode & 0o777 == 0o600
    assert places.state("mine").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"])
def test_a_passphrase_of_the_caller_is_kept(checkout, name):
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in stack.prepare(Stack.named("mine"), {name: ""})


def test_a_backend_of_the_caller_is_kept(checkout):
    assert "PULUMI_BACKEND_URL" not in stack.prepare(Stack.named("mine"), {"PULUMI_BACKEND_URL": "s3://ours"})


def test_the_state_of_a_stack_lies_in_no_cache(tmp_path, monkeypatch):
    monkeypatch.delenv("PORTICO_DATA", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert places.state("prod") == tmp_path / "portico" / "prod"

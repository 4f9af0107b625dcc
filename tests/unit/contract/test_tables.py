"""The rows of the table lead to what they say, and nobody needs another platform's packages."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from portico.ingress import table as controllers
from portico.kinds import table
from portico.kinds.face import LoadBalancer
from portico.kinds.octavia.settings import Octavia
from portico.kinds.table import KINDS, TYPES, Carries, ClientIp, Kind, Place, chosen, find
from portico.openstack.settings import OpenStack
from portico.problems import Refused
from portico.settings.model import LoadBalancer as Section
from tests.unit.contract.subjects import SETTINGS


def test_every_row_is_under_contract() -> None:
    assert set(SETTINGS) == {kind.name for kind in KINDS}


@pytest.mark.parametrize("type", TYPES)
def test_a_type_leads_to_a_class_and_a_planner_of_its_own(type: str) -> None:
    component = find(type).load()
    assert issubclass(component, LoadBalancer)
    assert component is not LoadBalancer
    assert [other for other in TYPES if find(other).load() is component] == [type]
    assert [other for other in TYPES if find(other).planner() is find(type).planner()] == [type]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_a_type_needs_it_takes(kind: Kind) -> None:
    assert set(kind.required) <= set(kind.sections)


def test_a_variant_is_chosen_by_its_setting_and_the_first_row_holds_without_one() -> None:
    where = OpenStack(network="k8s", public=False)
    assert chosen(Section("octavia", openstack=where)).variant == "amphora"
    assert chosen(Section("octavia", openstack=where, octavia=Octavia("ovn"))).variant == "ovn"
    with pytest.raises(LookupError):
        chosen(Section("octavia", openstack=where, octavia=Octavia("else")))


def test_only_a_load_balancer_outside_names_proxy_sources() -> None:
    inside = [kind for kind in KINDS if kind.place is Place.INSIDE]
    assert all(kind.client_ip.name == "KEPT" for kind in inside)


def test_only_where_a_header_is_sent_at_all_does_a_check_carry_one() -> None:
    carrying = [kind for kind in KINDS if kind.check_carries is Carries.PROXY_V2]
    assert [kind.name for kind in carrying] == ["aws-nlb"]
    assert all(kind.client_ip is ClientIp.PROXY_V2 for kind in carrying)


def test_no_platform_s_package_is_imported_before_a_kind_on_it_is_chosen() -> None:
    packages = ("keystoneauth1", "kubernetes", "openstack", "pulumi_aws", "pulumi_openstack")
    asked = f"import sys, portico.exposure; print([name for name in {packages} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.platforms], ids=lambda kind: kind.name)
def test_without_the_provider_s_package_the_error_says_what_to_install(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, f"{kind.package}.component", raising=False)
    monkeypatch.setitem(sys.modules, kind.sdk, None)
    with pytest.raises(Refused) as refused:
        kind.load()
    assert len(refused.value.problems) == 1
    (platform,) = kind.platforms
    assert f'pip install "./components[{platform.value}]"' in str(refused.value)


def who_names(word: str, folder: str, row: Path) -> list[str]:
    """The modules outside of a folder, and beside its row, in whose code the word stands by itself."""
    package = Path(table.__file__).parents[1]
    others = [
        file
        for file in package.rglob("*.py")
        if file != row and not str(file.relative_to(package)).startswith(f"{folder}/")
    ]
    return [
        str(file.relative_to(package))
        for file in others
        if any(
            isinstance(node, ast.Constant) and node.value == word
            for node in ast.walk(ast.parse(file.read_text()))
        )
    ]


@pytest.mark.parametrize("type", TYPES)
def test_no_code_outside_of_its_folder_and_its_row_names_a_kind(type: str) -> None:
    folder = find(type).package.removeprefix("portico.").replace(".", "/")
    assert who_names(type, folder, Path(table.__file__)) == []


@pytest.mark.parametrize("controller", controllers.CONTROLLERS, ids=lambda row: row.name)
def test_no_code_outside_of_its_folder_and_its_row_names_a_controller(
    controller: controllers.Controller,
) -> None:
    folder = controller.package.removeprefix("portico.").replace(".", "/")
    # The default of `ingress.controller`.
    named = set(who_names(controller.name, folder, Path(controllers.__file__)))
    assert named <= {"settings/model.py"}

"""The table of kinds and the table of classes name the same types, and nobody needs another platform's
packages."""

import subprocess
import sys

import pytest

from portico.kinds.face import LoadBalancer
from portico.kinds.loading import LOADBALANCERS
from portico.kinds.table import KINDS, TYPES, Carries, ClientIp, Place
from portico.problems import Refused
from tests.unit.contract.subjects import SETTINGS


def test_every_kind_in_the_table_can_be_built_and_nothing_else() -> None:
    assert set(LOADBALANCERS) == set(TYPES)


def test_every_row_is_under_contract() -> None:
    assert set(SETTINGS) == {kind.name for kind in KINDS}


@pytest.mark.parametrize("type", TYPES)
def test_a_type_leads_to_a_class_of_its_own(type: str) -> None:
    made = LOADBALANCERS[type]()
    assert issubclass(made, LoadBalancer)
    assert made is not LoadBalancer
    assert [other for other in TYPES if LOADBALANCERS[other]() is made] == [type]


def test_only_a_load_balancer_outside_names_proxy_sources() -> None:
    inside = [kind for kind in KINDS if kind.place is Place.INSIDE]
    assert all(kind.client_ip.name == "KEPT" for kind in inside)


def test_only_where_a_header_is_sent_at_all_does_a_check_carry_one() -> None:
    carrying = [kind for kind in KINDS if kind.check_carries is Carries.PROXY_V2]
    assert [kind.name for kind in carrying] == ["aws-nlb"]
    assert all(kind.client_ip is ClientIp.PROXY_V2 for kind in carrying)


def test_nothing_of_aws_is_imported_before_it_is_chosen() -> None:
    asked = (
        "import sys, portico.kinds.loading as kinds\n"
        "kinds.LOADBALANCERS['octavia']()\n"
        "print('pulumi_aws' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_without_the_aws_package_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "portico.kinds.aws_nlb.component", raising=False)
    monkeypatch.setitem(sys.modules, "pulumi_aws", None)
    with pytest.raises(Refused) as refused:
        LOADBALANCERS["aws-nlb"]()
    assert len(refused.value.problems) == 1
    assert 'pip install "./components[aws]"' in str(refused.value)

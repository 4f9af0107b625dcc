"""Every row of the table of kinds keeps the contract: a new kind is under test the moment it is in the
table."""

from operator import attrgetter

import pytest

from portico.kinds.table import KINDS
from tests.unit.contract.contract import Contract
from tests.unit.contract.subjects import Subject


class TestEveryKind(Contract):
    @pytest.fixture(params=KINDS, ids=attrgetter("name"))
    def subject(self, request: pytest.FixtureRequest) -> Subject:
        return Subject(request.param)

"""The installation that most flow tests share; each takes fresh numbers and waits for the end of its own faxes."""

from collections.abc import Iterator

import pytest

from tests.flow.harness import Flow, installation


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/flow/" in str(item.path):
            item.add_marker(pytest.mark.flow)


@pytest.fixture(scope="session")
def _shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flow]:
    with installation(tmp_path_factory.mktemp("flow")) as flow:
        yield flow


@pytest.fixture
def stack(_shared: Flow) -> Iterator[Flow]:
    """A running installation with one worker; faults are switched off before and after."""
    _shared.sim.no_faults()
    yield _shared
    _shared.sim.no_faults()

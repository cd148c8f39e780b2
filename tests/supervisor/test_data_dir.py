import socket

import pytest

from faxdispatch.errors import Misconfigured
from faxdispatch.supervisor.data_dir import InUseError, data_dir, usual_port


def test_a_folder_is_made_for_us_alone(tmp_path):
    with data_dir(tmp_path / "a" / "b") as folder:
        assert folder.stat().st_mode & 0o077 == 0


def test_only_one_has_it_and_then_the_next(tmp_path):
    with data_dir(tmp_path), pytest.raises(InUseError, match="another `faxdispatch up`"), data_dir(tmp_path):
        pass
    with data_dir(tmp_path):
        pass


def test_a_folder_that_cannot_be_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(Misconfigured, match="FAX_DATA_DIR"), data_dir(tmp_path / "file" / "below"):
        pass


def test_the_port_stays_while_it_is_free(tmp_path):
    port = usual_port(tmp_path)
    assert usual_port(tmp_path) == port
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        assert usual_port(tmp_path) != port


@pytest.mark.parametrize("note", ["", "nonsense", "99999999", "-1"])
def test_a_damaged_note_of_the_port_does_no_harm(tmp_path, note):
    (tmp_path / "port").write_text(note)
    assert 0 < usual_port(tmp_path) < 65536

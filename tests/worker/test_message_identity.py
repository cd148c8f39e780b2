"""The id of a message is the id of its fax."""

from faxdispatch.jobs import SendFax
from worker.intake import identity

ODD = ["a/b", "a-b", "a b", "x" * 80, "x" * 81, "x" * 200, "y/" * 90]


def test_every_message_has_an_identity_of_its_own_that_a_job_may_have() -> None:
    names = [identity(odd) for odd in ODD]

    assert len(set(names)) == len(ODD)
    for name in names:
        assert SendFax(to="+13125550200", media_name="letter", job_id=name).job_id == name


def test_celerys_own_ids_stay_as_they_are() -> None:
    assert identity("0cae2f42-b704-420c-ad15-8cac51a2a2bd") == "0cae2f42-b704-420c-ad15-8cac51a2a2bd"

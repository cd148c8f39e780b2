"""Say who may sign in to the console in the browser.

`python -m console` and `faxdispatch up` serve it.
"""

import secrets
import sys
from typing import Annotated

import typer

from faxdispatch.cli.groups import Group
from faxdispatch.cli.options import Yes, argument, option
from faxdispatch.cli.output import Rows, confirm, show
from faxdispatch.settings import Settings
from faxdispatch.users import Role, User, Users

Name = Annotated[str, argument("Name to sign in with.")]
Generate = Annotated[bool, option("Make up a password and print it.", "--generate")]

app = Group(__doc__)
user = Group("Users of the console, kept in a file of FAX_DATA_DIR.")
app.add_typer(user, name="user")


@user.command()
def add(
    name: Name,
    role: Annotated[Role, option("viewer looks, with numbers masked; operator acts.")] = Role.VIEWER,
    generate: Generate = False,
) -> None:
    """Add a user.

    The password is asked for, or is the first line of standard input if that is not a terminal.
    """
    password = _password(generate=generate)
    _users().add(name, password, role)
    show(f"{name} may sign in as {role}")


@user.command("password")
def password_(name: Name, generate: Generate = False) -> None:
    """Change a user's password.

    Sessions begun with the old one end.
    """
    _users().change(name, password=_password(generate=generate))
    show(f"{name} has a new password")


@user.command("role")
def role_(name: Name, role: Annotated[Role, argument("viewer or operator.")]) -> None:
    """Change a user's role, from the next page on."""
    _users().change(name, role=role)
    show(f"{name} has the role {role} now")


@user.command()
def remove(name: Name, yes: Yes = False) -> None:
    """Remove a user, which also ends the user's sessions."""
    confirm(f"Remove {name}? They can no longer sign in.", yes=yes)
    _users().remove(name)
    show(f"{name} is removed")


@user.command("list")
def list_() -> Rows[User]:
    """List the users."""
    return Rows(
        _users().all(),
        data=lambda known: {"name": known.name, "role": known.role},
        line=lambda known: (known.name, known.role),
        widths={"name": 12, "role": 0},
        none="nobody may sign in",
    )


def _users() -> Users:
    return Users(Settings.load().console_users)


def _password(*, generate: bool) -> str:
    if generate:
        made = secrets.token_urlsafe(15)
        show(f"password: {made}")
        return made
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    given: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return given

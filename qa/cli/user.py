"""``qa user``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qa.cli.options import COUNT, PATH, index_option, json_option
from qa.cli.terminal import print_json
from qa.errors import AccessError
from qa.text import counted

if TYPE_CHECKING:
    from qa.access import Users

users_option = click.option(
    "--users", type=PATH, metavar="FILE", help="Who may log in. Default: beside the index."
)
role_option = click.option(
    "--role", type=click.Choice(["reads", "edits"]), help="What they may do. Default: reads."
)


@click.group()
def user() -> None:
    """Say who may log in: with users, nobody else sees the page.

    Users who edit may also rebuild the index, and add, delete and rename documents.
    """


@user.command()
@click.argument("name")
@role_option
@users_option
@index_option
def add(name: str, role: str | None, users: Path | None, index: Path) -> None:
    """Add a user; the password is asked for, or read from the standard input."""
    known = _users(users, index)
    is_first = not known.exist
    made = known.add(name, _password(), role or "reads")
    print(f"{made.name} may log in now, and {made.role}.")
    if is_first:
        print(f"{known.path} is new: from the next start on, everybody has to log in.")


@user.command("list")
@users_option
@index_option
@json_option("Print the users as JSON.")
def list_users(users: Path | None, index: Path, as_json: bool) -> None:
    """Show every user with their role."""
    known = _users(users, index)
    found = known.all()
    if as_json:
        rows = [{"name": each.name, "role": each.role, "tokens": each.tokens} for each in found]
        print_json({"users": rows})
        return
    for each in found:
        tokens = f", {counted(each.tokens, 'token')}" if each.tokens else ""
        print(f"{each.name}  ({each.role}{tokens})")
    if not found and known.exist:
        print("No users: nobody can log in.")
    elif not found:
        print("No users: everybody who can reach the page may see it.")


@user.command()
@click.argument("name")
@role_option
@click.option("--password", "wants_password", is_flag=True, help="Ask for another password.")
@users_option
@index_option
def change(
    name: str, role: str | None, wants_password: bool, users: Path | None, index: Path
) -> None:
    """Change a user's role or password; with another password they have to log in again."""
    if role is None and not wants_password:
        raise AccessError("there is nothing to change", "add --role or --password")
    known = _users(users, index)
    known.change(name, role=role, password=_password() if wants_password else None)
    print(f"{name.lower()} is changed.")


@user.command()
@click.argument("name")
@users_option
@index_option
def remove(name: str, users: Path | None, index: Path) -> None:
    """Remove a user; their sessions and tokens end at once."""
    known = _users(users, index)
    known.remove(name)
    print(f"{name.lower()} is removed.")
    if not known.all():
        print(f"Nobody can log in now. To serve the page without a login, delete {known.path}.")


@user.command()
@click.argument("name")
@click.option(
    "--label", default="", metavar="TEXT", help="What it is for, to be found in the file."
)
@click.option("--days", type=COUNT, help="After how many days it expires. Default: never.")
@click.option("--revoke", is_flag=True, help="End every token of this user instead.")
@users_option
@index_option
def token(
    name: str, label: str, days: int | None, revoke: bool, users: Path | None, index: Path
) -> None:
    """Print a new token, with which a user's program asks in their name.

    It is shown once. The program sends it as the header "Authorization: Bearer TOKEN".
    """
    tokens = _users(users, index).tokens
    name = name.strip().lower()
    if revoke:
        print(f"{counted(tokens.revoke(name), 'token')} revoked.")
    else:
        print(tokens.add(name, label, days=days))


def _users(users: Path | None, index: Path) -> Users:
    from qa.access import Users

    return Users(users) if users else Users.beside(index)


def _password() -> str:
    if sys.stdin.isatty():
        given: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return given
    return sys.stdin.readline().rstrip("\r\n")

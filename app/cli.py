"""The commands of the app, which the command line finds by their entry point (``pyproject.toml``)."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

from planner.cli.console import add_language

if TYPE_CHECKING:
    from planner.cli.console import Commands


def add_commands(commands: Commands) -> None:
    """Add ``serve`` and ``account``."""
    serve = commands.add_parser("serve", help="the map app in the browser")
    serve.add_argument(
        "workspaces",
        type=Path,
        nargs="*",
        metavar="WORKSPACE",
        help="areas to serve, and a folder of jangkau nation (default: the demo)",
    )
    serve.add_argument("--address", default="127.0.0.1", help="where to listen (default: %(default)s)")
    serve.add_argument("--port", type=int, default=5006, help="default: %(default)s; 0 takes a free one")
    serve.add_argument(
        "--prefix", type=_prefix, default="", metavar="/PATH", help="path that a reverse proxy puts before it"
    )
    serve.add_argument(
        "--behind-proxy",
        action="store_true",
        help="believe the proxy about who asks and whether by https (X-Forwarded-For, X-Forwarded-Proto)",
    )
    serve.add_argument(
        "--origin", action="append", default=[], metavar="HOST[:PORT]",
        help="a host name that browsers use for it (behind a reverse proxy); may be repeated",
    )  # fmt: skip
    serve.add_argument(
        "--database", metavar="URL", help="where scenarios are kept (default: a file in the workspace)"
    )
    serve.add_argument(
        "--scenario", type=Path, metavar="S.yml", help="the base: what differs from the default scenario"
    )
    serve.add_argument("--standard", metavar="NAME|S.yml", help="service standard of the base (default: ilp)")
    add_language(serve)
    serve.set_defaults(run=_serve)

    account = commands.add_parser("account", help="who may sign in to the map app")
    actions = account.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, text in (
        ("add", "add an account, or change its role or password"),
        ("remove", "remove an account"),
        ("list", "list the accounts"),
    ):
        action = actions.add_parser(name, help=text)
        if name != "list":
            action.add_argument("name", metavar="NAME")
        if name == "add":
            action.add_argument("--role", choices=("viewer", "editor"), default="viewer")
            action.add_argument(
                "--oauth", action="store_true", help="signs in elsewhere: no password is kept"
            )
        action.add_argument("--workspace", type=Path, metavar="WORKSPACE")
        action.add_argument("--database", metavar="URL")
    account.set_defaults(run=_account)


def _prefix(text: str) -> str:
    if re.fullmatch(r"(/[A-Za-z0-9._~-]+)*/?", text) is None:
        msg = f"{text!r} is no path of an address: give /NAME, of letters, digits, '.', '_', '~' and '-'"
        raise argparse.ArgumentTypeError(msg)
    return text


def _serve(options: argparse.Namespace) -> int:
    from app.web.commands import serve

    return serve(options)


def _account(options: argparse.Namespace) -> int:
    from app.web.commands import account

    return account(options)

"""What ``jangkau serve`` and ``jangkau account`` do."""

from __future__ import annotations

import getpass
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from app.areas.area import Area
from app.areas.country import Country
from app.store import Store
from app.web.listening import Options, require_accounts, require_free, require_provider
from app.web.server import make_server
from app.web.serving import App
from geodata.errors import ConfigError, DiskError
from geodata.workspace import SCENARIOS, read_manifest, state_of
from planner.cli.console import say
from planner.nation.results import is_results, read_results
from planner.pipeline import demo_layers, open_workspace
from planner.reports.maps.page import LIBRARIES_MISSING, vendor_is_built
from planner.scenarios.scenario import default_scenario, read_scenario
from planner.scenarios.standards import keys_of_file, read_standard

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from app.store import Role
    from planner.scenarios.scenario import Scenario

DATABASE = "jangkau.db"
SECRET_VARIABLE = "JANGKAU_COOKIE_SECRET"  # noqa: S105 - the name of a variable, not a secret
PASSWORD_VARIABLE = "JANGKAU_PASSWORD"  # noqa: S105 - the name of a variable, not a password
OAUTH_VARIABLE = "PANEL_OAUTH_PROVIDER"
SHORTEST_PASSWORD = 10
DEMO_FOLDER = Path("work/demo-app")


def database_url(database: str | None, workspaces: Sequence[Path]) -> str:
    """Return where scenarios are kept: the URL that was given, else a file in the (first) workspace.

    Raises
    ------
    DiskError
        The folder cannot be made.
    """
    if database is not None:
        return database
    folder = (workspaces[0] if workspaces else DEMO_FOLDER) / SCENARIOS
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"{folder} cannot be made ({error.strerror}). Name a database with --database."
        raise DiskError(msg) from error
    return f"sqlite:///{(folder / DATABASE).resolve()}"


def serve(options: argparse.Namespace) -> int:
    """Serve the app until it is stopped; returns the exit status."""
    workspaces, nation = _told_apart(options.workspaces)
    settings = Options(
        address=options.address, port=options.port, prefix=options.prefix, origins=tuple(options.origin),
        lang=options.lang, cookie_secret=os.environ.get(SECRET_VARIABLE, ""),
        oauth=os.environ.get(OAUTH_VARIABLE, ""), behind_proxy=options.behind_proxy,
    )  # fmt: skip
    require_provider(settings.oauth)
    # What may be refused comes before what takes long.
    require_free(settings)
    base = _base(options)
    for workspace in workspaces:
        read_manifest(workspace)
    country = None if nation is None else Country.of(read_results(nation))
    store = Store.open(database_url(options.database, [*workspaces, *([nation] if nation else [])]))
    try:
        require_accounts(settings, store)
        areas = _areas(workspaces, base) if workspaces or country is None else []
        app = App(areas, store, settings, country)
    except BaseException:
        store.close()
        raise
    if not vendor_is_built():
        say(f"note: {LIBRARIES_MISSING}")
    # Files are made in threads that never wait: by default each keeps the event loop off for 5 ms at a time.
    sys.setswitchinterval(0.0005)
    if options.standard and (said := keys_of_file(options.standard)):
        say(said)
    try:
        server = make_server(app)
        # A stop from outside is an end like any other: files are cleaned up, writes are finished.
        stop = server.io_loop.stop
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, lambda *_: server.io_loop.add_callback_from_signal(stop))
        server.start()
        host = "localhost" if options.address == "127.0.0.1" else options.address
        say(f"open http://{host}:{server.port}{options.prefix.rstrip('/')}/ (Ctrl+C stops)")
        sys.stdout.flush()
        try:
            server.io_loop.start()
        except KeyboardInterrupt:
            say("stopped")
        finally:
            server.stop()
    finally:
        if not app.close():
            # Python would wait for threads that nothing can end.
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(sys.exc_info()[0] is not None)
    return 0


def _told_apart(folders: Sequence[Path]) -> tuple[list[Path], Path | None]:
    """Return the workspaces among some folders, and the one with results of ``jangkau nation``.

    Raises
    ------
    ConfigError
        Two of them hold a country.
    """
    nations = [folder for folder in folders if is_results(folder)]
    if len(nations) > 1:
        msg = f"{nations[0]} and {nations[1]} both hold results of jangkau nation: serve one of them"
        raise ConfigError(msg)
    return [folder for folder in folders if folder not in nations], nations[0] if nations else None


def _base(options: argparse.Namespace) -> Scenario:
    """Return the scenario that every area is served under: an office's own standard, modes and rules.

    Raises
    ------
    InputError
        The file is not there, or says what no scenario or standard says.
    """
    scenario = default_scenario() if options.scenario is None else read_scenario(options.scenario)
    return scenario.under(read_standard(options.standard)) if options.standard else scenario


def _areas(workspaces: Sequence[Path], base: Scenario) -> list[Area]:
    """Return the areas to serve, each with its first answer; the demo where none is named."""
    codes: dict[str, Path | None] = {}
    areas = []
    sources: list[Path | None] = [*workspaces] or [None]
    for workspace in sources:
        state = None if workspace is None else state_of(workspace)
        layers = demo_layers() if workspace is None else open_workspace(workspace)
        if layers.area.code in codes:
            msg = f"{workspace} and {codes[layers.area.code]} are the same area ({layers.area.code})"
            raise ConfigError(msg)
        codes[layers.area.code] = workspace
        say(f"{layers.area.name}: computing the first answer …")
        sys.stdout.flush()
        areas.append(Area(layers, scenario=base, workspace=workspace, state=state))
    return areas


def account(options: argparse.Namespace) -> int:
    """List, add, change or remove the accounts of a database; returns the exit status."""
    workspaces = [options.workspace] if options.workspace is not None else []
    if not workspaces and options.database is None:
        msg = "say whose accounts: --workspace WORKSPACE, or --database URL"
        raise ConfigError(msg)
    for workspace in workspaces:
        if not is_results(workspace):
            open_workspace(workspace)
    store = Store.open(database_url(options.database, workspaces))
    try:
        if options.action == "list":
            for one in store.accounts():
                say(f"{one.name}\t{one.role}")
        elif options.action == "remove":
            store.remove_account(options.name, by="command line")
            say(f"{options.name} was removed; what it saved stays.")
        else:
            _add(store, options.name, options.role, oauth=options.oauth)
    finally:
        store.close()
    return 0


def _add(store: Store, name: str, role: Role, *, oauth: bool) -> None:
    password = None if oauth else _password()
    made = store.put_account(name, role=role, password=password, by="command line")
    say(f"{made.name} may sign in as {made.role}. Start `jangkau serve` again to ask for names.")


def _password() -> str:
    """Return a password from the environment, or asked for twice.

    Raises
    ------
    ConfigError
        Too short, or not the same twice.
    """
    password = os.environ.get(PASSWORD_VARIABLE)
    if password is None:
        try:
            password, again = getpass.getpass("password: "), getpass.getpass("once more: ")
        except EOFError:
            msg = f"no password was given: type it at a terminal, or set {PASSWORD_VARIABLE}"
            raise ConfigError(msg) from None
        if password != again:
            msg = "the two passwords differ; nothing was changed"
            raise ConfigError(msg)
    if len(password) < SHORTEST_PASSWORD:
        msg = f"a password has {SHORTEST_PASSWORD} characters or more; nothing was changed"
        raise ConfigError(msg)
    return password

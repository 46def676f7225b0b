"""The command line: ``jangkau COMMAND …``.

Exit status: 0 done, 1 our fault, 2 the user's input (a message, never a traceback), 3 ``check`` found
errors. Everything heavy is imported inside the commands, so that ``--help`` answers at once.
"""

from __future__ import annotations

import argparse
import io
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from geodata.layers import Finding, SourceRecord
    from planner.coverage.study import Gaps
    from planner.scenarios.scenario import Scenario

DONE, OUR_FAULT, USERS_INPUT, FOUND_ERRORS = 0, 1, 2, 3
DEMO_SEED = 2024
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    try:
        options = _parser().parse_args(argv)
    except SystemExit as stop:  # argparse: --help (0) or a wrong option (2), already explained
        return stop.code if isinstance(stop.code, int) else USERS_INPUT
    from geodata.errors import InputError

    for stream in (sys.stdout, sys.stderr):
        # A console that lacks a letter (Windows code pages) shows a stand-in, and goes on.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        status: int = options.run(options)
    except InputError as error:
        sys.stderr.write(f"jangkau: {error}\n")
        return USERS_INPUT
    except BrokenPipeError:
        # The reader of our output (head, less) has gone; Python must not complain about it at exit.
        sys.stderr.close()
        return DONE
    except OSError as error:
        # What the system says of a path the user named: no permission, a name too long …
        sys.stderr.write(
            f"jangkau: {error.filename or 'a file'}: {error.strerror or error}. Check the path.\n"
        )
        return USERS_INPUT
    except KeyboardInterrupt:
        sys.stderr.write("jangkau: stopped; nothing was half-written.\n")
        return INTERRUPTED
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="jangkau",
        description="Plans the coverage of primary care: who reaches a puskesmas, pustu or posyandu in "
        "time, and who does not.",
        epilog="Start with: jangkau demo --out work/demo",
    )
    parser.add_argument("--version", action=_Version, help="show the version and stop")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    demo = commands.add_parser("demo", help="the whole job on the built-in, made-up kabupaten")
    demo.add_argument(
        "--out",
        type=Path,
        default=Path("work/demo"),
        metavar="DIR",
        help="folder to write (default: %(default)s)",
    )
    demo.add_argument(
        "--seed",
        type=_seed,
        default=DEMO_SEED,
        help="another seed makes another kabupaten (default: %(default)s)",
    )
    _language(demo)
    demo.set_defaults(run=_demo)

    build = commands.add_parser("build", help="read, check and store a study area's files")
    build.add_argument(
        "area", type=Path, metavar="AREA.yml", help="what the area is called and which files describe it"
    )
    build.add_argument("--out", type=Path, required=True, metavar="WORKSPACE", help="folder to write")
    build.set_defaults(run=_build)

    check = commands.add_parser("check", help="list what is wrong, or doubtful, in the data")
    check.add_argument("workspace", type=Path, metavar="WORKSPACE")
    check.add_argument("--json", action="store_true", help="print the findings as JSON")
    check.set_defaults(run=_check)

    gaps = commands.add_parser("gaps", help="travel times, coverage and gaps: tables and a map")
    gaps.add_argument("workspace", type=Path, metavar="WORKSPACE")
    gaps.add_argument("--scenario", type=Path, metavar="S.yml", help="what differs from the default scenario")
    gaps.add_argument(
        "--standard", action="append", default=[], metavar="NAME|S.yml",
        help="service standard to apply (default: ilp); further ones are set beside it in standards.csv",
    )  # fmt: skip
    gaps.add_argument(
        "--adoption", type=Path, metavar="A.csv", help="table of each puskesmas's stage of ILP (CSV or XLSX)"
    )
    gaps.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write")
    _language(gaps)
    gaps.set_defaults(run=_gaps)
    _app_commands(commands)
    return parser


def _app_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    serve = commands.add_parser("serve", help="the map app in the browser")
    serve.add_argument(
        "workspaces", type=Path, nargs="*", metavar="WORKSPACE", help="areas to serve (default: the demo)"
    )
    serve.add_argument("--address", default="127.0.0.1", help="where to listen (default: %(default)s)")
    serve.add_argument("--port", type=int, default=5006, help="default: %(default)s; 0 takes a free one")
    serve.add_argument(
        "--prefix", default="", metavar="/PATH", help="path that a reverse proxy puts before it"
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
    _language(serve)
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


def _serve(options: argparse.Namespace) -> int:
    # The command line stands above the app, which no other room of the planner knows.
    return int(_app_command("serve")(options))


def _account(options: argparse.Namespace) -> int:
    return int(_app_command("account")(options))


def _app_command(name: str) -> Callable[[argparse.Namespace], int]:
    from importlib import import_module

    command: Callable[[argparse.Namespace], int] = getattr(import_module("app.web.commands"), name)
    return command


def _seed(text: str) -> int:
    value = int(text)
    if value < 0:
        msg = "a seed is 0 or more"
        raise argparse.ArgumentTypeError(msg)
    return value


def _language(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--lang", choices=("id", "en"), default="id", help="language of the map (default: %(default)s)"
    )


class _Version(argparse.Action):
    """``--version`` without reading the package's metadata for every other command."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:  # noqa: A002 - argparse's name
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        sys.stdout.write(f"jangkau {version('jangkau')}\n")
        parser.exit()


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def _build(options: argparse.Namespace) -> int:
    from planner.pipeline import build_area
    from planner.progress import Steps

    with Steps(6) as progress:
        layers = build_area(options.area, options.out, progress=progress)
    people = layers.villages["people"]
    roads = 0 if layers.roads is None else len(layers.roads)
    _say(
        f"{layers.area.name}: {len(layers.villages)} villages "
        f"({int(people.isna().sum())} with unknown people), {len(layers.facilities)} facilities, "
        f"{roads} road sections"
    )
    _say(f"workspace: {options.out}")
    _say(f"next: jangkau check {options.out}")
    return DONE


def _check(options: argparse.Namespace) -> int:
    from planner.pipeline import check, open_workspace

    findings = check(open_workspace(options.workspace))
    if options.json:
        import json
        from dataclasses import asdict

        _say(json.dumps([asdict(f) for f in findings], indent=1, ensure_ascii=False))
    else:
        for finding in findings:
            _say(_shown(finding))
        count = {s: sum(f.severity == s for f in findings) for s in ("error", "warning", "info")}
        _say(f"{count['error']} errors, {count['warning']} warnings, {count['info']} notes")
    return FOUND_ERRORS if any(f.severity == "error" for f in findings) else DONE


def _shown(finding: Finding) -> str:
    ids = ", ".join(finding.ids)
    more = f" and {finding.count - len(finding.ids)} more" if finding.count > len(finding.ids) > 0 else ""
    listed = f"\n    {ids}{more}" if ids else ""
    return (
        f"{finding.severity.upper():8}{finding.layer}.{finding.rule}: {finding.count} – {finding.message}"
        f"{listed}\n    → {finding.action}"
    )


def _gaps(options: argparse.Namespace) -> int:
    from geodata.workspace import require_replaceable
    from planner.pipeline import open_workspace, read_adoption_of, summary, under_standards, write_gaps
    from planner.progress import Steps
    from planner.reports.outputs import OUTPUTS
    from planner.scenarios.standards import read_standard

    # Folium and the kernels are needed last: they are loaded while the layers are read.
    threading.Thread(target=_load_slow_modules, daemon=True).start()
    scenario = _scenario(options)
    standards = [read_standard(s) for s in options.standard[1:]]
    require_replaceable(options.out, OUTPUTS)
    with Steps(10) as progress:
        progress("workspace")
        layers = open_workspace(options.workspace)
        adoption = () if options.adoption is None else read_adoption_of(options.adoption, layers)
        gaps, *beside = under_standards(layers, scenario, standards, progress=progress)
        files = write_gaps(
            gaps, options.out, lang=options.lang, adoption=adoption, beside=beside,
            inputs=_further_inputs(options), progress=progress,
        )  # fmt: skip
    _say(_five_lines(summary(gaps)))
    for line in (*_shortfalls(gaps), *_doubts(gaps)):
        _say(line)
    for file in files:
        _say(str(file))
    return DONE


def _further_inputs(options: argparse.Namespace) -> list[SourceRecord]:
    """Return the files beside the workspace that a run depends on."""
    from geodata.layers import SourceRecord
    from geodata.readers.files import file_sha256

    named = [("adoption", options.adoption), ("scenario", options.scenario)]
    named += [("standard", Path(s)) for s in options.standard if Path(s).suffix.lower() in {".yml", ".yaml"}]
    return [SourceRecord(what, path.name, file_sha256(path)) for what, path in named if path is not None]


def _scenario(options: argparse.Namespace) -> Scenario:
    """Return the scenario of the file, or the default one, by the first standard named."""
    from planner.pipeline import default_scenario, read_scenario
    from planner.scenarios.standards import read_standard

    scenario = default_scenario() if options.scenario is None else read_scenario(options.scenario)
    return scenario.under(read_standard(options.standard[0])) if options.standard else scenario


def _doubts(gaps: Gaps) -> list[str]:
    """Return a line for each list, and the roads, that are not taken as whole, and for like seasons."""
    from planner.coverage.extent import extent_findings, seasons_told

    lines = [f"  {f.message}\n    → {f.action}" for f in extent_findings(gaps.extent, gaps.layers)]
    if gaps.ways is not None and not seasons_told(gaps.layers, gaps.scenario.edits):
        lines.append("  wet season: as dry, since the road file says nothing of surfaces, seasons or fords")
    return lines


def _shortfalls(gaps: Gaps) -> list[str]:
    """Return a line for each kind of which the lists hold another number than the office reports."""
    from planner.ilp.jejaring import reconciled

    lines = []
    for kind, row in reconciled(gaps).iterrows():
        if row["official"] != row["official"]:  # NaN: not given
            continue
        if row["listed"] != row["listed"]:
            lines.append(f"  {kind}: {row['official']:g} reported by the office, none of them on a list")
        elif row["difference"]:
            lines.append(
                f"  {kind}: {row['listed']:g} listed, {row['official']:g} reported by the office "
                f"({row['difference']:+g})"
            )
    return lines


def _load_slow_modules() -> None:
    import planner.kernels.dijkstra
    import planner.reports.maps.page  # noqa: F401 - loading it is the purpose


def _five_lines(totals: dict[str, object]) -> str:
    """Return the summary: one line on the area, one for each of the four kinds."""
    from planner.coverage.tables import is_at_least

    area = totals["area"]
    assert isinstance(area, dict)
    people = totals["people"]
    known = f"{people:,.0f} people" if isinstance(people, float) else "unknown people"
    unknown = totals["villages_people_unknown"]
    note = "" if totals["network"] == "roads" else "; no road data: straight lines on foot"
    if totals["edits"]:
        note += f"; what if: {totals['scenario']}, {totals['edits']} edits"
    head = f"{area['name']} ({area['code']}): {totals['villages']} villages, {known} "
    lines = [f"{head}({unknown} villages with unknown people){note}"]
    kinds = totals["kinds"]
    assert isinstance(kinds, dict)
    for kind, k in kinds.items():
        if not k["listed"]:
            lines.append(f"  {kind}: no list (or none with a known place), so everything about it is unknown")
            continue
        share = "unknown share" if k["share_reached"] is None else f"{k['share_reached']:.1%}"
        other = "wet" if totals["season"] == "dry" else "dry"
        if k[other]["share_reached"] not in (None, k["share_reached"]):
            share += f" ({k[other]['share_reached']:.1%} in the {other} season)"
        at_least = "at least " if is_at_least(k) else ""
        unknown = f", unknown {k['villages_unknown']}" if k["villages_unknown"] else ""
        lines.append(
            f"  {kind}: {at_least}{share} of people within {k['limit_minutes']:g} min ({k['mode']}); "
            f"villages served {k['villages_served']}, partly {k['villages_partly']}, gap {k['villages_gap']}"
            f"{unknown}"
        )
    return "\n".join(lines)


def _demo(options: argparse.Namespace) -> int:
    from geodata.demo import generate_area, write_area_files
    from geodata.demo.files import FILES
    from geodata.workspace import Ours, replace_folder
    from planner.pipeline import build_area, check, find_gaps, summary, write_gaps
    from planner.progress import Steps

    out: Path = options.out
    demo_files = Ours("AREA.yml", "generated by jangkau demo", FILES)
    with Steps(17) as progress:
        progress("demo files")
        with replace_folder(out / "area", demo_files) as stage:
            write_area_files(generate_area(options.seed), stage)
        layers = build_area(out / "area" / "AREA.yml", out / "workspace", progress=progress)
        progress("check")
        findings = check(layers)
        gaps = find_gaps(layers, progress=progress)
        files = write_gaps(gaps, out / "gaps", lang=options.lang, progress=progress)
    for path in (out / "area" / "AREA.yml", out / "workspace", *files):
        _say(str(path))
    errors = sum(f.severity == "error" for f in findings)
    _say(
        f"check: {len(findings)} findings, {errors} of them errors (planted; "
        f"see: jangkau check {out / 'workspace'})"
    )
    _say(_five_lines(summary(gaps)))
    return DONE


if __name__ == "__main__":
    sys.exit(main())

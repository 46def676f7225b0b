"""Why something is not allowed or cannot be, in the user's language."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from planner.siting.measures import default_measures

if TYPE_CHECKING:
    from app.texts import Texts
    from geodata.errors import ConfigError
    from geodata.files.yamlfile import Fault


def _(message: str) -> str:
    """Mark a message for the catalogues; it is translated where it is shown."""
    return message


# Of each rule; the names in braces are those of its error's values. What the engine calls forced is accepted
# here.
WORDS = {
    "no_road": _("There is no road {name} in this area."),
    "open_to_nobody": _("The road {name} is open to nobody. Give it a class first."),
    "no_length": _("The line has no length. Draw it between two different places."),
    "no_landing": _(
        "The boat link ends further than {metres} m from every road. Draw it to a road or path, or add one "
        "to the landing first."
    ),
    "crossings": _("The line meets roads {times} times, and {most} are allowed. Draw it in parts."),
    "points": _("The line has {points} points, and {most} are allowed. Draw it in parts."),
    "too_long": _("The line is {km} km long, and {most_km} km are allowed."),
    "points_together": _(
        "All drawn lines and floods together have more than {most} points. Leave some of them out, or draw "
        "them with fewer points."
    ),
    "km_together": _(
        "All drawn lines together are longer than {most_km} km. Leave some of them out, or draw them shorter."
    ),
    "crossings_together": _(
        "All drawn roads and floods together meet roads more than {most} times. Leave some of them out, or "
        "draw them shorter."
    ),
    "no_facility": _("There is no facility {id} in this area."),
    "id_taken": _("There is a facility {id} already. Give the new one another id."),
    "outside": _("This place is outside the area. Click inside it."),
    "no_roads": _("This area has no roads: travel is by straight lines, and no road can be changed."),
    "no_mode": _("There is no way of travel {mode} here; there are: {modes}."),
    # Of plans.
    "too_few_years": _(
        "Nothing can work within {years} years: the quickest measure takes {least} years. Plan over more "
        "years."
    ),
    "forced_too_late": _(
        "An accepted site cannot work in any of these years. Plan over more years, or take the acceptance "
        "back."
    ),
    "forced_not_in_years": _(
        "The accepted sites cannot all be decided in these years. Give more sites, money or years, or accept "
        "fewer."
    ),
    "forced_cost": _("The accepted sites alone need more than there is. Give more, or accept fewer."),
    "forced_too_near": _(
        "Two accepted sites cannot both be there: they are at one place, in one village, or too near to each "
        "other for the rules of the plan. Take one acceptance back."
    ),
    "forced_against_rule": _(
        "An accepted site breaks a rule of the plan beside the units that are there. Take the acceptance "
        "back, or leave the rule out."
    ),
    "forced_add_no_room": _(
        "An accepted site is a unit that counts already, and would have room for no more people. Take the "
        "acceptance back."
    ),
    "accepted_gone": _(
        "An accepted site can no longer be chosen. Take the acceptance back, or the forbidden area that it "
        "lies in."
    ),
    "floors_too_high": _(
        "No plan of this size reaches the share asked for in every kecamatan. Allow more, or ask for less."
    ),
    "floors_out_of_reach": _(
        "All possible sites together do not reach the share asked for in every kecamatan. Ask for less, or "
        "mend the roads first."
    ),
    "target_out_of_reach": _(
        "All possible sites together reach {best_percent}% of people. Those beyond reach are most in: "
        "{villages}. Ask for less, or mend the roads there first."
    ),
    "target_barred": _(
        "The possible sites that the rules of the plan leave beside today's units reach {best_percent}% of "
        "people all together; without these rules it would be {every_percent}%. Loosen them, or ask for less."
    ),
    "floors_barred": _(
        "The possible sites that the rules of the plan leave beside today's units do not reach the share "
        "asked for; without these rules they would. Loosen them, or ask for less."
    ),
    "against_rules": _(
        "By the rules between units possible sites exclude each other: whatever is chosen, at most "
        "{most_percent}% of people are reached. Ask for less, or loosen the rules."
    ),
    "against_rules_in": _(
        "By the rules between units possible sites exclude each other: whatever is chosen, at most "
        "{most_percent}% of people in {where} are reached. Ask for less, or loosen the rules."
    ),
    "floors_together": _(
        "No plan reaches the share asked for in every kecamatan at once, since possible sites exclude each "
        "other. Ask for less, or loosen the rules between units."
    ),
    "no_plan_in_time": _(
        "In {seconds} seconds no plan was found that keeps what is asked, and none was ruled out. Search "
        "for longer, ask for less, or allow more sites."
    ),
    "too_few_for_all": _(
        "So few units cannot reach everybody who can be reached at all, as on other islands. Allow more, or "
        "plan for most people reached."
    ),
    "no_capacity": _(
        "Nobody says how many people a {kind} has room for. Plan without capacity, or give it in the list of "
        "units or in the standard."
    ),
    "no_place": _("There is no place where a site could be. Choose another kind."),
    "no_place_left": _(
        "There is no place left where a site could be: rules and forbidden areas leave all of them out. Take "
        "forbidden areas back."
    ),
    "no_stop_in_reach": _(
        "No place of a mobile service is within reach of a unit that functions. Raise the minutes within "
        "which one serves, or mend the roads first."
    ),
    "too_many_times": _(
        "There are too many possible sites to compare their travel times: plan for most people."
    ),
    "other_in_each_season": _(
        "Some places are reached in the wet season and not in the dry one, so that it takes two units "
        "together to serve them. Plan for one season."
    ),
    "no_unit_has_a_place": _("No {kind} has a known place. Give their coordinates or villages in Data."),
    "no_cost": _(
        "A plan by budget needs the cost of every measure. Write what one costs, under Costs of a site, for "
        "{kind}: {measures}."
    ),
    # Of files.
    "empty_file": _("The file {name} is empty."),
    "nothing_to_read": _("Nothing in {name} can be read as a list or table: it has no rows, or no columns."),
    "no_list_ending": _(
        "{name} is no list. Give a file as {endings}; a shapefile with all its parts (.shp, .shx, .dbf, "
        ".prj) in one .zip."
    ),
    "reading_too_long": _(
        "The file was being read for {seconds} seconds and was stopped. Give a smaller file, or only what is "
        "needed of it."
    ),
    "reading_too_large": _(
        "The file takes more memory to be read than a file may. Give a smaller file, or only what is needed "
        "of it."
    ),
    "reading_ended": _(
        "The reading of the file broke off: it takes too much memory, or is damaged. Save it anew in the "
        "program that it comes from, or give a smaller one."
    ),
    "no_area_ending": _("Give a file of areas as {endings}."),
    "not_yaml": _(
        "The file is no valid YAML, in line {line} at column {column}. Look for brackets, quotes, and spaces "
        "at the beginning of lines; no tabs."
    ),
    "file_sets_more": _(
        "The file also sets {names}, which cannot be changed here: this page takes its standard and changes. "
        "Take that out of the file, or let the server be started with it."
    ),
    "unknown_kind": _("There is no standard of {kind} in this area; there are: {kinds}."),
    "data_replaced": _(
        "The data were replaced by somebody else meanwhile. Load the page anew, and give the file once more."
    ),
    "no_earlier_state": _("These earlier data are no longer kept. Load the page anew."),
}
# Here the message itself tells more, to those who read English.
DETAILED = ("nothing_to_read", "not_yaml")
# What is wrong with a key of a file (geodata.files.yamlfile.Fault).
KEYS = {
    "unknown": _("is not known; keys here are: {what}"),
    "strange": _("is not known"),
    "missing": _("is missing"),
    "one_of": _("has to be one of: {what}"),
    "above": _("has to be above {what}"),
    "at_least": _("has to be {what} or more"),
    "below": _("has to be below {what}"),
    "at_most": _("has to be {what} or less"),
    "number": _("has to be a number"),
    "mapping": _("has to hold keys and values"),
    "": _("does not have an allowed value"),
}


def refusal(error: ConfigError, texts: Texts) -> str:
    """Return what an error says, and what to do about it.

    Parameters
    ----------
    error
        As it was raised; of a rule that is not known here its own message is told.
    texts
        The user's language.

    Examples
    --------
    >>> from app.texts import Texts
    >>> from planner.scenarios.edits import EditError
    >>> refusal(EditError(1, "no_facility", "there is no facility 'p9'.", id="p9"), Texts("id"))
    'Tidak ada fasilitas p9 di wilayah ini.'
    >>> refusal(EditError(1, "too_long", "too long", km=500.3, most_km=500.0), Texts("en"))
    'The line is 500.3 km long, and 500 km are allowed.'
    >>> refusal(EditError(1, "too_long", "too long", km=float("inf"), most_km=500.0), Texts("en"))
    'The line is ∞ km long, and 500 km are allowed.'
    """
    if error.why == "wrong_keys":
        return _wrong_keys(error, texts)
    if error.why not in WORDS or (error.why in DETAILED and texts.lang == "en"):
        return getattr(error, "message", str(error))
    values = {k: _said(k, v, texts) for k, v in error.values.items()}
    return texts.text(WORDS[error.why], **values)


def _wrong_keys(error: ConfigError, texts: Texts) -> str:
    faults: tuple[Fault, ...] = error.values["faults"]  # type: ignore[assignment]  # of yamlfile.validated
    told = []
    for fault in faults:
        said = f"{fault.key}: {texts.text(KEYS[fault.why], what=fault.what)}"
        told.append(texts.text("line {n}, {what}", n=fault.line, what=said) if fault.line else said)
    more = int(str(error.values["more"]))
    return "; ".join([*told, texts.several("and {n} more", "and {n} more", more)] if more else told)


def _said(name: str, value: object, texts: Texts) -> object:
    """Return a value as it is told: a kind by its name, a number with a decimal where it has one."""
    if name == "kind":
        return texts.kind(str(value))
    if name == "measures" and isinstance(value, tuple):
        # As the form of a plan names them.
        known = default_measures().measures
        return ", ".join(texts.term(f"measure_{known[one].op}") if one in known else one for one in value)
    if not isinstance(value, (int, float)):
        return value
    return texts.number(value, 0 if value == round(value) else 1) if math.isfinite(value) else "∞"

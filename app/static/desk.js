// The room that the panel takes beside the map, and how a finger pulls it up on a phone. Runs before everything
// else, since the first picture of the map needs its place.
window.jangkauDesk = (function () {
  "use strict";
  const root = document.documentElement;
  const phone = window.matchMedia("(max-width: 899.95px)");
  let tell = null;
  root.dataset.panel = phone.matches ? "closed" : "half";

  // Of what is under a finger that may pull: its y, the sheet's height then, and when.
  let pull = null;
  window.addEventListener("pointerdown", (event) => {
    const grip = phone.matches && event.composedPath().find((n) => n.matches && n.matches("[data-grip]"));
    if (!grip) return;
    pull = { y: event.clientY, height: sheet(), moved: false, id: event.pointerId, grip: grip };
  }, true);
  function sheet() {
    const probe = document.createElement("div");
    probe.style.cssText = "position:fixed;visibility:hidden;height:var(--jk-sheet)";
    root.appendChild(probe);
    const height = probe.getBoundingClientRect().height;
    probe.remove();
    return height;
  }
  window.addEventListener("pointermove", (event) => {
    if (!pull || event.pointerId !== pull.id) return;
    const by = pull.y - event.clientY;
    if (!pull.moved && Math.abs(by) < 6) return;
    pull.moved = true;
    root.style.setProperty("--jk-sheet", `${Math.max(60, Math.min(window.innerHeight - 60, pull.height + by))}px`);
  }, true);
  function released(event) {
    if (!pull || event.pointerId !== pull.id) return;
    const was = pull;
    pull = null;
    if (!was.moved) return;
    const share = sheet() / window.innerHeight;
    root.style.removeProperty("--jk-sheet");
    show(share < 0.3 ? "closed" : share < 0.7 ? "half" : "full");
    if (tell) tell({ panel: root.dataset.panel });
    // The click that follows would pull once more.
    function swallow(click) { click.stopPropagation(); click.preventDefault(); }
    window.addEventListener("click", swallow, { capture: true, once: true });
    // A finger that drags makes no click: the next tap is meant.
    setTimeout(() => { window.removeEventListener("click", swallow, { capture: true }); was.grip.blur(); }, 50);
  }
  window.addEventListener("pointerup", released, true);
  window.addEventListener("pointercancel", released, true);

  function show(panel) {
    root.dataset.panel = panel;
  }
  window.jangkauStream.follow("desk", (slot, value) => show(value.panel));

  // Where the map looks is the page's own to say, and no step of the history. What was chosen may move the map
  // before the address says so: both are written at once, so that the step before keeps what was seen in it.
  const PLACE = /^-?\d+(\.\d+)?,-?\d+(\.\d+)?,\d+(\.\d+)?$/;
  let at = new URLSearchParams(window.location.search).get("at") || "";
  function withPlace(search) {
    return PLACE.test(at) ? `${search}&at=${at}` : search;
  }
  function look(place) {
    // On the way to another step the map still shows one that was left.
    if (answered < turn) return;
    at = place;
    const search = new URLSearchParams(window.location.search);
    search.delete("at");
    write(wanted ? wanted.search : `?${search}`, false);
  }

  // The address says what is shown. What comes together makes one step of the browser's history.
  let wanted = null;
  function write(search, push) {
    const timer = wanted ? wanted.timer : setTimeout(settle, 60);
    wanted = { search: search, push: push || Boolean(wanted && wanted.push), timer: timer };
  }
  // How often back or forward was pressed, and what of it the server has heard: what it says before is of a step
  // that was left meanwhile, and would take the place of another one.
  let turn = 0, answered = 0;
  window.jangkauStream.follow("address", (slot, value) => {
    answered = "turn" in value ? value.turn : turn;
    if (answered === turn) write(value.search, value.push);
  });
  function settle() {
    const { push } = wanted;
    const search = withPlace(wanted.search);
    wanted = null;
    if (search === window.location.search) return;
    window.history[push ? "pushState" : "replaceState"]({}, "", search);
  }
  window.addEventListener("popstate", () => {
    // What was to be written was of the step that is left.
    if (wanted) clearTimeout(wanted.timer);
    wanted = null;
    at = new URLSearchParams(window.location.search).get("at") || "";
    if (!tell) return;
    turn += 1;
    tell({ address: window.location.search, turn: turn });
  });
  window.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && tell) tell({ escape: true });
    const step = stepOf(event), node = event.composedPath()[0];
    if (!step || (node.matches && node.matches(TYPED))) return;
    event.preventDefault();
    press(step);
  });
  // Undo and redo by keyboard press the buttons that do it (fragment.js). In a field of text they are the field's.
  const TYPED = "textarea,input:not([type=checkbox],[type=radio],[type=button],[type=file],[type=range])";
  function stepOf(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return "";
    const key = event.key.toLowerCase();
    return key === "y" || (key === "z" && event.shiftKey) ? "redo" : key === "z" ? "undo" : "";
  }
  function press(step) {
    window.dispatchEvent(new CustomEvent("jangkau-step", { detail: step }));
  }
  // Dark or light as the system wishes, until somebody chooses; the choice is kept for the next page.
  const night = window.matchMedia("(prefers-color-scheme: dark)");
  const themeCookie = document.querySelector("meta[name=jk-theme-cookie]").content;
  function keepTheme(kept) {
    document.cookie = `${themeCookie}=${kept}; max-age=31536000; SameSite=Lax; path=${window.location.pathname}`;
  }
  window.jangkauStream.follow("theme", (slot, kept) => keepTheme(kept));
  function wish() {
    // Chosen words alone (app/web/theme.py): what the system wished is kept as "night" or "day".
    const chosen = new RegExp(`(^|; )${themeCookie}=(dark|light)(;|$)`).test(document.cookie);
    if (!chosen) keepTheme(night.matches ? "night" : "day");
    tell({ dark: night.matches });
  }
  return {
    look: look,
    stepOf: stepOf,
    press: press,
    start: (how) => {
      tell = how;
      tell({ small: phone.matches });
      phone.addEventListener("change", () => tell({ small: phone.matches }));
      wish();
      night.addEventListener("change", wish);
    },
  };
})();

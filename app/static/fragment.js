// HTML from the server; clicks and changes of elements with data-act go back as messages.

// Between a press and its release nothing is replaced or moved: the click would be lost. One for all fragments.
const LOST_MS = 1500;
// So long an answer to a choice is waited for.
const ANSWER_MS = 3000;
function presses() {
  if (window.jangkauPresses) return window.jangkauPresses;
  const held = { down: false, waiting: new Set() };
  function released() {
    clearTimeout(held.limit);
    // After the click that follows the release.
    setTimeout(() => {
      held.down = false;
      const shows = Array.from(held.waiting);
      held.waiting.clear();
      shows.forEach((show) => show());
    }, 0);
  }
  window.addEventListener("pointerdown", () => {
    clearTimeout(held.limit);
    held.down = true;
  }, true);
  window.addEventListener("pointermove", (event) => {
    if (!held.down) return;
    clearTimeout(held.limit);
    // Something else took the end of it, such as a menu.
    if (event.buttons === 0) released();
    // A press that goes on into the map's frame may end there, and is never heard of again.
    else if (event.composedPath()[0].tagName === "IFRAME") held.limit = setTimeout(released, LOST_MS);
  }, true);
  ["pointerup", "pointercancel", "blur"].forEach((name) => window.addEventListener(name, released, true));
  window.jangkauPresses = held;
  return held;
}

export function render({ model, el }) {
  const held = presses();
  const stream = window.jangkauStream;
  const life = window.jangkauLife;
  const outer = document.createElement("div");
  const making = document.createElement("p");
  making.className = "jk-making";
  making.setAttribute("role", "status");
  making.hidden = true;
  const box = document.createElement("div");
  box.className = "jk-fragment";
  let html = "";
  let replacing = false;
  // Inputs whose value went to the server: its answer counts, not what was typed.
  const sent = new Set();
  // Fields whose value waits to be sent with their form, or that somebody types into.
  function fields() {
    const active = box.getRootNode().activeElement;
    return Array.from(box.querySelectorAll("input[data-key],textarea[data-key]"))
      .filter((n) => n.type !== "checkbox" && (n === active || !("fresh" in n.dataset)))
      .filter((n) => n.value !== n.defaultValue)
      .map((n) => {
        const of = n.form ? n.form.dataset : {};
        return { key: n.dataset.key, value: n.value, epoch: of.epoch, turn: of.turn || "", node: n };
      });
  }
  function put(typed) {
    const again = box.querySelector(`[data-key="${CSS.escape(typed.key)}"]`);
    if (!again || sent.has(typed.key)) return false;
    const of = again.form ? again.form.dataset : {};
    if ((of.epoch || null) !== (typed.epoch || null)) return false;
    // Turns are counted by this page: what was typed on the page before is of none of them.
    if ("turn" in typed && typed.turn !== (of.turn || "")) return false;
    again.value = typed.value;
    // To the browser nobody has typed into this new field, so it would report no change.
    again.dataset.retyped = "";
    return true;
  }
  // Choices whose answer has not come: what was asked before them, and comes late, must not turn them back.
  const chosen = new Map();
  function keepChosen() {
    box.querySelectorAll("select[data-key]").forEach((n) => {
      const mine = chosen.get(n.dataset.key);
      if (!mine) return;
      const left = mine.until - performance.now();
      if (n.value === mine.value || left <= 0 || !Array.from(n.options).some((o) => o.value === mine.value)) {
        chosen.delete(n.dataset.key);
      } else {
        n.value = mine.value;
        // What was refused is shown as it is in the end.
        setTimeout(show, left + 50);
      }
    });
  }
  // What was opened from elsewhere, such as the map, is brought into view once.
  let inView = new Set();
  function intoView() {
    const nodes = Array.from(box.querySelectorAll("[data-into-view]"));
    const fresh = nodes.filter((n) => !inView.has(n.dataset.intoView)).pop();
    if (fresh) fresh.scrollIntoView({ block: fresh.dataset.viewBlock || "nearest" });
    inView = new Set(nodes.map((n) => n.dataset.intoView));
  }
  const widths = new ResizeObserver((changed) => changed.forEach(({ target }) => {
    if (target.isConnected) {
      document.documentElement.style.setProperty(target.dataset.width, `${target.offsetWidth}px`);
    } else widths.unobserve(target);
  }));
  function show() {
    if (held.down) {
      held.waiting.add(show);
      return;
    }
    // What had the focus keeps it, so that a keyboard user is not thrown back to the start.
    const active = box.getRootNode().activeElement;
    const key = active && box.contains(active) ? active.getAttribute("data-key") : null;
    const at = key && "selectionStart" in active ? active.selectionStart : null;
    // What was typed and not yet sent stays, unless the form now speaks of something else (data-epoch, which is
    // the same on every page), or what it asked for is done (data-turn, which this page's session counts).
    const typed = fields();
    const scrolled = Array.from(box.querySelectorAll("[data-scroll]")).map((n) => [n.dataset.scroll, n.scrollTop]);
    replacing = true;
    box.innerHTML = html;
    replacing = false;
    // What may be cut for want of room is read whole by pointing at it.
    box.querySelectorAll("[data-whole]").forEach((n) => { n.title = n.textContent.replace(/\s+/g, " ").trim(); });
    box.querySelectorAll("a[data-absolute]").forEach((a) => { a.textContent = a.href; });
    // What keeps clear of it elsewhere on the page learns how wide it is (data-width names the CSS property).
    box.querySelectorAll("[data-width]").forEach((n) => widths.observe(n));
    scrolled.forEach(([name, top]) => {
      const node = box.querySelector(`[data-scroll="${CSS.escape(name)}"]`);
      if (node) node.scrollTop = top;
    });
    typed.forEach(put);
    keepChosen();
    box.querySelectorAll("form [data-key]").forEach((n) => {
      const before = life.typed(model.slot, n.dataset.key);
      if (before && put(before)) life.putBack(model.slot, n.dataset.key);
    });
    sent.clear();
    intoView();
    if (key) {
      const again = box.querySelector(`[data-key="${CSS.escape(key)}"]`);
      // What is gone, or can't be pressed now, leaves the focus to what stands in its place.
      const heir = again && !again.disabled ? again
        : box.querySelector("input:not([type=file]),button:not(:disabled),select");
      if (!heir) {
        // Nothing here takes the focus: the part itself does, so that the next step is not the page's first.
        box.tabIndex = -1;
        box.focus();
      } else if (heir !== again) heir.focus();
      else if (again) {
        again.focus();
        if (at !== null && again.setSelectionRange) again.setSelectionRange(at, at);
      }
    }
  }
  // While new content is being made, the old one must not look like it.
  function aged(text) {
    making.textContent = text;
    making.hidden = false;
    outer.setAttribute("aria-busy", "true");
    box.classList.add("jk-old");
  }
  function fresh() {
    making.hidden = true;
    outer.removeAttribute("aria-busy");
    box.classList.remove("jk-old");
  }
  function tell(node, value) {
    const message = Object.assign({}, node.dataset);
    delete message.retyped;
    if (value !== undefined) message.value = value;
    const form = node.closest("form");
    if (form) new FormData(form).forEach((v, k) => { message[k] = String(v); });
    life.send({}, () => model.send_msg(message));
  }
  box.addEventListener("click", (event) => {
    const node = event.target.closest("[data-act]");
    if (!node || node.matches("input,select,textarea,form")) return;
    event.preventDefault();
    if (node.dataset.cookie) {
      document.cookie = `${node.dataset.cookie}=1; max-age=31536000; SameSite=Lax; path=${window.location.pathname}`;
    }
    tell(node);
  });
  // Between the tabs of a list by the arrows, as everywhere.
  box.addEventListener("keydown", (event) => {
    const tab = event.target.closest("[role=tab]");
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!tab || !step) return;
    event.preventDefault();
    const tabs = Array.from(tab.closest("[role=tablist]").querySelectorAll("[role=tab]"));
    const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
    next.focus();
    next.click();
  });
  // From a field into the list of what it found, and back.
  box.addEventListener("keydown", (event) => {
    const list = event.target.closest("[data-listbox]");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!list || !(step || event.key === "Escape" || event.key === "Enter")) return;
    const field = list.querySelector("input");
    const options = Array.from(list.querySelectorAll("[data-option]"));
    if (step && options.length) {
      event.preventDefault();
      const at = options.indexOf(event.target) + step;
      (at < 0 ? field : options[Math.min(at, options.length - 1)]).focus();
    } else if (event.key === "Enter" && event.target === field && options.length) {
      options[0].click();
    } else if (event.key === "Escape") {
      field.value = "";
      tell(field, "");
      field.focus();
    }
  });
  // A change of language keeps what the address says of kind, scenario and draft.
  box.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-lang]");
    if (!link) return;
    event.preventDefault();
    life.go((address) => {
      address.searchParams.set("lang", link.dataset.lang);
      return address;
    });
  });
  box.addEventListener("submit", (event) => {
    event.preventDefault();
    const node = event.target.closest("form[data-act]");
    if (node) tell(node);
  });
  box.addEventListener("change", (event) => {
    const node = event.target.closest("select[data-act],input[data-act]");
    // A field that is taken away while somebody types in it reports a change too; it is put back, not sent.
    if (!node || node.type === "search" || replacing) return;
    delete node.dataset.retyped;
    if (node.dataset.key) sent.add(node.dataset.key);
    if (node.dataset.key && node.matches("select")) {
      chosen.set(node.dataset.key, { value: node.value, until: performance.now() + ANSWER_MS });
    }
    tell(node, node.type === "checkbox" ? String(node.checked) : node.value);
  });
  function left(node) {
    if (replacing || !node.matches("input[data-act][data-retyped]") || node.type === "search") return;
    delete node.dataset.retyped;
    node.dispatchEvent(new Event("change", { bubbles: true }));
  }
  box.addEventListener("focusout", (event) => left(event.target));
  box.addEventListener("keydown", (event) => { if (event.key === "Enter") left(event.target); });
  let pause = null;
  box.addEventListener("input", (event) => {
    // Typed since it was sent: an answer to what was sent before does not count for it.
    if (event.target.dataset.key) sent.delete(event.target.dataset.key);
    const node = event.target.closest("input[type=search][data-act]");
    if (!node) return;
    clearTimeout(pause);
    pause = setTimeout(() => tell(node, node.value), 120);
  });
  function pressed(event) {
    const node = box.querySelector(`button[aria-keyshortcuts][data-act="${event.detail}"]`);
    if (node) node.click();
  }
  window.addEventListener("jangkau-step", pressed);
  if (model.label) {
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", model.label);
  }
  life.holds(() => fields().filter((f) => f.node.form && !f.node.dataset.act).map((f) => ({
    slot: model.slot, key: f.key, value: f.value, epoch: f.epoch, label: life.words(f.node),
  })));
  life.carries(() => Array.from(box.querySelectorAll("form[data-carry]")).map((form) => ({
    slot: model.slot,
    message: Object.assign({}, form.dataset, Object.fromEntries(new FormData(form)), { act: "carried" }),
  })));
  outer.append(making, box);
  el.appendChild(outer);
  const old = `${model.slot}.old`;
  const leave = stream.follow((slot) => slot === model.slot || slot === old, (slot, value, n) => {
    if (slot === old) {
      if (n > stream.number(model.slot)) aged(value);
      return;
    }
    fresh();
    html = value;
    show();
  });
  life.carried(model.slot).forEach((message) => model.send_msg(message));
  model.on("remove", () => {
    leave();
    window.removeEventListener("jangkau-step", pressed);
    held.waiting.delete(show);
  });
}

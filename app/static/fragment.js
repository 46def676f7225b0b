// HTML from the server; clicks and changes of elements with data-act go back as messages.

// Between a press and its release nothing is replaced or moved: the click would be lost. One for all fragments.
function presses() {
  if (window.jangkauPresses) return window.jangkauPresses;
  const held = { down: false, waiting: new Set() };
  function released() {
    // After the click that follows the release.
    setTimeout(() => {
      held.down = false;
      const shows = Array.from(held.waiting);
      held.waiting.clear();
      shows.forEach((show) => show());
    }, 0);
  }
  window.addEventListener("pointerdown", () => {
    held.down = true;
    // A press that ends in the map's frame is never heard of again.
    clearTimeout(held.limit);
    held.limit = setTimeout(released, 1500);
  }, true);
  ["pointerup", "pointercancel", "blur"].forEach((name) => window.addEventListener(name, released, true));
  window.jangkauPresses = held;
  return held;
}

export function render({ model, el }) {
  const held = presses();
  const box = document.createElement("div");
  box.className = "jk-fragment";
  // Inputs whose value went to the server: its answer counts, not what was typed.
  const sent = new Set();
  function show() {
    if (held.down) {
      held.waiting.add(show);
      return;
    }
    // What had the focus keeps it, so that a keyboard user is not thrown back to the start.
    const active = box.getRootNode().activeElement;
    const key = active && box.contains(active) ? active.getAttribute("data-key") : null;
    const at = key && "selectionStart" in active ? active.selectionStart : null;
    // What was typed and not yet sent stays, unless the form now speaks of something else (data-epoch).
    const typed = Array.from(box.querySelectorAll("input[data-key],textarea[data-key]"))
      .filter((n) => n.type !== "checkbox" && (n === active || !("fresh" in n.dataset)))
      .filter((n) => n.value !== n.defaultValue)
      .map((n) => [n.dataset.key, n.value, n.form && n.form.dataset.epoch]);
    const scrolled = Array.from(box.querySelectorAll("[data-scroll]")).map((n) => [n.dataset.scroll, n.scrollTop]);
    box.innerHTML = model.html;
    box.querySelectorAll("a[data-absolute]").forEach((a) => { a.textContent = a.href; });
    if (model.label) {
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", model.label);
    }
    scrolled.forEach(([name, top]) => {
      const node = box.querySelector(`[data-scroll="${CSS.escape(name)}"]`);
      if (node) node.scrollTop = top;
    });
    typed.forEach(([name, value, epoch]) => {
      const again = box.querySelector(`[data-key="${CSS.escape(name)}"]`);
      if (again && !sent.has(name) && (again.form && again.form.dataset.epoch) === epoch) again.value = value;
    });
    sent.clear();
    if (key) {
      const again = box.querySelector(`[data-key="${CSS.escape(key)}"]`);
      if (again) {
        again.focus();
        if (at !== null && again.setSelectionRange) again.setSelectionRange(at, at);
      }
    }
  }
  function tell(node, value) {
    const message = Object.assign({}, node.dataset);
    if (value !== undefined) message.value = value;
    const form = node.closest("form");
    if (form) new FormData(form).forEach((v, k) => { message[k] = String(v); });
    model.send_msg(message);
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
  // A change of language keeps what the address says of kind, scenario and draft.
  box.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-lang]");
    if (!link) return;
    event.preventDefault();
    const address = new URL(window.location.href);
    address.searchParams.set("lang", link.dataset.lang);
    window.location.assign(address.href);
  });
  box.addEventListener("submit", (event) => {
    event.preventDefault();
    const node = event.target.closest("form[data-act]");
    if (node) tell(node);
  });
  box.addEventListener("change", (event) => {
    const node = event.target.closest("select[data-act],input[data-act]");
    if (!node || node.type === "search") return;
    if (node.dataset.key) sent.add(node.dataset.key);
    tell(node, node.type === "checkbox" ? String(node.checked) : node.value);
  });
  let pause = null;
  box.addEventListener("input", (event) => {
    const node = event.target.closest("input[type=search][data-act]");
    if (!node) return;
    clearTimeout(pause);
    pause = setTimeout(() => tell(node, node.value), 120);
  });
  model.on("html", show);
  model.on("remove", () => held.waiting.delete(show));
  show();
  el.appendChild(box);
}

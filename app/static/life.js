// Whether the server is still there. A ping goes out every second; when its answer stays away, or the socket
// closes, a banner says so and the view is marked as stale. Once the server answers again the page loads
// itself anew: its address brings back what was chosen, and the draft. What was done meanwhile, and what the
// server has not confirmed, is named; what was typed and not sent comes back into its field.
window.jangkauLife = (function () {
  "use strict";
  const PING_MS = 1000;
  const SILENT_MS = 2500;
  // Together with the ping: four seconds at most from the end of a server to the banner.
  const TICK_MS = 250;
  // So many quick answers of a server in a row, while the socket stays open and silent: it leads nowhere any
  // more. A server that is only slow answers slowly here too, and is waited for.
  const QUICK_MS = 500;
  const GIVE_UP = 30;
  // At most so long, and so long until the address is written that came with an answer (desk.js).
  const LEAVE_MS = 3000;
  const WRITTEN_MS = 100;
  const KEPT = "jangkau-lost";
  const TYPED = "jangkau-typed";
  const MOST = 30;
  const LONGEST = 300;
  const texts = JSON.parse(document.getElementById("jk-life-texts").textContent);
  let say = null;
  let number = 0;
  let waiting = null;
  let lastPing = 0;
  let lastTick = 0;
  let closed = false;
  let lostAt = null;
  let probing = false;
  let done = [];
  let typing = null;
  const forms = [];
  const carriers = [];
  let carried = [];
  const restored = new Map();

  function box(id, role) {
    const node = document.createElement("div");
    node.id = id;
    node.className = "jk-life";
    node.setAttribute("role", role);
    document.documentElement.appendChild(node);
    return node;
  }
  function stale(now) {
    document.documentElement.classList.toggle("jk-stale", now);
    const there = document.getElementById("jk-lost");
    if (!now && there) there.remove();
    // Set after the node is in the page, so that a screen reader says it.
    if (now && !there) box("jk-lost", "alert").textContent = texts.lost;
  }
  function lost() {
    if (lostAt === null) lostAt = Date.now();
    stale(true);
    probe();
  }
  function found() {
    lostAt = null;
    stale(false);
  }
  // Asks the server, without the socket, whether it is there.
  async function probe() {
    if (probing) return;
    probing = true;
    let quick = 0;
    while (lostAt !== null) {
      const silence = new AbortController();
      const limit = setTimeout(() => silence.abort(), SILENT_MS);
      const asked = Date.now();
      let there = false;
      try {
        there = (await fetch(texts.probe, { cache: "no-store", signal: silence.signal })).ok;
      } catch (error) {
        // Not there yet.
      }
      clearTimeout(limit);
      quick = there && Date.now() - asked < QUICK_MS ? quick + 1 : 0;
      // The socket may have answered in the meantime: then nothing was lost.
      if (there && lostAt !== null && (closed || quick >= GIVE_UP)) {
        again();
        return;
      }
      await new Promise((resolve) => { setTimeout(resolve, PING_MS); });
    }
    probing = false;
  }
  function keep(name, more) {
    const now = {
      who: texts.account, typed: forms.flatMap((held) => held()), carried: carriers.flatMap((held) => held()),
    };
    try {
      sessionStorage.setItem(name, JSON.stringify(Object.assign(now, more)));
    } catch (error) {
      // Storage is full or forbidden; the page comes back all the same.
    }
  }
  function again() {
    if (typing) note(`${typing.label}: ${value(typing.node)}`);
    keep(KEPT, { at: lostAt, done: done.map((d) => d.text) });
    window.location.reload();
  }
  // Loads the page at another address, such as in the other language, made from the one that is shown: what was
  // typed and not sent goes along, and what was sent is waited for, since the address names its draft.
  let leaving = null;
  function go(address) {
    left();
    leaving = { address: address };
    setTimeout(leave, LEAVE_MS);
    lastPing = 0;
    if (done.length && !closed) tick();
    else leave();
  }
  function leave() {
    if (!leaving) return;
    const address = leaving.address(new URL(window.location.href));
    leaving = null;
    keep(TYPED, {});
    window.location.assign(address.href);
  }

  // What the user did: confirmed by the first pong to a later ping that says that all is settled.
  function note(text) {
    const last = done[done.length - 1];
    if (last && last.text === text) done.pop();
    done.push({ text: text, ping: number + 1 });
    done = done.slice(-MOST);
  }
  function words(node) {
    // Its own text, if it has some: an icon beside it is written as a word too.
    const own = Array.from(node.childNodes).filter((n) => n.nodeType === Node.TEXT_NODE)
      .map((n) => n.textContent.trim()).join(" ").trim();
    const label = node.getAttribute("aria-label") || (node.labels && node.labels[0] && node.labels[0].innerText)
      || node.getAttribute("placeholder") || own || node.innerText || node.title || node.name || "";
    return label.trim().split("\n")[0].slice(0, 120);
  }
  function value(node) {
    if (node.type === "checkbox") return node.checked ? texts.yes : texts.no;
    if (node.matches("select")) return node.selectedOptions[0] ? node.selectedOptions[0].text.trim() : "";
    return node.value.slice(0, LONGEST);
  }
  function on(event, selector) {
    return event.composedPath().find((n) => n.matches && n.matches(selector));
  }
  window.addEventListener("click", (event) => {
    const node = on(event, "button,[role=button],[role=menuitem],[role=option],[data-act]");
    if (!node || node.matches("[role=tab],[role=combobox],input,select,textarea,form,.jk-life *")) return;
    if (words(node)) note(words(node));
  }, true);
  window.addEventListener("input", (event) => {
    const node = on(event, "input,select,textarea");
    if (!node || node.type === "password") return;
    if (node.matches("select") || node.type === "checkbox") note(`${words(node)}: ${value(node)}`);
    else typing = { node: node, label: words(node) };
  }, true);
  function left() {
    if (typing) note(`${typing.label}: ${value(typing.node)}`);
    typing = null;
  }
  window.addEventListener("focusout", left, true);
  window.addEventListener("keydown", (event) => { if (event.key === "Enter") left(); }, true);

  function tick() {
    const now = Date.now();
    // After a sleep the answer is only late by the clock.
    if (waiting && now - lastTick > SILENT_MS) waiting.at = now;
    lastTick = now;
    if (closed || !say) return;
    if (waiting && now - waiting.at > SILENT_MS) lost();
    if (!waiting && now - lastPing >= PING_MS) {
      number += 1;
      waiting = { at: now };
      lastPing = now;
      say({ ping: number });
    }
  }
  function pong(message) {
    if (message.settled) done = done.filter((d) => d.ping > message.pong);
    if (leaving && !done.length) setTimeout(leave, WRITTEN_MS);
    if (message.pong !== number) return;
    waiting = null;
    if (!closed) found();
  }

  // What was kept for this page, once; nothing where somebody else has signed in since.
  function taken(name) {
    const kept = JSON.parse(sessionStorage.getItem(name));
    sessionStorage.removeItem(name);
    if (!kept || kept.who !== texts.account) return null;
    kept.typed.forEach((t) => restored.set(`${t.slot} ${t.key}`, t));
    carried = carried.concat(kept.carried || []);
    return kept;
  }
  function back() {
    taken(TYPED);
    const kept = taken(KEPT);
    if (!kept) return;
    const { at, done: names, typed } = kept;
    const node = box("jk-back", "status");
    const time = new Date(at).toLocaleTimeString(texts.lang, { hour: "2-digit", minute: "2-digit" });
    function line(tag, text) {
      const made = document.createElement(tag);
      made.textContent = text;
      node.appendChild(made);
      return made;
    }
    function list(title, items) {
      if (!items.length) return;
      line("p", title);
      const all = line("ul", "");
      items.forEach((item) => {
        const row = document.createElement("li");
        row.textContent = item;
        all.appendChild(row);
      });
    }
    line("p", texts.back.replace("{time}", time));
    // What waited to be sent with its form was never on its way.
    const waited = new Set(typed.map((t) => `${t.label}: ${t.value.slice(0, LONGEST)}`));
    list(texts.gone, names.filter((name) => !waited.has(name)));
    list(texts.typed, typed.map((t) => `${t.label}: ${t.value}`));
    const close = line("button", texts.close);
    close.type = "button";
    close.addEventListener("click", () => node.remove());
  }
  back();

  return {
    pong: pong,
    up: () => !closed,
    // Sends what the user did, or keeps its name where it cannot arrive any more.
    send: (what, act) => {
      if (what.map && texts.map[what.map]) note(texts.map[what.map]);
      if (!closed) act();
    },
    start: (how) => {
      say = how;
      lastTick = Date.now();
      setInterval(tick, TICK_MS);
      window.Bokeh.documents.forEach((doc) => doc.on_event("connection_lost", () => {
        closed = true;
        lost();
      }));
    },
    go: go,
    holds: (fields) => forms.push(fields),
    // Forms of which the server knows what they hold, for the page that shows them alone.
    carries: (held) => carriers.push(held),
    // What the forms of a part held on the page before, once.
    carried: (slot) => {
      const mine = carried.filter((c) => c.slot === slot);
      carried = carried.filter((c) => c.slot !== slot);
      return mine.map((c) => c.message);
    },
    words: words,
    // What was typed into a field before the page came back, until it is in its field again.
    typed: (slot, key) => restored.get(`${slot} ${key}`),
    putBack: (slot, key) => restored.delete(`${slot} ${key}`),
  };
})();

// The map of a country within the app's page: what is clicked goes there, and what is chosen there comes here.
function jangkauCountry(map, data) {
  "use strict";
  var home = window.parent;
  data.lang = window.location.hash === "#en" ? "en" : "id";
  var drawn = jangkauNationMap(map, data);
  function tell(message) { home.postMessage({ jangkau: message }, window.location.origin); }
  // What the page chose is not told back to it: two choices on their way would chase each other without end.
  var told = false;
  drawn.follow({
    shown: function (kind, season) { if (!told) tell({ type: "kind", id: kind, text: season }); },
    regency: function (code) { tell({ type: "regency", code: code }); },
  });
  // The page gives the map its place after the map is there: the whole country, until somebody looks elsewhere.
  var looked = false;
  function moved() { looked = true; }
  ["mousedown", "wheel", "touchstart", "keydown"].forEach(function (name) {
    map.getContainer().addEventListener(name, moved, { capture: true, passive: true });
  });
  var last = "";
  map.on("resize", function () { if (!looked) { if (last) drawn.go(last); else drawn.whole(); } });
  var posts = {
    choose: function (m) {
      told = true;
      try { drawn.choose(m.kind, m.season); } finally { told = false; }
    },
    go: function (m) {
      // The same again is meant, where somebody looked elsewhere since.
      last = m.code;
      looked = false;
      if (m.code) drawn.go(m.code); else drawn.whole();
    },
    theme: function (m) { document.body.classList.toggle("jk-dark", m.dark); },
  };
  window.addEventListener("message", function (event) {
    if (event.source !== home || event.origin !== window.location.origin) return;
    var message = event.data && event.data.jangkau;
    if (message && posts[message.type]) posts[message.type](message);
  });
  tell({ type: "ready" });
}

// The app's map. Outlines are sent once; an answer is one class a village. Python speaks by messages
// (paint, select, view, facilities, overlay, edits, plan, doubts, tool, theme), the map answers (ready, village,
// facility, site, place, line, area, cancelled). Every text that came from a file is set with textContent.
function jangkauMap(map, data) {
  "use strict";
  var t = data.texts;
  var el = jangkauBase.el;
  var number = new Intl.NumberFormat(data.lang, { maximumFractionDigits: 0 });
  var home = window.parent;
  function say(message) {
    if (home !== window) home.postMessage({ jangkau: message }, window.location.origin);
  }
  jangkauBase.drawn();
  map.attributionControl.setPrefix(false);
  map.attributionControl.addAttribution(data.attribution);
  map.doubleClickZoom.disable();

  var overlays = {};
  if (data.water) overlays[t.water] = jangkauBase.water(map, data.water).addTo(map);
  // Roads come after the first picture: they take longer to draw than everything else together.
  if (data.roads.length) {
    overlays[t.roads] = L.layerGroup().addTo(map);
    requestAnimationFrame(function () {
      setTimeout(function () { overlays[t.roads].addLayer(jangkauBase.roads(map, data.roads)); }, 250);
    });
  }

  // Villages: one style table; painting changes numbers in it and draws once.
  var paint = null;
  var layers = [];
  var byCode = {};
  function look(i) {
    if (!paint) return { color: "#666", weight: 1, fillColor: "#e0e0e0", fillOpacity: 0.25 };
    var faded = paint.faded && paint.faded[i] === "1";
    return {
      color: "#444", weight: 1, opacity: faded ? 0.25 : 1,
      fillColor: paint.legend[paint.classes.charCodeAt(i) - 48].color, fillOpacity: faded ? 0.12 : 0.62,
    };
  }
  var villages = L.geoJSON(data.villages, {
    style: function (feature) { return look(feature.properties.i); },
    onEachFeature: function (feature, layer) {
      var p = feature.properties;
      layers[p.i] = layer;
      byCode[p.code] = layer;
      layer.bindTooltip(function () {
        var box = el("div", "");
        box.appendChild(el("strong", "", p.name + " · " + p.code));
        if (paint) {
          box.appendChild(el("div", "", paint.title + ": " + paint.legend[paint.classes.charCodeAt(p.i) - 48].label));
        }
        return box;
      }, { sticky: true, className: "jk-tip" });
      layer.on("click", function (event) {
        if (tool) return;
        L.DomEvent.stopPropagation(event);
        say({ type: "village", code: p.code });
      });
    },
  }).addTo(map);
  function repaint() {
    for (var i = 0; i < layers.length; i += 1) layers[i].setStyle(look(i));
  }

  // The chosen village's outline lies above all others.
  map.createPane("jk-chosen").style.zIndex = 420;
  map.getPane("jk-chosen").style.pointerEvents = "none";
  var chosenRenderer = L.svg({ pane: "jk-chosen" });
  var chosen = L.layerGroup().addTo(map);

  // Facilities, on the same canvas as the villages: a canvas above would keep clicks from those below.
  // Edited ones are drawn anew.
  var kinds = {};
  var units = {};
  var groups = {};
  data.kinds.forEach(function (k) {
    kinds[k.kind] = k;
    groups[k.kind] = L.layerGroup();
    if (k.shown) groups[k.kind].addTo(map);
  });
  function unit(f, note) {
    var k = kinds[f.kind];
    if (!k) return;
    var options = { bubblingMouseEvents: false };
    if (note) Object.assign(options, { color: "#d95f02", weight: 4, radius: k.radius + 2 });
    var marker = jangkauBase.facility(f, k, options);
    marker.bindTooltip(function () {
      return jangkauBase.facilityTip(f, k.label + (note ? " · " + t[note] : ""), t.closed);
    }, { className: "jk-tip" });
    marker.on("click", function (event) {
      // Where the finger was; Leaflet's own answer is the middle of the marker.
      if (tool) { placed(map.mouseEventToLatLng(event.originalEvent)); return; }
      say({ type: "facility", id: f.id });
    });
    marker.addTo(groups[f.kind]);
    units[f.id] = { marker: marker, group: groups[f.kind], place: [f.lat, f.lon] };
  }
  var edited = [];
  function drop(id) {
    if (units[id]) units[id].group.removeLayer(units[id].marker);
    delete units[id];
  }
  var baseUnits = {};
  data.facilities.forEach(function (f) { baseUnits[f.id] = f; unit(f, null); });
  function showFacilities(changed) {
    edited.forEach(function (id) {
      drop(id);
      if (baseUnits[id]) unit(baseUnits[id], null);
    });
    edited = changed.map(function (f) { return f.id; });
    changed.forEach(function (f) {
      drop(f.id);
      unit(f, f.note);
    });
  }
  data.kinds.forEach(function (k) {
    overlays[jangkauBase.dotted(k.color, k.label).outerHTML] = groups[k.kind];
  });

  // Names of villages, where there is room: larger villages first.
  var names = L.layerGroup();
  map.createPane("jk-names").style.zIndex = 460;
  map.getPane("jk-names").style.pointerEvents = "none";
  function writeNames() {
    names.clearLayers();
    if (map.getZoom() < 11.5 || !map.hasLayer(names)) return;
    var bounds = map.getBounds();
    var taken = [];
    for (var i = 0; i < data.places.length && taken.length < 150; i += 1) {
      var place = data.places[i];
      if (!bounds.contains([place[1], place[2]])) continue;
      var at = map.latLngToContainerPoint([place[1], place[2]]);
      var half = place[0].length * 3.4 + 4;
      var box = [at.x - half, at.y - 9, at.x + half, at.y + 9];
      var free = taken.every(function (b) {
        return box[2] < b[0] || box[0] > b[2] || box[3] < b[1] || box[1] > b[3];
      });
      if (!free) continue;
      taken.push(box);
      var label = el("div", "jk-label", place[0]);
      names.addLayer(L.marker([place[1], place[2]], {
        pane: "jk-names", interactive: false, keyboard: false,
        icon: L.divIcon({ className: "", html: label, iconSize: [half * 2, 14] }),
      }));
    }
  }
  names.addTo(map);
  map.on("moveend", writeNames);
  overlays[t.names] = names;

  // Edited roads, the way to a unit, a catchment: light layers on top.
  map.createPane("jk-over").style.zIndex = 440;
  map.getPane("jk-over").style.pointerEvents = "none";
  var overRenderer = L.svg({ pane: "jk-over" });
  var over = L.layerGroup().addTo(map);
  var drawnEdits = L.layerGroup().addTo(map);
  var LEGS = {
    road: { color: "#7a0177", weight: 5 }, access: { color: "#7a0177", weight: 3, dashArray: "2 6" },
    egress: { color: "#7a0177", weight: 3, dashArray: "2 6" }, walk: { color: "#7a0177", weight: 3, dashArray: "2 6" },
    ferry: { color: "#08519c", weight: 5, dashArray: "10 6" }, boat: { color: "#08519c", weight: 5, dashArray: "10 6" },
    wait: { color: "#08519c", weight: 8 },
    area: { color: "#7a0177", weight: 2, fillColor: "#dd3497", fillOpacity: 0.18 },
    road_added: { color: "#1b7837", weight: 5 }, boat_added: { color: "#1b7837", weight: 5, dashArray: "10 6" },
    road_closed: { color: "#d73027", weight: 5, dashArray: "4 6" }, road_changed: { color: "#d95f02", weight: 5 },
    flood: { color: "#2166ac", weight: 2, fillColor: "#67a9cf", fillOpacity: 0.35 },
    candidate: { color: "#d95f02", weight: 6 },
  };
  // The number by which the panel speaks of a line.
  function number_(group, geometry, n) {
    var middle = geometry.coordinates[Math.floor(geometry.coordinates.length / 2)];
    group.addLayer(L.marker([middle[1], middle[0]], {
      interactive: false, keyboard: false, zIndexOffset: 1000,
      icon: L.divIcon({ className: "", html: el("div", "jk-number", String(n)), iconSize: [22, 22] }),
    }));
  }
  function draw(group, features) {
    group.clearLayers();
    features.forEach(function (f, i) {
      if (f.kind === "candidate") number_(group, f.geometry, i + 1);
      L.geoJSON(f.geometry, {
        pane: "jk-over", renderer: overRenderer, interactive: false,
        style: Object.assign({ fill: f.kind === "area" || f.kind === "flood", opacity: 0.9 }, LEGS[f.kind]),
      }).addTo(group);
    });
  }

  // Proposed sites with their numbers, places that are forbidden, and areas without new units.
  map.createPane("jk-sites").style.zIndex = 620;
  var sites = L.layerGroup().addTo(map);
  // More numbered discs than this lie over each other.
  var NUMBERED = 40;
  // The site that something was said of by a button keeps the focus when it is drawn anew.
  var refocus = null;
  function siteBox(site) {
    var box = el("div", "jk-site-box");
    box.appendChild(el("strong", "", site.title));
    site.lines.forEach(function (line) { box.appendChild(el("div", "", line)); });
    return box;
  }
  function sitePopup(site, marker) {
    var box = siteBox(site);
    site.acts.forEach(function (act) {
      var button = el("button", "", act.label);
      button.type = "button";
      button.addEventListener("click", function () {
        refocus = site.key;
        marker.closePopup();
        say({ type: "site", id: site.key, text: act.act });
      });
      box.appendChild(button);
    });
    return box;
  }
  // Rows of the data that are doubtful, by how grave that is.
  var doubts = L.layerGroup().addTo(map);
  function showDoubts(message) {
    doubts.clearLayers();
    var bounds = [];
    message.marks.forEach(function (mark) {
      var marker = L.marker([mark.lat, mark.lon], {
        pane: "jk-sites", title: "", alt: mark.title, keyboard: true,
        icon: L.divIcon({ className: "jk-site-icon", iconSize: [16, 16],
          html: el("div", "jk-site jk-doubt jk-doubt-" + mark.state, mark.state === "info" ? "i" : "!") }),
      });
      marker.bindTooltip(function () { return siteBox(mark); }, { className: "jk-tip" });
      marker.addTo(doubts);
      marker.getElement().dataset.doubt = mark.key;
      bounds.push([mark.lat, mark.lon]);
    });
    if (bounds.length && !bounds.some(function (b) { return map.getBounds().contains(b); })) {
      touched = true;
      map.fitBounds(bounds, { padding: [40, 40], maxZoom: 13 });
    }
    document.body.dataset.doubts = String(message.marks.length);
  }
  function showPlan(message) {
    sites.clearLayers();
    message.areas.forEach(function (area) {
      L.geoJSON(area, { pane: "jk-over", renderer: overRenderer, interactive: false, style: {
        color: "#7f2704", weight: 2, dashArray: "6 4", fillColor: "#7f2704", fillOpacity: 0.15 } }).addTo(sites);
    });
    var few = message.sites.length <= NUMBERED;
    message.sites.forEach(function (site) {
      var numbered = few || site.state === "instead";
      var disc = el("div", "jk-site jk-site-" + site.state + (numbered ? "" : " jk-small"),
        site.state === "forbidden" ? "×" : numbered ? site.n : "");
      var marker = L.marker([site.lat, site.lon], {
        pane: "jk-sites", title: "", alt: site.title, keyboard: true,
        icon: L.divIcon({ className: "jk-site-icon", html: disc, iconSize: numbered ? [24, 24] : [14, 14] }),
      });
      marker.bindTooltip(function () { return siteBox(site); }, { className: "jk-tip" });
      marker.bindPopup(function () { return sitePopup(site, marker); }, { autoPan: true });
      marker.addTo(sites);
      var node = marker.getElement();
      node.setAttribute("aria-label", site.title);
      node.dataset.site = site.key;
      if (site.key === refocus) node.focus({ preventScroll: true });
    });
    refocus = null;
    document.body.dataset.sites = String(message.sites.length);
  }

  // Tools: pick a place, draw a line, or the outline of an area.
  var tool = null;
  var line = [];
  var sketch = L.polyline([], { color: "#d95f02", weight: 4, dashArray: "6 6", interactive: false }).addTo(map);
  function draws() { return tool === "line" || tool === "area"; }
  function sketched() {
    // An area closes by itself.
    sketch.setLatLngs(tool === "area" && line.length > 2 ? line.concat([line[0]]) : line);
  }
  map.getContainer().appendChild(el("div", "jk-middle"));
  var toolBox = L.control({ position: "topright" });
  toolBox.onAdd = function () {
    var box = el("div", "jk-box jk-tool");
    box.setAttribute("role", "group");
    L.DomEvent.disableClickPropagation(box);
    box.appendChild(el("span", "", tool === "area" ? t.outline : tool === "line" ? t.draw : t.pick));
    function button(className, text, act) {
      var node = el("button", className, text);
      node.type = "button";
      node.addEventListener("click", act);
      box.appendChild(node);
    }
    if (draws()) {
      button("jk-main", t.finish, finish);
      button("", t.undo_point, function () { line.pop(); sketched(); });
    }
    button("", t.cancel, function () { useTool(null); say({ type: "cancelled" }); });
    return box;
  };
  function useTool(name) {
    tool = name;
    line = [];
    sketch.setLatLngs([]);
    toolBox.remove();
    document.body.classList.toggle("jk-crosshair", tool !== null);
    if (tool) {
      toolBox.addTo(map);
      map.getContainer().focus();
    }
  }
  function rounded(latlng) {
    return [Number(latlng.lng.toFixed(6)), Number(latlng.lat.toFixed(6))];
  }
  function placed(latlng) {
    if (tool === "place") {
      var lonlat = rounded(latlng);
      // How far a finger may miss: 12 pixels, in metres.
      var miss = map.distance(latlng, map.containerPointToLatLng(
        map.latLngToContainerPoint(latlng).add([12, 0])));
      useTool(null);
      say({ type: "place", lonlat: lonlat, miss_m: miss });
    } else if (draws()) {
      var last = line[line.length - 1];
      if (!last || !latlng.equals(last, 1e-7)) line.push(latlng);
      sketched();
    }
  }
  function finish() {
    if (line.length < (tool === "area" ? 3 : 2)) {
      toolBox.getContainer().firstChild.textContent = tool === "area" ? t.three_points : t.two_points;
      return;
    }
    var drawn = line.map(rounded);
    var type = tool;
    useTool(null);
    say({ type: type, line: drawn });
  }
  map.on("click", function (event) { placed(event.latlng); });
  map.on("dblclick", function () { if (draws()) finish(); });
  map.getContainer().addEventListener("keydown", function (event) {
    if (!tool) return;
    if (event.key === "Escape") { useTool(null); say({ type: "cancelled" }); }
    if (event.key === "Enter" && event.target === map.getContainer()) {
      if (draws() && line.length && map.getCenter().equals(line[line.length - 1], 1e-7)) finish();
      else placed(map.getCenter());
    }
  });

  var legend = L.control({ position: "bottomright" });
  legend.onAdd = function () {
    var box = el("details", "jk-box jk-legend");
    box.open = map.getSize().x > 600;
    box.id = "jk-legend";
    L.DomEvent.disableClickPropagation(box);
    return box;
  };
  legend.addTo(map);
  function describe() {
    var box = document.getElementById("jk-legend");
    var rows = [el("summary", "", paint.title)];
    paint.legend.forEach(function (row, i) {
      if (!paint.counts[i] && row.optional) return;
      var node = jangkauBase.legendRow(row.color, row.label);
      node.appendChild(el("span", "jk-count", number.format(paint.counts[i])));
      rows.push(node);
    });
    data.roads.forEach(function (group) { rows.push(jangkauBase.roadRow(group)); });
    if (!data.offline) rows.push(el("p", "jk-note", t.linked_note));
    box.replaceChildren.apply(box, rows);
  }

  // Tiles from the internet are asked for by hand only, and leave when they do not come.
  var control = L.control.layers(null, overlays, { collapsed: true }).addTo(map);
  var online = null;
  function offerOnline() {
    if (online) { control.removeLayer(online); map.removeLayer(online); online = null; }
    if (!navigator.onLine) return;
    var lost = 0;
    online = L.tileLayer("https://tile.openstreetmap.org/{z}/{x}/{y}.png", {
      maxZoom: 19, attribution: "© OpenStreetMap contributors",
    });
    online.on("tileerror", function () {
      lost += 1;
      if (lost === 3) {
        control.removeLayer(online);
        map.removeLayer(online);
        say({ type: "note", text: t.online_lost });
      }
    });
    control.addOverlay(online, t.online);
  }
  window.addEventListener("online", offerOnline);
  window.addEventListener("offline", offerOnline);
  offerOnline();

  function choose(message) {
    chosen.clearLayers();
    var layer = message.village ? byCode[message.village] : null;
    if (layer) {
      L.geoJSON(layer.toGeoJSON(), {
        pane: "jk-chosen", renderer: chosenRenderer, interactive: false,
        style: { color: document.body.classList.contains("jk-dark") ? "#fff" : "#111", weight: 4, fill: false },
      }).addTo(chosen);
    }
    var place = message.facility && units[message.facility] ? units[message.facility].place : null;
    if (place) {
      L.circleMarker(place, {
        pane: "jk-chosen", renderer: chosenRenderer, interactive: false, radius: 14, color: "#111", weight: 4, fill: false,
      }).addTo(chosen);
    }
  }
  // Brings what was chosen into view.
  function bring(message) {
    var layer = message.village ? byCode[message.village] : null;
    if (layer && !map.getBounds().contains(layer.getBounds())) {
      touched = true;
      map.fitBounds(layer.getBounds(), { padding: [40, 40], maxZoom: 13 });
    }
    var shown = message.facility ? units[message.facility] : null;
    if (shown && !map.getBounds().contains(shown.place)) map.panTo(shown.place);
  }
  var touched = false;
  var posts = {
    paint: function (m) {
      paint = m;
      repaint();
      describe();
      document.body.dataset.painted = String(m.turn);
    },
    select: choose,
    view: bring,
    facilities: function (m) { showFacilities(m.changed); },
    overlay: function (m) { draw(over, m.features); document.body.dataset.overlay = String(m.features.length); },
    edits: function (m) { draw(drawnEdits, m.features); document.body.dataset.edits = String(m.features.length); },
    plan: showPlan,
    doubts: showDoubts,
    tool: function (m) { useTool(m.name); },
    theme: function (m) { document.body.classList.toggle("jk-dark", m.dark); },
  };
  window.addEventListener("message", function (event) {
    if (event.source !== home || event.origin !== window.location.origin) return;
    var message = event.data && event.data.jangkau;
    if (message && posts[message.type]) posts[message.type](message);
  });
  // The whole area, as long as nobody has looked elsewhere: the page gives the map its place after the map is
  // there.
  function fit() {
    if (!touched) map.fitBounds(villages.getBounds(), { padding: [10, 10], animate: false });
  }
  ["mousedown", "wheel", "keydown", "touchstart"].forEach(function (name) {
    map.getContainer().addEventListener(name, function () { touched = true; }, { passive: true });
  });
  map.on("resize", fit);
  fit();
  map.on("moveend", function () {
    var c = map.getCenter();
    say({ type: "moved", lat: c.lat, lon: c.lng, zoom: map.getZoom() });
  });
  window.jangkau = { map: map, villages: byCode, units: units };
  say({ type: "ready" });
}

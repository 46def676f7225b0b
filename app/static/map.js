// The app's map. Outlines are sent once; an answer is one class a village. Python speaks by messages
// (paint, swipe, select, view, go, look, facilities, overlay, edits, plan, doubts, tool, theme), the map answers (ready,
// village, several, facility, site, place, line, area, moved, cancelled). Every text that came from a file is set with textContent.
function jangkauMap(map, data) {
  "use strict";
  var t = data.texts;
  var el = jangkauBase.el;
  var number = new Intl.NumberFormat(data.lang, { maximumFractionDigits: 0 });
  var home = window.parent;
  function say(message) {
    if (home !== window) home.postMessage({ jangkau: message }, window.location.origin);
  }
  jangkauBase.drawn(map);
  map.attributionControl.setPrefix(false);
  map.attributionControl.addAttribution(data.attribution);
  map.doubleClickZoom.disable();
  map.zoomControl.setPosition("topright");
  jangkauBase.scale(map, "bottomright");

  // On a phone the page's bar stands in a column, and its sheet overlaps the lower edge (templates/page.html).
  var PHONE = 600, legend = null;
  // Of a map that is less high, the legend would take the most.
  var LOW = 560;
  function arrange() {
    var phone = home.innerWidth < PHONE;
    document.body.classList.toggle("jk-phone", phone);
    if (legend) legend.fold(phone || map.getSize().y <= LOW);
    return phone;
  }
  arrange();

  // So much of a map at most is left free for what lies over it: a low one shows its villages below that.
  var MOST_FREE = 0.7;
  function within(one, other, length) {
    var part = Math.min(1, length * MOST_FREE / (one + other));
    return [one * part, other * part];
  }
  // What lies over the map covers nothing that is shown: the page's bar above, the tools at the right, and the
  // legend, which things are shown beside or above, whichever shows them larger.
  function room(bounds, margin) {
    var size = map.getSize(), phone = arrange(), box = legend.box;
    function free(left, bottom) {
      var x = within(margin + left, margin + 44, size.x);
      var y = within(margin + (phone ? 138 : 96), margin + (phone ? 52 : 20) + bottom, size.y);
      return { paddingTopLeft: [x[0], y[0]], paddingBottomRight: [x[1], y[1]], beside: left > 0 };
    }
    function zoom(found) {
      return map.getBoundsZoom(bounds, false, L.point(found.paddingTopLeft).add(found.paddingBottomRight));
    }
    var beside = free(box.offsetWidth, 0), above = free(0, box.offsetHeight);
    return zoom(beside) >= zoom(above) ? beside : above;
  }
  function show(bounds, margin, options) {
    var size = map.getSize();
    // No zoom shows anything on a map without a size.
    if (size.x < 1 || size.y < 1) return;
    map.fitBounds(bounds, Object.assign(room(bounds, margin), options));
  }

  var overlays = jangkauBase.surroundings(map, data);
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
  function look(i, classes) {
    if (!paint) return { color: "#666", weight: 1, fillColor: "#e0e0e0", fillOpacity: 0.25 };
    var faded = paint.faded && paint.faded[i] === "1";
    var row = paint.legend[(classes || paint.classes).charCodeAt(i) - 48];
    return {
      color: "#444", weight: 1, opacity: faded ? 0.25 : 1,
      fillColor: row.color, fillOpacity: faded ? 0.12 : 0.62, hatch: Boolean(row.unknown) && !faded,
    };
  }
  // What the second map takes from this one. A tool that is in use takes what is done there as if it were here.
  look.taken = function (name, event) {
    if (!tool) return false;
    map.fire(name, { latlng: event.latlng, originalEvent: event.originalEvent });
    return true;
  };
  look.shows = function (name) { return Boolean(overlays[name] && map.hasLayer(overlays[name])); };
  look.label = function (of) { return paint ? paint.title + ": " + paint.legend[of].label : ""; };
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
          box.appendChild(el("div", "", look.label(paint.classes.charCodeAt(p.i) - 48)));
          var left = paint.unreached[p.i];
          if (left !== null) box.appendChild(el("div", "", number.format(left) + " " + paint.whom + " " + t.not_reached));
        }
        return box;
      }, { sticky: true, className: "jk-tip" });
      layer.on("click", function (event) {
        // A finger leaves the tip where it was, over what it tells of.
        if (window.matchMedia("(hover: none)").matches) layer.closeTooltip();
        if (tool) return;
        L.DomEvent.stopPropagation(event);
        say({ type: "village", code: p.code });
      });
    },
  }).addTo(map);
  function repaint() {
    for (var i = 0; i < layers.length; i += 1) layers[i].setStyle(look(i));
    jangkauBase.retell(map);
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
  // Of each kind, how many are drawn, and how many of them do not function: a long list is not counted anew.
  var tally = {};
  function count(u, by) {
    tally[u.kind].all += by;
    if (u.closed) tally[u.kind].closed += by;
  }
  data.kinds.forEach(function (k) {
    kinds[k.kind] = k;
    groups[k.kind] = L.layerGroup();
    tally[k.kind] = { all: 0, closed: 0 };
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
    units[f.id] = { marker: marker, kind: f.kind, place: [f.lat, f.lon], closed: f.functioning === "no" };
    count(units[f.id], 1);
  }
  var edited = [];
  function drop(id) {
    if (units[id]) {
      groups[units[id].kind].removeLayer(units[id].marker);
      count(units[id], -1);
    }
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
    if (paint) legend.describe(paint);
  }
  legend = jangkauLegend(map, data, data.kinds.map(function (k) {
    return Object.assign({ group: groups[k.kind], count: function () { return tally[k.kind].all; },
      closed: function () { return tally[k.kind].closed; } }, k);
  }));

  // Outlines of the kecamatan; from far their names, from near those of villages: first those with most people,
  // none over another.
  if (data.outlines) {
    var edge = jangkauBase.quietPane(map, "jk-outlines", 410);
    overlays[t.outlines] = L.layerGroup([
      L.geoJSON(data.outlines, { pane: "jk-outlines", renderer: edge, interactive: false, style: { color: "#fff", weight: 3.2, opacity: 0.7, fill: false } }),
      L.geoJSON(data.outlines, { pane: "jk-outlines", renderer: edge, interactive: false, style: { color: "#111", weight: 1.4, fill: false } }),
    ]).addTo(map);
  }
  var names = L.layerGroup();
  map.createPane("jk-names").style.zIndex = 460;
  map.getPane("jk-names").style.pointerEvents = "none";
  var MOST_NAMES = 150;
  // From this zoom on a village is wide enough for its name.
  var NEAR = 11.5;
  function writeNames() {
    names.clearLayers();
    if (!map.hasLayer(names)) return;
    var bounds = map.getBounds();
    var taken = [];
    function write(places, className, letter) {
      for (var i = 0; i < places.length && taken.length < MOST_NAMES; i += 1) {
        var place = places[i];
        if (!bounds.contains([place[1], place[2]])) continue;
        var at = map.latLngToContainerPoint([place[1], place[2]]);
        var half = place[0].length * letter / 2 + 4;
        var box = [at.x - half, at.y - 9, at.x + half, at.y + 9];
        var free = taken.every(function (b) {
          return box[2] < b[0] || box[0] > b[2] || box[3] < b[1] || box[1] > b[3];
        });
        if (!free) continue;
        taken.push(box);
        names.addLayer(L.marker([place[1], place[2]], {
          pane: "jk-names", interactive: false, keyboard: false,
          icon: L.divIcon({ className: "", html: el("div", className, place[0]), iconSize: [half * 2, 14] }),
        }));
      }
    }
    if (map.getZoom() < NEAR && data.districts.length) write(data.districts, "jk-label jk-district", 8.2);
    else if (map.getZoom() >= NEAR) write(data.places, "jk-label", 6.8);
    document.body.dataset.names = String(taken.length);
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
  look.drawn = function (features, options) {
    return features.map(function (f) {
      return L.geoJSON(f.geometry, Object.assign({
        interactive: false,
        style: Object.assign({ fill: f.kind === "area" || f.kind === "flood", opacity: 0.9 }, LEGS[f.kind]),
      }, options));
    });
  };
  function draw(group, features) {
    group.clearLayers();
    features.forEach(function (f, i) { if (f.kind === "candidate") number_(group, f.geometry, i + 1); });
    look.drawn(features, { pane: "jk-over", renderer: overRenderer })
      .forEach(function (layer) { group.addLayer(layer); });
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
      show(L.latLngBounds(bounds), 40, { maxZoom: 13 });
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
    if (message.turn !== planned) lookAtPlan(message.sites);
    planned = message.turn;
    document.body.dataset.sites = String(message.sites.length);
  }
  // A plan that has just come is looked at, and no longer what was chosen before.
  var planned = 0;
  function lookAtPlan(found) {
    if (!found.length) return;
    looked = null;
    over.eachLayer(function (layer) { layer.setStyle({ opacity: 0.3, fillOpacity: 0.05 }); });
    var bounds = L.latLngBounds(found.map(function (site) { return [site.lat, site.lon]; }));
    if (map.getBounds().contains(bounds)) return;
    touched = true;
    show(bounds, 40, { maxZoom: 13 });
  }

  // Tools: pick a place, draw a line, or the outline of an area.
  var tool = null;
  var line = [];
  look.sketch = { color: "#d95f02", weight: 4, dashArray: "6 6", interactive: false };
  var sketch = L.polyline([], look.sketch).addTo(map);
  function sketchTo(points) {
    sketch.setLatLngs(points);
    twin.sketch(points);
  }
  var areal = { area: true, measure_area: true };
  function draws() { return tool === "line" || tool === "measure" || Boolean(areal[tool]); }
  function measures() { return tool === "measure" || tool === "measure_area"; }
  function sketched() {
    // An area closes by itself.
    sketchTo(areal[tool] && line.length > 2 ? line.concat([line[0]]) : line);
    var said = toolBox.getContainer() && toolBox.getContainer().firstChild;
    if (said && measures()) {
      said.textContent = (areal[tool] ? t.measure_shape : t.measure_line).replace("{n}", mapTools.words(line, Boolean(areal[tool])));
    }
  }
  map.getContainer().appendChild(el("div", "jk-middle"));
  // Where the legend leaves room, of the whole area: above it, or else beside it; where it is folded, in its place.
  var toolBox = L.control();
  function openToolBox() {
    toolBox.setPosition(legend.box.open && room(villages.getBounds(), 10).beside ? "topleft" : "bottomleft");
    toolBox.addTo(map);
  }
  toolBox.onAdd = function () {
    var box = el("div", "jk-box jk-tool");
    box.setAttribute("role", "group");
    L.DomEvent.disableClickPropagation(box);
    var said = { area: t.outline, line: t.draw, select: t.select_box, measure: t.draw, measure_area: t.outline };
    box.appendChild(el("span", "", said[tool] || t.pick));
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
  var mapTools = jangkauMapTools(map, data, function (name) {
    if (name === "whole") whole();
    else useTool(name);
  });
  function useTool(name) {
    tool = name;
    line = [];
    sketchTo([]);
    toolBox.remove();
    document.body.classList.toggle("jk-crosshair", tool !== null);
    // A box is dragged in the place of the map.
    document.body.classList.toggle("jk-drags", tool === "select");
    [map, twin.map()].forEach(function (one) {
      if (one) one.dragging[tool === "select" ? "disable" : "enable"]();
    });
    if (tool) {
      openToolBox();
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
    } else if (tool === "select") {
      line.push(latlng);
      if (line.length === 2) choseBox();
      else sketchTo([latlng, latlng]);
    } else if (draws()) {
      var last = line[line.length - 1];
      if (!last || !latlng.equals(last, 1e-7)) line.push(latlng);
      sketched();
    }
  }
  // Villages whose middle lies in a box; the session knows which (Area.in_box).
  function choseBox() {
    var bounds = L.latLngBounds(line);
    useTool(null);
    say({ type: "several", corners: [rounded(bounds.getSouthWest()), rounded(bounds.getNorthEast())] });
  }
  function sketchBox(corner) {
    if (tool !== "select" || line.length !== 1) return;
    var b = L.latLngBounds(line[0], corner);
    sketchTo([b.getNorthWest(), b.getNorthEast(), b.getSouthEast(), b.getSouthWest(), b.getNorthWest()]);
  }
  map.on("mousemove", function (event) { sketchBox(event.latlng); });
  // Or dragged from corner to corner.
  var dragged = {
    wanted: function () { return tool === "select"; },
    begin: function (latlng) { line = [latlng]; },
    to: sketchBox,
    leave: function () { line = []; sketchTo([]); },
    end: function (latlng) { line.push(latlng); choseBox(); },
  };
  // By keyboard its other corner is the map's middle.
  map.on("move", function () { sketchBox(map.getCenter()); });
  function finish() {
    if (line.length < (areal[tool] ? 3 : 2)) {
      toolBox.getContainer().firstChild.textContent = areal[tool] ? t.three_points : t.two_points;
      return;
    }
    if (measures()) {
      mapTools.keep(line, Boolean(areal[tool]));
      useTool(null);
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

  // Of the page, but while something is drawn: then of its points.
  window.addEventListener("keydown", function (event) {
    var step = home.jangkauDesk ? home.jangkauDesk.stepOf(event) : "";
    if (!step) return;
    event.preventDefault();
    if (!tool) home.jangkauDesk.press(step);
    else if (draws() && step === "undo") { line.pop(); sketched(); }
  });

  // The units of what is compared with, as far as their kinds are shown, for the other side.
  look.units = function (changed, options) {
    var other = {};
    changed.forEach(function (f) { other[f.id] = true; });
    return data.facilities.filter(function (f) { return !other[f.id]; }).concat(changed)
      .filter(function (f) { return kinds[f.kind] && map.hasLayer(groups[f.kind]); })
      .map(function (f) {
        return jangkauBase.facility(f, kinds[f.kind], Object.assign({ interactive: false }, options));
      });
  };
  var swipe = jangkauSwipe(map, data, look, say);
  var twin = jangkauTwin(map, data, look, say);
  // A kind that is switched off, or a layer, is so on the other side too.
  map.on("layeradd layerremove", function (event) {
    if (!Object.keys(groups).some(function (kind) { return groups[kind] === event.layer; })) return;
    swipe.units();
    twin.units();
  });
  map.on("overlayadd", function (event) { twin.toggle(event.name, true); });
  map.on("overlayremove", function (event) { twin.toggle(event.name, false); });

  // Tiles from the internet are asked for by hand only, and leave when they do not come.
  var control = L.control.layers(null, overlays, { collapsed: true }).addTo(map);
  jangkauBase.named(map, t);
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

  var outlined = null;
  look.chosen = function () { return outlined; };
  function choose(message) {
    chosen.clearLayers();
    var layer = message.village ? byCode[message.village] : null;
    outlined = layer ? layer.toGeoJSON() : null;
    twin.choose(outlined);
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
  // Brings what was chosen into view, and again where the map gets smaller, as under a phone's sheet.
  var looked = null;
  function bring(message) {
    looked = message;
    var layer = message.village ? byCode[message.village] : null;
    if (layer && !map.getBounds().contains(layer.getBounds())) {
      touched = true;
      show(layer.getBounds(), 40, { maxZoom: 13 });
    }
    var shown = message.facility ? units[message.facility] : null;
    if (shown && !map.getBounds().contains(shown.place)) map.panTo(shown.place);
  }
  function go(message) {
    touched = true;
    show(L.latLngBounds(message.corners), 40, { maxZoom: 15 });
  }
  var touched = false;
  var posts = {
    paint: function (m) {
      paint = m;
      repaint();
      legend.describe(paint);
      fit();
      document.body.dataset.painted = String(m.turn);
    },
    select: choose,
    swipe: function (m) {
      swipe.show(m.how === "line" ? m : { classes: null });
      twin.show(m.how === "maps" ? m : null);
    },
    view: bring,
    look: function (m) {
      if (!m.at) { whole(); return; }
      touched = true;
      looked = null;
      map.setView([m.at[0], m.at[1]], m.at[2], { animate: false });
    },
    go: go,
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
  // there, and the legend comes with the first answer.
  var fitted = "", reserved = 0;
  function fit() {
    arrange();
    if (touched) return;
    var size = map.getSize(), now = [size.x, size.y, legend.box.open].join(), height = legend.box.offsetHeight;
    // Only where the room has changed, or a legend is longer than any before: the map stays still else.
    if (now === fitted && height <= reserved) return;
    reserved = now === fitted ? Math.max(height, reserved) : height;
    fitted = now;
    show(villages.getBounds(), 10, { animate: false });
  }
  function whole() {
    touched = false;
    looked = null;
    fitted = "";
    fit();
  }
  // Who moves a map has looked elsewhere; who only clicks, or presses another key, has not.
  var MOVES = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "+", "-", "=", "_"];
  look.watch = function (one) {
    jangkauBoxDrag(one, dragged);
    function moved() { touched = true; looked = null; }
    // On its way down: the buttons keep a click for themselves.
    function when(name, moves) {
      one.getContainer().addEventListener(name, function (event) { if (moves(event)) moved(); },
        { passive: true, capture: true });
    }
    one.on("dragstart boxzoomstart", moved);
    when("wheel", function () { return true; });
    when("touchstart", function (event) { return event.touches.length > 1; });
    when("keydown", function (event) { return MOVES.indexOf(event.key) >= 0; });
    when("click", function (event) { return Boolean(event.target.closest(".leaflet-control-zoom")); });
  };
  look.watch(map);
  // For the page's address; nothing where it is the whole area, as at first.
  var lookedAt = "";
  map.on("moveend", function () {
    var center = map.getCenter().wrap();
    var now = touched ? [center.lat.toFixed(5), center.lng.toFixed(5), map.getZoom()].join(",") : "";
    if (now === lookedAt) return;
    lookedAt = now;
    say({ type: "moved", at: now });
  });
  map.on("resize", function () {
    fit();
    if (looked) bring(looked);
  });
  fit();
  window.jangkau = { map: map, villages: byCode, units: units, swipe: swipe, twin: twin };
  say({ type: "ready" });
}

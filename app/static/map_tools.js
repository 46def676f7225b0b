// What one does with the map itself: measure, choose villages in a box, print, look at it alone, and compare
// two scenarios under a line that is dragged.
function jangkauMapTools(map, data, use) {
  "use strict";
  var t = data.texts;
  var el = jangkauBase.el;
  var decimal = new Intl.NumberFormat(data.lang, { maximumFractionDigits: 2 });
  var measured = L.layerGroup().addTo(map);

  // Along the ground as the crow flies.
  function length(points) {
    var metres = 0;
    for (var i = 1; i < points.length; i += 1) metres += map.distance(points[i - 1], points[i]);
    return metres;
  }
  // Of a spherical polygon, by the sum over its sides (Chamberlain & Duquette 2007), on the sphere of map.distance.
  function surface(points) {
    var sum = 0, R = L.CRS.Earth.R, rad = Math.PI / 180;
    points.forEach(function (a, i) {
      var b = points[(i + 1) % points.length];
      sum += (b.lng - a.lng) * rad * (2 + Math.sin(a.lat * rad) + Math.sin(b.lat * rad));
    });
    return Math.abs(sum * R * R / 2);
  }
  function words(points, area) {
    if (area) {
      var m2 = points.length > 2 ? surface(points) : 0;
      return m2 < 1e6 ? decimal.format(m2 / 1e4) + " ha" : decimal.format(m2 / 1e6) + " km²";
    }
    var metres = length(points);
    return metres < 1000 ? decimal.format(Math.round(metres)) + " m" : decimal.format(metres / 1000) + " km";
  }
  function keep(points, area) {
    measured.clearLayers();
    var shape = (area ? L.polygon : L.polyline)(points, {
      color: "#d95f02", weight: 3, dashArray: "6 6", fillOpacity: 0.1, interactive: false,
    });
    measured.addLayer(shape);
    var at = area ? shape.getBounds().getCenter() : points[points.length - 1];
    measured.addLayer(L.marker(at, {
      interactive: false, keyboard: false,
      icon: L.divIcon({ className: "", html: el("div", "jk-measured", words(points, area)), iconSize: [0, 0] }),
    }));
    document.body.dataset.measured = words(points, area);
  }

  var bar = L.control({ position: "topright" });
  bar.onAdd = function () {
    var box = el("div", "leaflet-bar jk-bar");
    box.setAttribute("role", "toolbar");
    L.DomEvent.disableClickPropagation(box);
    // Drawn, since not every machine has letters for them.
    var SIGNS = {
      whole: "M3 10.5L10 4l7 6.5M5 9v7h10V9", measure: "M2 13V7h16v6zM5 7v3M8 7v3M11 7v3M14 7v3",
      measure_area: "M4 15l2-10 9 2 1 8zM4 15h.1M6 5h.1M15 7h.1M16 15h.1",
      select: "M4 4h2M9 4h2M14 4h2v2M16 9v2M16 14v2h-2M11 16H9M6 16H4v-2M4 11V9M4 6V4",
      print: "M6 7V3h8v4M6 14H3V7h14v7h-3M6 11h8v6H6z", fullscreen: "M3 8V3h5M12 3h5v5M17 12v5h-5M8 17H3v-5",
    };
    function button(key, label, act) {
      var node = el("button", "");
      var svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      svg.setAttribute("viewBox", "0 0 20 20");
      svg.setAttribute("width", "20");
      svg.setAttribute("aria-hidden", "true");
      var path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("d", SIGNS[key]);
      path.setAttribute("fill", "none");
      path.setAttribute("stroke", "currentColor");
      path.setAttribute("stroke-width", "1.6");
      path.setAttribute("stroke-linecap", "round");
      svg.appendChild(path);
      node.appendChild(svg);
      node.type = "button";
      node.title = label;
      node.setAttribute("aria-label", label);
      node.dataset.tool = key;
      node.addEventListener("click", act);
      box.appendChild(node);
    }
    button("whole", t.whole, function () { use("whole"); });
    button("measure", t.measure, function () { measured.clearLayers(); use("measure"); });
    button("measure_area", t.measure_area, function () { measured.clearLayers(); use("measure_area"); });
    button("select", t.select, function () { use("select"); });
    button("print", t.print, function () { window.print(); });
    if (document.fullscreenEnabled) {
      button("fullscreen", t.fullscreen, function () {
        if (document.fullscreenElement) document.exitFullscreen();
        else document.documentElement.requestFullscreen();
      });
    }
    return box;
  };
  bar.addTo(map);
  return { keep: keep, words: words };
}

// A box that is dragged over a map, by mouse, pen or one finger. A press that stays where it is makes a click.
function jangkauBoxDrag(map, box) {
  "use strict";
  var LEAST_PX = 6;
  var node = map.getContainer(), press = null, dragged = false;
  function at(event) { return map.mouseEventToLatLng(event); }
  function leave() {
    if (dragged) box.leave();
    press = null;
    dragged = false;
  }
  node.addEventListener("pointerdown", function (event) {
    // A second finger zooms.
    leave();
    if (box.wanted() && event.isPrimary && event.button === 0 && !event.target.closest(".leaflet-control")) press = event;
  });
  node.addEventListener("pointermove", function (event) {
    if (!press || event.pointerId !== press.pointerId || !box.wanted()) return;
    if (!dragged) {
      if (Math.hypot(event.clientX - press.clientX, event.clientY - press.clientY) < LEAST_PX) return;
      dragged = true;
      node.setPointerCapture(event.pointerId);
      box.begin(at(press));
    }
    box.to(at(event));
  });
  node.addEventListener("pointerup", function (event) {
    if (!dragged || event.pointerId !== press.pointerId || !box.wanted()) {
      leave();
      return;
    }
    press = null;
    dragged = false;
    box.end(at(event));
    // The click that a mouse makes of it would choose a village.
    function swallow(click) { click.stopPropagation(); }
    window.addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(function () { window.removeEventListener("click", swallow, { capture: true }); }, 50);
  });
  node.addEventListener("pointercancel", leave);
}

// The villages as another scenario has them, left of a line; clicks still reach what lies below.
function jangkauSwipe(map, data, look, say) {
  "use strict";
  var t = data.texts;
  var pane = map.createPane("jk-swipe");
  pane.style.zIndex = 405;
  pane.style.pointerEvents = "none";
  var renderer = L.canvas({ pane: "jk-swipe", padding: 1 });
  var layer = null;
  var classes = "", changed = [];
  var others = L.layerGroup();
  var share = 0.5;
  var sides = ["left", "right"].map(function (side) { return jangkauBase.el("div", "jk-side jk-side-" + side); });
  var end = jangkauBase.el("button", "jk-swipe-end", "×");
  end.type = "button";
  end.title = t.swipe_end;
  end.setAttribute("aria-label", t.swipe_end);
  end.addEventListener("click", function () { say({ type: "swiped" }); });
  L.DomEvent.disableClickPropagation(end);
  var handle = jangkauBase.el("div", "jk-swipe-handle");
  handle.tabIndex = 0;
  handle.setAttribute("role", "slider");
  handle.setAttribute("aria-label", t.swipe);
  handle.setAttribute("aria-valuemin", "0");
  handle.setAttribute("aria-valuemax", "100");
  handle.title = t.swipe;
  L.DomEvent.disableClickPropagation(handle);
  // Over what is below, so that none of the other scenario's colour shines through.
  function blended(style) {
    function parts(color) { return [1, 3, 5].map(function (i) { return parseInt(color.slice(i, i + 2), 16); }); }
    var ground = parts(document.body.classList.contains("jk-dark") ? "#1d2329" : "#dfe8ee");
    var color = "#" + parts(style.fillColor).map(function (v, i) {
      return Math.round(v * style.fillOpacity + ground[i] * (1 - style.fillOpacity)).toString(16).padStart(2, "0");
    }).join("");
    return Object.assign({}, style, { fillColor: color, fillOpacity: 1 });
  }
  function clip() {
    if (!layer) return;
    var size = map.getSize();
    var nw = map.containerPointToLayerPoint([0, 0]), x = nw.x + size.x * share;
    pane.style.clip = "rect(" + nw.y + "px," + x + "px," + (nw.y + size.y) + "px," + nw.x + "px)";
    handle.style.left = share * 100 + "%";
    end.style.left = share * 100 + "%";
    sides[0].style.right = (1 - share) * 100 + "%";
    sides[1].style.left = share * 100 + "%";
    handle.setAttribute("aria-valuenow", String(Math.round(share * 100)));
  }
  function to(value) {
    share = Math.max(0, Math.min(1, value));
    clip();
  }
  handle.addEventListener("pointerdown", function (event) {
    handle.setPointerCapture(event.pointerId);
    event.preventDefault();
    handle.focus();
  });
  handle.addEventListener("pointermove", function (event) {
    if (handle.hasPointerCapture(event.pointerId)) to(event.clientX / map.getSize().x);
  });
  handle.addEventListener("keydown", function (event) {
    var step = { ArrowLeft: -0.05, ArrowRight: 0.05 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    to(share + step);
  });
  map.on("move zoomend resize", clip);
  // A class a village, with the legend of what is shown; null ends it.
  function show(message) {
    if (layer) layer.remove();
    layer = null;
    sides.concat([handle, end]).forEach(function (node) { node.remove(); });
    document.body.dataset.swipe = message.classes ? "1" : "";
    if (!message.classes) return;
    classes = message.classes;
    layer = L.geoJSON(data.villages, {
      pane: "jk-swipe", renderer: renderer, interactive: false,
      style: function (feature) { return blended(look(feature.properties.i, classes)); },
    });
    changed = message.changed;
    layer = L.layerGroup([layer, others]).addTo(map);
    units();
    sides[0].textContent = message.left;
    sides[1].textContent = message.right;
    sides.concat([handle, end]).forEach(function (node) { map.getContainer().appendChild(node); });
    clip();
  }
  function units() {
    if (!layer) return;
    others.clearLayers();
    look.units(changed, { pane: "jk-swipe", renderer: renderer }).forEach(function (marker) { others.addLayer(marker); });
  }
  return { show: show, units: units, classes: function () { return classes; } };
}

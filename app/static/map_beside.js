// Two maps that move together: left what is compared with, right what is shown. The second map is made once, and
// only its colours, units and edits change: a repaint moves nothing. Between comparisons it is hidden and not taken
// away, since a wheel's last turn may still be on its way to it.
function jangkauTwin(map, data, look, say) {
  "use strict";
  var t = data.texts, el = jangkauBase.el;
  var right = map.getContainer();
  var CHOSEN = { interactive: false, color: "#d95f02", weight: 5, fill: false };
  var twin = null, shown = false;
  var following = false;

  function follow(from, to) {
    return function () {
      if (following || !shown) return;
      following = true;
      to.setView(from.getCenter(), from.getZoom(), { animate: false });
      // The other may not go as near as this, with a map of the internet below it.
      if (to.getZoom() !== from.getZoom()) from.setView(to.getCenter(), to.getZoom(), { animate: false });
      following = false;
    };
  }
  function tip(p) {
    var box = el("div", "");
    box.appendChild(el("strong", "", p.name + " · " + p.code));
    box.appendChild(el("div", "", look.label(twin.message.classes.charCodeAt(p.i) - 48)));
    return box;
  }
  // What can be switched off on the right goes from the left too, by its name in the control.
  function background(left) {
    var layers = jangkauBase.surroundings(left, data);
    if (data.water) layers[t.water] = jangkauBase.water(left, data.water);
    if (data.roads.length) layers[t.roads] = jangkauBase.roads(left, data.roads);
    if (data.outlines) {
      layers[t.outlines] = L.geoJSON(data.outlines, {
        pane: "jk-outlines", renderer: jangkauBase.quietPane(left, "jk-outlines", 410), interactive: false,
        style: { color: "#111", weight: 1.4, fill: false },
      });
    }
    Object.keys(layers).forEach(function (name) { switched(left, layers[name], look.shows(name)); });
    return layers;
  }
  function switched(left, layer, on) {
    if (on) left.addLayer(layer);
    else left.removeLayer(layer);
  }
  function make() {
    var place = el("div", "jk-twin");
    document.body.insertBefore(place, right);
    // Without zooming step by step, in which it would lag behind.
    var left = L.map(place, {
      preferCanvas: true, zoomControl: false, attributionControl: false, zoomAnimation: false,
      zoomSnap: map.options.zoomSnap, doubleClickZoom: false, center: map.getCenter(), zoom: map.getZoom(),
    });
    place.setAttribute("role", "region");
    twin = { map: left, place: place, background: background(left) };
    twin.villages = L.geoJSON(data.villages, {
      onEachFeature: function (feature, layer) {
        layer.bindTooltip(function () { return tip(feature.properties); }, { sticky: true, className: "jk-tip" });
        layer.on("click", function (event) {
          L.DomEvent.stopPropagation(event);
          if (!look.taken("click", event)) say({ type: "village", code: feature.properties.code });
        });
      },
    }).addTo(left);
    twin.over = L.layerGroup().addTo(left);
    twin.units = L.layerGroup().addTo(left);
    twin.chosen = L.layerGroup().addTo(left);
    twin.sketch = L.polyline([], look.sketch).addTo(left);
    twin.labels = [place, right].map(function (side) { return side.appendChild(el("div", "jk-side jk-side-one")); });
    twin.alone = right.getAttribute("aria-label");
    twin.end = document.body.appendChild(el("button", "jk-twin-end", "×"));
    twin.end.type = "button";
    twin.end.title = t.swipe_end;
    twin.end.setAttribute("aria-label", t.swipe_end);
    twin.end.addEventListener("click", function () { say({ type: "swiped" }); });
    ["click", "dblclick", "mousemove"].forEach(function (name) {
      left.on(name, function (event) { look.taken(name, event); });
    });
    look.watch(left);
    left.on("move", follow(left, map));
    map.on("move", follow(map, left));
  }
  // What is hidden between comparisons is so by the style of the page (map.css).
  function open(on) {
    if (on === shown) return;
    document.body.classList.toggle("jk-two", on);
    if (!on) right.setAttribute("aria-label", twin.alone);
    // While it takes its new size, neither leads the other: a map that grows says that it moved.
    shown = false;
    twin.map.invalidateSize({ pan: false });
    map.invalidateSize({ pan: false });
    shown = on;
    map.fire("move");
  }
  // A class a village, with the legend of what is shown; null ends it.
  function show(message) {
    document.body.dataset.twin = message ? "1" : "";
    if (!message) { open(false); return; }
    if (!twin) make();
    open(true);
    twin.message = message;
    twin.villages.setStyle(function (feature) { return look(feature.properties.i, message.classes); });
    jangkauBase.retell(twin.map);
    twin.labels[0].textContent = message.left;
    twin.labels[1].textContent = message.right;
    // By their own names to a screen reader: two maps of one name can't be told apart.
    twin.place.setAttribute("aria-label", message.left);
    right.setAttribute("aria-label", message.right);
    twin.over.clearLayers();
    look.drawn(message.edits, {}).forEach(function (layer) { twin.over.addLayer(layer); });
    units();
    choose(look.chosen());
  }
  function units() {
    if (!shown) return;
    twin.units.clearLayers();
    look.units(twin.message.changed, {}).forEach(function (marker) { twin.units.addLayer(marker); });
  }
  function choose(outline) {
    if (!shown) return;
    twin.chosen.clearLayers();
    if (outline) twin.chosen.addLayer(L.geoJSON(outline, { interactive: false, style: CHOSEN }));
  }
  function sketch(points) { if (twin) twin.sketch.setLatLngs(points); }
  function toggle(name, on) { if (twin && twin.background[name]) switched(twin.map, twin.background[name], on); }
  return {
    show: show, units: units, choose: choose, sketch: sketch, toggle: toggle,
    classes: function () { return twin && twin.message.classes; },
    map: function () { return twin && twin.map; },
  };
}

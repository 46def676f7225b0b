// Two maps that move together: left what is compared with, right what is shown.
function jangkauTwin(map, data, look, units, say) {
  "use strict";
  var t = data.texts, el = jangkauBase.el;
  var right = map.getContainer();
  var twin = null, place = null, classes = "";
  var following = false;
  function follow(from, to) {
    return function () {
      if (following) return;
      following = true;
      to.setView(from.getCenter(), from.getZoom(), { animate: false });
      following = false;
    };
  }
  function tip(p) {
    var box = el("div", "");
    box.appendChild(el("strong", "", p.name + " · " + p.code));
    box.appendChild(el("div", "", look.label(classes.charCodeAt(p.i) - 48)));
    return box;
  }
  function start(message) {
    document.body.classList.add("jk-two");
    place = el("div", "jk-twin");
    document.body.insertBefore(place, right);
    twin = L.map(place, {
      preferCanvas: true, zoomControl: false, attributionControl: false, zoomAnimation: false, zoomSnap: map.options.zoomSnap,
      doubleClickZoom: false, center: map.getCenter(), zoom: map.getZoom(),
    });
    // By its own name to a screen reader: two maps of one name can't be told apart.
    place.setAttribute("role", "region");
    place.setAttribute("aria-label", message.left);
    right.dataset.alone = right.getAttribute("aria-label");
    right.setAttribute("aria-label", message.right);
    if (data.water) jangkauBase.water(twin, data.water).addTo(twin);
    if (data.roads.length) jangkauBase.roads(twin, data.roads).addTo(twin);
    L.geoJSON(data.villages, {
      style: function (feature) { return look(feature.properties.i, classes); },
      onEachFeature: function (feature, layer) {
        layer.bindTooltip(function () { return tip(feature.properties); }, { sticky: true, className: "jk-tip" });
        layer.on("click", function (event) {
          L.DomEvent.stopPropagation(event);
          if (!look.taken(event.latlng)) say({ type: "village", code: feature.properties.code });
        });
      },
    }).addTo(twin);
    if (data.outlines) {
      L.geoJSON(data.outlines, { interactive: false, style: { color: "#111", weight: 1.4, fill: false } }).addTo(twin);
    }
    units(message.changed).forEach(function (marker) { marker.addTo(twin); });
    [[place, message.left], [right, message.right]].forEach(function (side) {
      side[0].appendChild(el("div", "jk-side jk-side-one", side[1]));
    });
    var end = el("button", "jk-twin-end", "×");
    end.type = "button";
    end.title = t.swipe_end;
    end.setAttribute("aria-label", t.swipe_end);
    end.addEventListener("click", function () { say({ type: "swiped" }); });
    document.body.appendChild(end);
    map.invalidateSize({ pan: false });
    twin.on("click", function (event) { look.taken(event.latlng); });
    twin.on("move", follow(twin, map));
    map.on("move", moved = follow(map, twin));
    moved();
  }
  var moved = null;
  function stop() {
    if (!twin) return;
    map.off("move", moved);
    twin.remove();
    twin = null;
    place.remove();
    document.body.classList.remove("jk-two");
    document.querySelectorAll(".jk-twin-end, .jk-side-one").forEach(function (node) { node.remove(); });
    right.setAttribute("aria-label", right.dataset.alone);
    map.invalidateSize({ pan: false });
  }
  // A class a village, with the legend of what is shown; null ends it.
  function show(message) {
    stop();
    document.body.dataset.twin = message ? "1" : "";
    if (!message) return;
    classes = message.classes;
    start(message);
  }
  return { show: show, classes: function () { return classes; }, map: function () { return twin; } };
}

// What every map of ours draws in the same way: roads, water, facilities.
// Every text that came from a file is set with textContent, so it is never read as HTML.
var jangkauBase = (function () {
  "use strict";
  function el(tag, className, text) {
    var node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  }
  // A pane below the villages that takes no part in pointing.
  function quietPane(map, name, zIndex) {
    var pane = map.createPane(name);
    pane.style.zIndex = zIndex;
    pane.style.pointerEvents = "none";
    return L.canvas({ pane: name });
  }
  function roads(map, groups) {
    var renderer = quietPane(map, "jk-roads", 350);
    var layer = L.layerGroup();
    groups.forEach(function (group) {
      L.geoJSON(group.geometry, {
        pane: "jk-roads", renderer: renderer, interactive: false,
        style: { color: group.color, weight: group.weight, dashArray: group.dash, fill: false },
      }).addTo(layer);
    });
    return layer;
  }
  function water(map, geometry) {
    var renderer = quietPane(map, "jk-water", 340);
    return L.geoJSON(geometry, {
      pane: "jk-water", renderer: renderer, interactive: false,
      style: { color: "#6fa8dc", weight: 1, fillColor: "#9fc5e8", fillOpacity: 0.9 },
    });
  }
  function facility(f, kind, options) {
    var closed = f.functioning === "no";
    return L.circleMarker([f.lat, f.lon], Object.assign({
      radius: kind.radius, color: closed ? "#000" : "#222", weight: closed ? 3 : 1.5,
      dashArray: closed ? "2 3" : null, fillColor: closed ? "#fff" : kind.color, fillOpacity: 1,
    }, options || {}));
  }
  function facilityTip(f, label, closedWord) {
    var box = el("div", "");
    box.appendChild(el("strong", "", f.name || f.id));
    var closed = f.functioning === "no" ? " · " + closedWord : "";
    box.appendChild(el("div", "", label + " · " + f.id + closed));
    return box;
  }
  function dotted(color, text) {
    var name = el("span", "");
    var dot = el("span", "jk-dot");
    dot.style.background = color;
    name.appendChild(dot);
    name.appendChild(document.createTextNode(text));
    return name;
  }
  function legendRow(color, text) {
    var row = el("div", "");
    var swatch = el("span", "jk-swatch");
    swatch.style.background = color;
    row.appendChild(swatch);
    row.appendChild(document.createTextNode(text));
    return row;
  }
  function roadRow(group) {
    var row = el("div", "");
    var line = el("span", "jk-line");
    line.style.borderTopColor = group.color;
    if (group.dash) line.style.borderTopStyle = "dashed";
    row.appendChild(line);
    row.appendChild(document.createTextNode(group.label));
    return row;
  }
  // Of with_missing_note (page.py): it stands there until a map is drawn.
  function drawn() {
    var note = document.getElementById("jk-missing");
    if (note) note.remove();
  }
  return {
    drawn: drawn, el: el, roads: roads, water: water, facility: facility, facilityTip: facilityTip,
    dotted: dotted, legendRow: legendRow, roadRow: roadRow, quietPane: quietPane,
  };
})();

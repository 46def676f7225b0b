// What every map of ours draws in the same way: roads, water, facilities, surroundings.
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
  // Symbols of facilities by shape: drawn on the canvas that holds everything else, found by their radius.
  var CROSSED = ["square", "circle"];
  function trace(path, shape, x, y, r) {
    if (shape === "triangle") {
      path.moveTo(x, y - r);
      path.lineTo(x + r, y + r * 0.8);
      path.lineTo(x - r, y + r * 0.8);
      path.closePath();
    } else if (shape === "diamond") {
      path.moveTo(x, y - r);
      path.lineTo(x + r, y);
      path.lineTo(x, y + r);
      path.lineTo(x - r, y);
      path.closePath();
    } else if (shape === "circle") {
      path.arc(x, y, r, 0, Math.PI * 2);
    } else {
      path.rect(x - r, y - r, 2 * r, 2 * r);
    }
  }
  // Leaflet comes after this script, so what rests on it is made with the map.
  var Facility = null;
  function makeFacility() {
    Facility = L.CircleMarker.extend({
    _updatePath: function () {
      var renderer = this._renderer, o = this.options;
      if (!renderer._ctx) { L.CircleMarker.prototype._updatePath.call(this); return; }
      if (!renderer._drawing || this._empty()) return;
      var ctx = renderer._ctx, p = this._point, r = this._radius;
      ctx.beginPath();
      trace(ctx, o.shape, p.x, p.y, r);
      renderer._fillStroke(ctx, this);
      if (CROSSED.indexOf(o.shape) < 0) return;
      ctx.beginPath();
      ctx.moveTo(p.x - r * 0.6, p.y);
      ctx.lineTo(p.x + r * 0.6, p.y);
      ctx.moveTo(p.x, p.y - r * 0.6);
      ctx.lineTo(p.x, p.y + r * 0.6);
      ctx.lineWidth = 1.5;
      ctx.strokeStyle = o.ink;
      ctx.stroke();
    },
    });
  }
  // White on dark fills and black on light ones; one that does not function is hollow.
  function ink(color) {
    var n = parseInt(color.slice(1), 16);
    return 0.3 * (n >> 16) + 0.59 * (n >> 8 & 255) + 0.11 * (n & 255) > 140 ? "#111" : "#fff";
  }
  function facility(f, kind, options) {
    var closed = f.functioning === "no";
    return new Facility([f.lat, f.lon], Object.assign({
      radius: kind.radius, shape: kind.shape, color: closed ? kind.color : "#fff", weight: closed ? 2 : 1.2,
      fillColor: closed ? "#fff" : kind.color, fillOpacity: 1, ink: closed ? kind.color : ink(kind.color),
    }, options || {}));
  }
  // Areas of which nothing is known are hatched too, so that their grey is no colour among others.
  var hatching = null;
  function hatch(ctx) {
    if (hatching) return hatching;
    var tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    var pen = tile.getContext("2d");
    pen.strokeStyle = "#333";
    pen.lineWidth = 1;
    pen.beginPath();
    [-8, 0, 8].forEach(function (x) { pen.moveTo(x, 8); pen.lineTo(x + 8, 0); });
    pen.stroke();
    hatching = ctx.createPattern(tile, "repeat");
    return hatching;
  }
  function hatchCanvas() {
    var fillStroke = L.Canvas.prototype._fillStroke;
    L.Canvas.include({
      _fillStroke: function (ctx, layer) {
        fillStroke.call(this, ctx, layer);
        if (!layer.options.hatch) return;
        ctx.globalAlpha = Math.min(1, 1.3 * layer.options.fillOpacity);
        ctx.fillStyle = hatch(ctx);
        ctx.fill("evenodd");
      },
    });
  }
  function facilityTip(f, label, closedWord) {
    var box = el("div", "");
    box.appendChild(el("strong", "", f.name || f.id));
    var closed = f.functioning === "no" ? " · " + closedWord : "";
    box.appendChild(el("div", "", label + " · " + f.id + closed));
    return box;
  }
  // A tip is told when it opens. What changes under a pointer at rest, as by the keyboard, is told anew.
  function retell(map) {
    map.eachLayer(function (layer) { if (layer instanceof L.Tooltip) layer.update(); });
  }
  // Leaflet names its own buttons in English; once they are there, and again in another language.
  function named(map, t) {
    function name(node, words) {
      if (!node) return;
      node.title = words;
      node.setAttribute("aria-label", words);
    }
    var box = map.getContainer();
    name(box.querySelector(".leaflet-control-zoom-in"), t.zoom_in);
    name(box.querySelector(".leaflet-control-zoom-out"), t.zoom_out);
    name(box.querySelector(".leaflet-control-layers-toggle"), t.layers);
    if (map.jangkauPopups) map.off("popupopen", map.jangkauPopups);
    map.jangkauPopups = function (event) {
      name(event.popup.getElement().querySelector(".leaflet-popup-close-button"), t.close_popup);
    };
    map.on("popupopen", map.jangkauPopups);
  }
  var SVG = "http://www.w3.org/2000/svg";
  function drawnSymbol(kind, closed) {
    var svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("class", "jk-symbol");
    svg.setAttribute("viewBox", "-9 -9 18 18");
    svg.setAttribute("aria-hidden", "true");
    var d = [];
    trace({
      moveTo: function (x, y) { d.push("M" + x + " " + y); }, lineTo: function (x, y) { d.push("L" + x + " " + y); },
      closePath: function () { d.push("Z"); },
      arc: function (x, y, r) { d.push("M" + -r + " 0A" + r + " " + r + " 0 1 0 " + r + " 0A" + r + " " + r + " 0 1 0 " + -r + " 0Z"); },
      rect: function (x, y, w, h) { d.push("M" + x + " " + y + "h" + w + "v" + h + "h" + -w + "Z"); },
    }, kind.shape, 0, 0, kind.radius);
    function path(shape, attributes) {
      var node = document.createElementNS(SVG, "path");
      node.setAttribute("d", shape);
      Object.keys(attributes).forEach(function (name) { node.setAttribute(name, attributes[name]); });
      svg.appendChild(node);
    }
    path(d.join(""), { fill: closed ? "#fff" : kind.color, stroke: closed ? kind.color : "#333", "stroke-width": closed ? 2 : 1 });
    var arm = kind.radius * 0.6;
    if (CROSSED.indexOf(kind.shape) >= 0) {
      path("M" + -arm + " 0H" + arm + "M0 " + -arm + "V" + arm, { stroke: closed ? kind.color : ink(kind.color), "stroke-width": 1.5 });
    }
    return svg;
  }
  function symbol(kind, text, closed) {
    var name = el("span", "");
    name.appendChild(drawnSymbol(kind, closed));
    name.appendChild(document.createTextNode(text));
    return name;
  }
  function legendRow(color, text, unknown) {
    var row = el("div", "");
    var swatch = el("span", unknown ? "jk-swatch jk-hatch" : "jk-swatch");
    swatch.style.backgroundColor = color;
    row.appendChild(swatch);
    row.appendChild(document.createTextNode(text));
    return row;
  }
  // Kilometres alone: nobody here measures in miles.
  function scale(map, position) {
    L.control.scale({ imperial: false, position: position || "bottomleft" }).addTo(map);
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
  // What lies around the area in pale, and the relief; each as a layer that can be switched off, by its name.
  function surroundings(map, data) {
    var t = data.texts, layers = {};
    if (data.neighbours) {
      var renderer = quietPane(map, "jk-neighbours", 320);
      var group = L.layerGroup([L.geoJSON(data.neighbours, {
        pane: "jk-neighbours", renderer: renderer, interactive: false,
        style: { color: "#8a8f94", weight: 1, dashArray: "4 4", fillColor: "#c9cdd1", fillOpacity: 0.45 },
      })]);
      data.neighbours.features.forEach(function (feature) {
        if (!feature.properties.name) return;
        group.addLayer(L.marker(feature.properties.at, {
          pane: "jk-neighbours", interactive: false, keyboard: false,
          icon: L.divIcon({ className: "", html: el("div", "jk-neighbour", feature.properties.name), iconSize: [0, 0] }),
        }));
      });
      layers[t.layer_neighbours] = group.addTo(map);
    }
    if (data.relief) {
      var pane = map.createPane("jk-relief");
      pane.style.zIndex = 345;
      pane.style.pointerEvents = "none";
      layers[t.layer_relief] = L.imageOverlay(data.relief.url, data.relief.bounds, {
        pane: "jk-relief", interactive: false,
      }).addTo(map);
    }
    return layers;
  }
  function drawn(map) {
    // To a screen reader a part of the page with a name, as all of a page should be.
    map.getContainer().setAttribute("role", "region");
    map.getContainer().setAttribute("aria-label", document.title);
    makeFacility();
    hatchCanvas();
    // Of with_missing_note (page.py): it stands there until a map is drawn.
    var note = document.getElementById("jk-missing");
    if (note) note.remove();
  }
  return {
    drawn: drawn, el: el, roads: roads, water: water, facility: facility, facilityTip: facilityTip,
    symbol: symbol, scale: scale, legendRow: legendRow, roadRow: roadRow, quietPane: quietPane, hatch: hatch,
    surroundings: surroundings, retell: retell, named: named,
  };
})();

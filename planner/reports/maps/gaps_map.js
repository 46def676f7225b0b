// Draws a gaps page: one village layer recoloured for each kind, facilities, roads, legend.
function jangkauGapsMap(map, data) {
  "use strict";
  var t = data.texts;
  var current = data.kinds[0].kind;
  var season = data.seasons[0].season;
  jangkauBase.drawn(map);
  jangkauBase.scale(map);
  map.attributionControl.setPrefix(false);
  map.attributionControl.addAttribution(data.attribution);
  var number = new Intl.NumberFormat(data.lang, { maximumFractionDigits: 0 });
  var decimal = new Intl.NumberFormat(data.lang, { maximumFractionDigits: 1 });
  // As everywhere else: with a decimal, and never 100 % (or 0 %) for what is only nearly so.
  function percent(share) {
    var part = share > 0 && share < 1, digits = part ? 1 : 0;
    return new Intl.NumberFormat(data.lang, {
      style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits,
    }).format(part ? Math.min(Math.max(share, 0.001), 0.999) : share);
  }

  var el = jangkauBase.el;
  function info(kind) {
    return data.kinds.find(function (k) { return k.kind === kind; });
  }

  // Answers and units come as columns: a large area has a hundred thousand of them.
  function answer(row) {
    var columns = data.answers[current][season];
    var v = {};
    Object.keys(columns).forEach(function (name) { v[name] = columns[name][row]; });
    return v;
  }
  function unitsOf(kind) {
    var u = data.units[kind];
    var closed = new Set(u.closed);
    return u.id.map(function (id, i) {
      return { id: id, name: u.name[i], lat: u.lat[i], lon: u.lon[i], functioning: closed.has(i) ? "no" : "" };
    });
  }
  data.villages.features.forEach(function (feature, row) { feature.properties.row = row; });

  var roads = jangkauBase.roads(map, data.roads);

  function style(feature) {
    var status = data.answers[current][season].status[feature.properties.row];
    return {
      color: "#444", weight: 1, fillColor: data.colors[status], fillOpacity: 0.6, hatch: status === "unknown",
    };
  }
  // To units that are listed; where another may be nearer, no way to one of those says nothing of others.
  function minutes(value, atMost) {
    if (value === null || (atMost && value === "inf")) return t.unknown;
    return value === "inf" ? t.unreachable : (atMost ? t.at_most + " " : "") + decimal.format(value);
  }
  function tooltip(layer) {
    var p = layer.feature.properties;
    var v = answer(p.row);
    var box = el("div", "");
    box.appendChild(el("strong", "", p.name + " · " + p.code));
    var rows = [p.people === null ? t.people_unknown : number.format(p.people) + " " + t.people];
    rows.push(info(current).label + ": " + t[v.status] +
      (v.share === null ? "" : " (" + (v.open ? t.at_least + " " : "") + percent(v.share) + " " + t.reached + ")"));
    if (v.status !== "unknown") {
      rows.push(t.minutes + ": " + minutes(v.median, v.median_at_most) + "; " +
        t.minutes_max + ": " + minutes(v.max, v.max_at_most));
    }
    if (v.reason) rows.push(t.reason + ": " + t["reason_" + v.reason]);
    rows.push(t.present + ": " + t[v.present]);
    if (v.nearest) rows.push(t.nearest + ": " + v.nearest);
    rows.forEach(function (text) { box.appendChild(el("div", "", text)); });
    return box;
  }
  var villages = L.geoJSON(data.villages, {
    style: style,
    onEachFeature: function (feature, layer) {
      layer.bindTooltip(tooltip, { sticky: true, className: "jk-tip" });
      layer.on("mouseover", function () { layer.setStyle({ weight: 3 }); });
      layer.on("mouseout", function () { layer.setStyle({ weight: 1 }); });
    },
  }).addTo(map);

  var overlays = jangkauBase.surroundings(map, data);
  if (data.roads.length) overlays[t.layer_roads] = roads.addTo(map);
  data.kinds.forEach(function (k) {
    var group = L.layerGroup();
    unitsOf(k.kind).forEach(function (f) {
      var marker = jangkauBase.facility(f, k);
      marker.bindTooltip(function () {
        return jangkauBase.facilityTip(f, k.label, t.not_functioning_facility);
      }, { className: "jk-tip" });
      group.addLayer(marker);
    });
    if (k.facilities) {
      var name = jangkauBase.symbol(k, k.label + " (" + number.format(k.facilities) + ")");
      overlays[name.outerHTML] = group;
      if (k.shown) group.addTo(map);
    }
  });

  var bases = {};
  data.kinds.forEach(function (k) {
    var base = L.layerGroup();
    base.jangkauKind = k.kind;
    bases[k.label] = base;
    if (k.kind === current) base.addTo(map);
  });
  L.control.layers(bases, overlays, { collapsed: map.getSize().x < 700 }).addTo(map);
  jangkauBase.named(map, t);

  // One season is named; between two one can choose.
  function seasonChoice() {
    if (data.seasons.length === 1) return el("p", "", data.seasons[0].label);
    var group = el("fieldset", "jk-seasons");
    group.appendChild(el("legend", "jk-hidden", t.season));
    data.seasons.forEach(function (s) {
      var label = el("label", "");
      var input = el("input", "");
      input.type = "radio";
      input.name = "jk-season";
      input.value = s.season;
      input.checked = s.season === season;
      input.addEventListener("change", function () {
        season = s.season;
        repaint();
      });
      label.appendChild(input);
      label.appendChild(document.createTextNode(" " + s.label));
      group.appendChild(label);
    });
    L.DomEvent.disableClickPropagation(group);
    return group;
  }

  var head = L.control({ position: "topleft" });
  head.onAdd = function () {
    var box = el("div", "jk-box");
    box.appendChild(el("h1", "", t.title + ": " + data.area));
    box.appendChild(el("p", "", data.subtitle));
    box.id = "jk-head";
    box.appendChild(seasonChoice());
    box.appendChild(el("p", "jk-answer"));
    box.appendChild(el("p", "jk-note jk-incomplete"));
    if (data.as_dry) box.appendChild(el("p", "jk-note", t.as_dry_note));
    if (data.no_rule) box.appendChild(el("p", "jk-note", data.no_rule));
    if (data.network === "none") box.appendChild(el("p", "jk-note", t.network_none));
    if (!data.offline) box.appendChild(el("p", "jk-note", t.offline_note));
    return box;
  };
  head.addTo(map);

  var legend = L.control({ position: "bottomright" });
  legend.onAdd = function () {
    var box = el("div", "jk-box");
    box.id = "jk-legend";
    return box;
  };
  legend.addTo(map);

  function describe() {
    var k = info(current);
    var r = k.reach[season];
    var text = k.label + " — " + t.limit + " " + decimal.format(k.limit_minutes) + " " + t.min + ", " + k.mode + ": ";
    text += k.listed
      ? (r.at_least ? t.at_least + " " : "") + (r.people_reached === null ? "" : number.format(r.people_reached) + " " + t.people + " ") +
        (r.share_reached === null ? t.unknown : "(" + percent(r.share_reached) + ") " + t.reached)
      : t.no_list;
    document.querySelector("#jk-head .jk-answer").textContent = text;
    document.querySelector("#jk-head .jk-incomplete").textContent = k.incomplete.join(" ");
    var box = document.getElementById("jk-legend");
    box.replaceChildren(el("strong", "", t.legend + " — " + k.label));
    ["served", "partly", "gap", "unknown"].forEach(function (status) {
      box.appendChild(jangkauBase.legendRow(
        data.colors[status], t[status] + ": " + number.format(r.counts[status]) + " " + t.villages,
        status === "unknown"));
    });
    data.roads.forEach(function (group) { box.appendChild(jangkauBase.roadRow(group)); });
  }
  function repaint() {
    villages.setStyle(style);
    jangkauBase.retell(map);
    describe();
  }
  map.on("baselayerchange", function (event) {
    current = event.layer.jangkauKind;
    repaint();
  });
  describe();
  // At once: while the map glides to its place, what lies under a still pointer changes and no tooltip comes.
  map.fitBounds(villages.getBounds(), { padding: [10, 10], animate: false });
}

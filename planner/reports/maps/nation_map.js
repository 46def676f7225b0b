// Draws a country: kabupaten coloured by the share within the limit; zoomed in, villages from vector tiles.
// In one file the page holds the tiles and what is said of villages (data.villages), and has a list of its own;
// in the app (data.tiles) tiles come from the server and say it themselves, and the page around the map lists.
function jangkauNationMap(map, data) {
  "use strict";
  var el = jangkauBase.el;
  var served = Boolean(data.tiles), heard = { shown: function () {}, regency: function () {} };
  var lang = data.lang || "id", t = data.texts[lang];
  var kinds = data.kinds, chosen = kinds[0], season = data.seasons[0];
  // The answers of a kind in a season; those of the scenario's own have the kind's name alone.
  function answerOf(k) { return season === data.seasons[0] ? k : k + "_" + season; }
  var kind = chosen;
  var v = data.villages;
  // Tiles of a level are shown one level further in.
  var VILLAGES_FROM = data.zooms[0] + 1;
  // Said to the map itself: else it would take the levels of the villages' tiles as its own.
  map.setMinZoom(3).setMaxZoom(15);
  jangkauBase.drawn(map);
  jangkauBase.scale(map);
  map.attributionControl.setPrefix(false);

  function number(value, digits) {
    return new Intl.NumberFormat(lang, { maximumFractionDigits: digits || 0 }).format(value);
  }
  // As in the map of one kabupaten: with a decimal, and never 100 % (or 0 %) for what is only nearly so.
  function percent(share) {
    var part = share > 0 && share < 1, digits = part ? 1 : 0;
    return new Intl.NumberFormat(lang, {
      style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits,
    }).format(part ? Math.min(Math.max(share, 0.001), 0.999) : share);
  }
  // Between two levels the nearer one is drawn.
  function near() { return Math.round(map.getZoom()) >= VILLAGES_FROM; }

  // What is said of a kabupaten, and of a village.
  function lines(title, rows) {
    var box = el("div", "");
    box.appendChild(el("strong", "", title));
    rows.forEach(function (text) { box.appendChild(el("div", "", text)); });
    return box;
  }
  function people(count) { return count === null ? t.people_unknown : number(count) + " " + t.people; }
  function shareText(found) {
    if (found.share === null) return t.unknown;
    return (found.open ? t.at_least + " " : "") + percent(found.share) + " " + t.nation_share;
  }
  function aboutRegency(r) {
    var found = r.kinds[kind];
    var rows = [people(r.people), t["kind_" + chosen] + ": " + shareText(found),
      t.gap + ": " + number(found.gap) + " / " + number(r.villages) + " " + t.villages];
    if (found.unknown) rows.push(t.unknown + ": " + number(found.unknown) + " " + t.villages);
    if (r.people_unknown) rows.push(t.people_unknown + ": " + number(r.people_unknown) + " " + t.villages);
    return lines(r.name + " · " + r.code, rows);
  }
  // What is known of a village, from the properties of its outline in the tiles.
  function inPage(props) {
    var i = props.i;
    return {
      name: v.name[i], code: v.code[i], regency: data.regencies[v.regency[i]].name, people: v.people[i],
      of: function (answer) {
        var one = v.kinds[answer];
        return {
          status: data.statuses[one.status.charCodeAt(i) - 48], share: one.share[i], minutes: one.minutes[i],
          reason: v.reasons[one.reason[i]], open: one.open[i] === "1",
        };
      },
    };
  }
  // Left out of a tile is what is unknown.
  function orNull(value) { return value === undefined ? null : value; }
  function inTile(props) {
    return {
      name: orNull(props.name) || props.code, code: props.code, regency: orNull(props.regency) || "", people: orNull(props.people),
      of: function (answer) {
        return {
          status: props[answer + "_status"], share: orNull(props[answer + "_share"]),
          minutes: props[answer + "_no_way"] ? "inf" : orNull(props[answer + "_minutes"]), reason: props[answer + "_reason"],
          open: Boolean(props[answer + "_open"]),
        };
      },
    };
  }
  var known = served ? inTile : inPage;
  function aboutVillage(props) {
    var one = known(props), rows = [one.regency, people(one.people)];
    kinds.forEach(function (k) {
      var found = one.of(answerOf(k));
      var text = t["kind_" + k] + ": " + t[found.status];
      if (found.share !== null) text += " (" + (found.open ? t.at_least + " " : "") + percent(found.share) + ")";
      // No way to units that are listed says nothing of others.
      if (found.status !== "unknown" && found.minutes !== null && !(found.open && found.minutes === "inf")) {
        text += ", " + (found.minutes === "inf" ? t.unreachable
          : (found.open ? t.at_most + " " : "") + number(found.minutes, 1) + " " + t.min);
      }
      if (found.reason && k === chosen) text += " – " + t["reason_" + found.reason];
      rows.push(text);
    });
    return lines(one.name + " · " + one.code, rows);
  }

  // Whose colours are by the share that is reached at least: others may be, by vehicle.
  function onFoot() { return data.on_foot.indexOf(kind) >= 0; }

  // The overview.
  function regencyStyle(feature) {
    var one = data.regencies[feature.properties.row].kinds[kind], unknown = one.class < 0, far = !near();
    var more = one.open && onFoot();
    return {
      // The outlines are coarse: close by, the villages' own lines are drawn alone.
      color: "#333", weight: far ? 0.6 : 1.6, opacity: map.getZoom() > data.zooms[1] + 1 ? 0 : 0.8, hatch: (unknown || more) && far,
      fillColor: unknown ? data.colors.unknown : data.class_colors[one.class], fillOpacity: far ? 0.75 : 0,
    };
  }
  var features = [];
  data.regencies.forEach(function (r, row) {
    if (r.shape) features.push({ type: "Feature", properties: { row: row }, geometry: r.shape });
  });
  var layers = {};
  var regencies = L.geoJSON({ type: "FeatureCollection", features: features }, {
    style: regencyStyle,
    onEachFeature: function (feature, layer) {
      var row = feature.properties.row;
      layers[row] = layer;
      layer.on("mousemove", function (event) { if (!near()) show(event.latlng, aboutRegency(data.regencies[row])); });
      layer.on("mouseout", function () { if (!near()) hide(); });
      layer.on("click", function () { if (near()) return;
        go(row);
        heard.regency(data.regencies[row].code);
      });
    },
  }).addTo(map);

  // The villages.
  function held() {
    var text = document.getElementById("jk-tiles").textContent;
    var bytes = Uint8Array.from(atob(text), function (c) { return c.charCodeAt(0); });
    return {
      getKey: function () { return "villages"; },
      getBytes: function (offset, length) {
        return Promise.resolve({ data: bytes.buffer.slice(offset, offset + length) });
      },
    };
  }
  var archive = new pmtiles.PMTiles(served ? new URL(data.tiles, document.baseURI).href : held());
  var symbolizer = {
    draw: function (ctx, rings, zoom, feature) {
      var status = known(feature.props).of(kind).status;
      ctx.beginPath();
      rings.forEach(function (ring) {
        ring.forEach(function (p, n) { if (n) ctx.lineTo(p.x, p.y); else ctx.moveTo(p.x, p.y); });
        ctx.closePath();
      });
      ctx.globalAlpha = 0.75;
      ctx.fillStyle = data.colors[status];
      ctx.fill("evenodd");
      if (status === "unknown") {
        ctx.fillStyle = jangkauBase.hatch(ctx);
        ctx.fill("evenodd");
      }
      ctx.globalAlpha = zoom < 10 ? 0.3 : 0.8;
      ctx.strokeStyle = "#444";
      ctx.lineWidth = zoom < 10 ? 0.4 : 0.8;
      ctx.stroke();
      ctx.globalAlpha = 1;
    },
  };
  // Leaflet rounds the zoom where it asks for tiles, and not where it drops them.
  var villages = protomapsL.leafletLayer({
    url: archive, maxDataZoom: data.zooms[1], minZoom: VILLAGES_FROM - 0.5, maxZoom: 15, noWrap: true, attribution: "",
    paintRules: [{ dataLayer: data.layer, symbolizer: symbolizer }], labelRules: [],
  }).addTo(map);
  function villageAt(latlng) {
    var found = villages.queryTileFeaturesDebug(latlng.lng, latlng.lat, 1).get("");
    return found.length ? found[0].feature.props : null;
  }

  var tip = L.tooltip({ className: "jk-tip", sticky: true });
  function show(latlng, content) {
    tip.setLatLng(latlng).setContent(content);
    if (!map.hasLayer(tip)) tip.addTo(map);
  }
  function hide() { map.removeLayer(tip); }
  map.on("mousemove", function (event) {
    if (!near()) return;
    var props = villageAt(event.latlng);
    if (props === null) hide(); else show(event.latlng, aboutVillage(props));
  });
  map.on("mouseout", hide);
  // A finger cannot hover.
  map.on("click", function (event) {
    var props = near() ? villageAt(event.latlng) : null;
    if (props === null) return;
    L.popup({ className: "jk-tip" }).setLatLng(event.latlng).setContent(aboutVillage(props)).openOn(map);
    // The first two parts of a village's code are its kabupaten's.
    heard.regency(known(props).code.slice(0, 5));
  });
  function go(row) {
    if (!layers[row]) return;
    hide();
    var bounds = layers[row].getBounds();
    map.setView(bounds.getCenter(), Math.max(VILLAGES_FROM, map.getBoundsZoom(bounds)), { animate: false });
  }
  // To a kabupaten, or to all of a province.
  function goTo(code) {
    var bounds = L.latLngBounds([]), rows = [];
    data.regencies.forEach(function (r, row) {
      if (layers[row] && (r.code === code || r.code.startsWith(code + "."))) rows.push(row);
    });
    if (rows.length === 1 && data.regencies[rows[0]].code === code) go(rows[0]);
    if (!rows.length || data.regencies[rows[0]].code === code) return;
    hide();
    rows.forEach(function (row) { bounds.extend(layers[row].getBounds()); });
    map.fitBounds(bounds, { padding: [10, 10], animate: false });
  }

  // The head: what is shown, in which language, and the list of kabupaten.
  var kindChoice = el("select", ""), seasonChoice = el("select", ""), other = el("button", ""), search = el("input", ""), list = el("ol", "jk-regencies");
  var all = el("button", ""), head = L.control({ position: "topleft" });
  other.type = all.type = "button";
  search.type = "search";
  kindChoice.id = "jk-kind";
  seasonChoice.id = "jk-season";
  // Where the seasons do not differ there is nothing to choose.
  seasonChoice.hidden = data.seasons.length < 2;
  other.id = "jk-language";
  all.id = "jk-all";
  search.id = "jk-search";
  head.onAdd = function () {
    var box = el("div", "jk-box");
    box.id = "jk-head";
    [el("h1", ""), el("p", "jk-answer"), kindChoice, seasonChoice, all, other, search, list].forEach(function (part) {
      box.appendChild(part);
    });
    // The page around the map has its own.
    [box.firstChild, other, search, list].forEach(function (part) { part.hidden = served; });
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
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

  function matching() {
    var wanted = search.value.trim().toLowerCase();
    var rows = data.regencies.map(function (r, row) { return row; }).filter(function (row) {
      var r = data.regencies[row];
      return !wanted || r.name.toLowerCase().includes(wanted) || r.code.startsWith(wanted);
    });
    // The smallest share first, what is unknown last.
    var key = function (row) {
      var share = data.regencies[row].kinds[kind].share;
      return share === null ? 2 : share;
    };
    return rows.sort(function (a, b) { return key(a) - key(b); });
  }
  function fillList() {
    var rows = matching();
    list.replaceChildren.apply(list, rows.map(function (row) {
      var r = data.regencies[row], item = el("li", ""), button = el("button", "", r.name);
      button.type = "button";
      button.appendChild(el("span", "", shareText(r.kinds[kind]).replace(" " + t.nation_share, "")));
      button.addEventListener("click", function () { go(row); });
      item.appendChild(button);
      return item;
    }));
    if (!rows.length) list.appendChild(el("li", "", t.nation_none));
  }
  function fillLegend() {
    var box = document.getElementById("jk-legend");
    var of = near() ? t.legend : t.nation_share + (onFoot() ? " (" + t.at_least + ")" : "");
    var when = data.seasons.length > 1 ? ", " + t["season_" + season] : "";
    box.replaceChildren(el("strong", "", of + " — " + t["kind_" + chosen] + when));
    if (near()) {
      ["served", "partly", "gap", "unknown"].forEach(function (s) {
        box.appendChild(jangkauBase.legendRow(data.colors[s], t[s], s === "unknown"));
      });
      return;
    }
    data.classes.forEach(function (from, i) {
      var to = i + 1 < data.classes.length ? data.classes[i + 1] : null;
      var round = function (share) {
        return new Intl.NumberFormat(lang, { style: "percent", maximumFractionDigits: 0 }).format(share);
      };
      var words = to === null ? "≥ " + round(from) : (i ? round(from) + " – " : "") + "< " + round(to);
      box.appendChild(jangkauBase.legendRow(data.class_colors[i], words, false));
    });
    if (onFoot()) box.appendChild(jangkauBase.legendRow("transparent", t.nation_hatched, true));
    box.appendChild(jangkauBase.legendRow(data.colors.unknown, t.unknown, true));
    box.appendChild(el("div", "", t.nation_zoom));
  }
  function describe() {
    document.documentElement.lang = lang;
    document.title = t.nation_title;
    jangkauBase.named(map, t);
    document.querySelector("#jk-head h1").textContent = t.nation_title;
    var said = [t.limit + " " + number(data.limits[kind], 1) + " " + t.min];
    if (data.network === "none") said.push(t.network_none);
    if (onFoot()) said.push(t.nation_on_foot);
    if (data.missing.length) said.push(t.nation_missing + ": " + data.missing.join(", "));
    document.querySelector("#jk-head .jk-answer").replaceChildren.apply(
      document.querySelector("#jk-head .jk-answer"), said.map(function (line) { return el("div", "", line); }));
    kindChoice.setAttribute("aria-label", t.nation_kind);
    kindChoice.replaceChildren.apply(kindChoice, kinds.map(function (k) {
      var option = el("option", "", t["kind_" + k]);
      option.value = k;
      option.selected = k === chosen;
      return option;
    }));
    seasonChoice.setAttribute("aria-label", t.season);
    seasonChoice.replaceChildren.apply(seasonChoice, data.seasons.map(function (s) {
      var option = el("option", "", t["season_" + s]);
      option.value = s;
      option.selected = s === season;
      return option;
    }));
    all.textContent = t.nation_all;
    other.textContent = t.nation_other;
    other.lang = lang === "id" ? "en" : "id";
    search.placeholder = t.nation_search;
    search.setAttribute("aria-label", t.nation_search);
    list.setAttribute("aria-label", t.nation_list);
    fillList();
    fillLegend();
  }
  function recolour() {
    regencies.setStyle(regencyStyle);
    if (near()) villages.rerenderTiles();
  }
  function choose() {
    chosen = kindChoice.value;
    season = seasonChoice.value;
    kind = answerOf(chosen);
    hide();
    map.closePopup();
    recolour();
    describe();
    heard.shown(chosen, season);
  }
  kindChoice.addEventListener("change", choose);
  seasonChoice.addEventListener("change", choose);
  other.addEventListener("click", function () {
    lang = lang === "id" ? "en" : "id";
    t = data.texts[lang];
    hide();
    map.closePopup();
    describe();
  });
  search.addEventListener("input", fillList);
  search.addEventListener("keydown", function (event) {
    var rows = matching();
    if (event.key === "Enter" && rows.length) go(rows[0]);
  });
  all.addEventListener("click", function () {
    whole();
    heard.regency("");
  });
  map.on("zoomend", function () { hide(); map.closePopup(); regencies.setStyle(regencyStyle); fillLegend(); });
  function whole() {
    if (!features.length) return;
    var bounds = regencies.getBounds();
    map.fitBounds(bounds, { padding: [10, 10], animate: false });
    // From under the head, as far as there is room.
    var box = document.getElementById("jk-head").getBoundingClientRect();
    var west = map.latLngToContainerPoint(bounds.getSouthWest()).x, size = map.getSize().x;
    var room = size - map.latLngToContainerPoint(bounds.getNorthEast()).x - 10;
    var shift = Math.min(room, box.right + 10 - west);
    if (shift > 0 && box.width < size / 2) map.panBy([-shift, 0], { animate: false });
  }
  describe();
  whole();
  return {
    go: goTo, whole: whole,
    choose: function (k, s) {
      if (kinds.indexOf(k) < 0 || data.seasons.indexOf(s) < 0 || (k === chosen && s === season)) return;
      kindChoice.value = k;
      seasonChoice.value = s;
      choose();
    },
    follow: function (how) { heard = how; },
  };
}

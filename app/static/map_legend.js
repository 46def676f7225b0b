// The map's legend: what the colours mean and how many villages have each, and the symbols of facilities, each
// a switch. Small, folded on a phone and in a low window, and never over the area (room() in map.js).
function jangkauLegend(map, data, kinds) {
  "use strict";
  var t = data.texts;
  var el = jangkauBase.el;
  var number = new Intl.NumberFormat(data.lang, { maximumFractionDigits: 0 });
  var box = el("details", "jk-box jk-legend");
  box.id = "jk-legend";
  // By hand it is opened and folded until there is another kind of room.
  var folded = null;
  function fold(small) {
    if (small === folded) return;
    folded = small;
    box.open = !small;
  }
  var control = L.control({ position: "bottomleft" });
  control.onAdd = function () {
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    return box;
  };
  control.addTo(map);

  function kindRow(kind) {
    var row = el("button", "jk-kind jk-counted");
    row.type = "button";
    row.dataset.kind = kind.kind;
    row.appendChild(jangkauBase.symbol(kind, kind.label));
    row.appendChild(el("span", "jk-count", number.format(kind.count())));
    function show() {
      var on = map.hasLayer(kind.group);
      row.setAttribute("aria-pressed", String(on));
      row.title = on ? "" : t.hidden;
    }
    row.addEventListener("click", function () {
      if (map.hasLayer(kind.group)) map.removeLayer(kind.group);
      else kind.group.addTo(map);
      show();
    });
    show();
    return row;
  }
  function describe(paint) {
    var focused = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.kind : null;
    var rows = [el("summary", "")];
    rows[0].appendChild(el("span", "", paint.title));
    rows[0].title = paint.title;
    paint.legend.forEach(function (row, i) {
      var node = jangkauBase.legendRow(row.color, row.label, row.unknown);
      node.classList.add("jk-counted");
      node.appendChild(el("span", "jk-count", number.format(paint.counts[i])));
      rows.push(node);
    });
    var symbols = el("div", "jk-symbols");
    kinds.forEach(function (kind) { if (kind.count()) symbols.appendChild(kindRow(kind)); });
    if (kinds.some(function (kind) { return kind.closed(); })) {
      var hollow = Object.assign({}, kinds.find(function (kind) { return kind.closed(); }));
      var row = el("div", "");
      row.appendChild(jangkauBase.symbol(hollow, t.not_functioning, true));
      symbols.appendChild(row);
    }
    rows.push(symbols);
    data.roads.forEach(function (group) { rows.push(jangkauBase.roadRow(group)); });
    if (!data.offline) rows.push(el("p", "jk-note", t.linked_note));
    box.replaceChildren.apply(box, rows);
    if (focused) {
      var again = box.querySelector('[data-kind="' + focused + '"]');
      if (again) again.focus({ preventScroll: true });
    }
  }
  return { describe: describe, fold: fold, box: box };
}

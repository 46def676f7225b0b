// The iframe with the map, and the post office between it and Python.
export function render({ model, el }) {
  let frame = null;
  let ready = false;
  let waiting = [];
  function deliver(message) {
    frame.contentWindow.postMessage({ jangkau: message }, window.location.origin);
  }
  function isReady() {
    ready = true;
    waiting.forEach(deliver);
    waiting = [];
    model.send_msg({ type: "ready" });
  }
  function fromPage(event) {
    // Only our own map may speak here.
    if (!frame || event.source !== frame.contentWindow || event.origin !== window.location.origin) return;
    const message = event.data && event.data.jangkau;
    if (!message || typeof message.type !== "string" || message.type === "moved") return;
    if (message.type === "ready") isReady();
    else model.send_msg(message);
  }
  // The page already holds a frame with the map in it. Moving it keeps what it shows where the browser can
  // (moveBefore); elsewhere it is loaded again.
  function adopt() {
    if (frame) return;
    if (!box.isConnected) {
      requestAnimationFrame(adopt);
      return;
    }
    const early = window.jangkauEarly;
    window.jangkauEarly = null;
    if (early && box.moveBefore) {
      window.removeEventListener("message", early.listen);
      frame = early.frame;
      box.moveBefore(frame, null);
      if (early.ready) isReady();
      early.heard.forEach((message) => model.send_msg(message));
    } else {
      frame = document.createElement("iframe");
      frame.src = model.src;
      box.appendChild(frame);
    }
    frame.title = model.label;
    frame.style.cssText = "border:0;width:100%;height:100%;display:block";
    const place = document.getElementById("jk-early");
    if (place) place.remove();
  }
  const box = document.createElement("div");
  box.style.cssText = "width:100%;height:100%";
  model.on("msg:custom", (event) => {
    const message = event.data === undefined ? event : event.data;
    if (ready) deliver(message);
    else waiting.push(message);
  });
  window.addEventListener("message", fromPage);
  model.on("remove", () => window.removeEventListener("message", fromPage));
  el.appendChild(box);
  adopt();
}

// The iframe with the map, and the post office between it and Python.
export function render({ model, el }) {
  const stream = window.jangkauStream;
  let frame = null;
  let leave = null;
  function deliver(slot, value) {
    frame.contentWindow.postMessage({ jangkau: value }, window.location.origin);
  }
  // A map that was just opened, or loaded again, is sent all that it holds: the last message of each type.
  function isReady() {
    if (leave) leave();
    leave = stream.follow((slot) => slot.startsWith("map."), deliver);
  }
  function fromPage(event) {
    // Only our own map may speak here.
    if (!frame || event.source !== frame.contentWindow || event.origin !== window.location.origin) return;
    const message = event.data && event.data.jangkau;
    if (!message || typeof message.type !== "string") return;
    if (message.type === "ready") isReady();
    else send(message);
  }
  function send(message) {
    if (message.type === "moved") {
      window.jangkauDesk.look(String(message.at));
      return;
    }
    window.jangkauLife.send({ map: message.type }, () => model.send_msg(message));
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
      early.heard.forEach(send);
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
  window.addEventListener("message", fromPage);
  model.on("remove", () => {
    window.removeEventListener("message", fromPage);
    if (leave) leave();
  });
  el.appendChild(box);
  adopt();
}

// The iframe with the map, and the post office between it and Python.
export function render({ model, el }) {
  document.documentElement.lang = model.lang;
  const frame = document.createElement("iframe");
  frame.title = model.label;
  frame.style.cssText = "border:0;width:100%;height:100%;display:block;min-height:inherit";
  let ready = false;
  let waiting = [];
  function deliver(message) {
    frame.contentWindow.postMessage({ jangkau: message }, window.location.origin);
  }
  function dark() {
    return document.documentElement.getAttribute("data-mui-color-scheme") === "dark"
      || document.documentElement.classList.contains("dark")
      || getComputedStyle(document.documentElement).colorScheme === "dark";
  }
  function fromPage(event) {
    // Only our own map may speak here.
    if (event.source !== frame.contentWindow || event.origin !== window.location.origin) return;
    const message = event.data && event.data.jangkau;
    if (!message || typeof message.type !== "string") return;
    if (message.type === "ready") {
      ready = true;
      waiting.forEach(deliver);
      waiting = [];
    }
    model.send_msg(message);
  }
  model.on("msg:custom", (event) => {
    const message = event.data === undefined ? event : event.data;
    if (ready) deliver(message);
    else waiting.push(message);
  });
  window.addEventListener("message", fromPage);
  model.on("remove", () => window.removeEventListener("message", fromPage));
  model.on("src", () => { ready = false; frame.src = model.src; });
  frame.src = model.src;
  el.appendChild(frame);
  return undefined;
}

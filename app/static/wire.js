// Carries the stream of changes, and the pings by which the page knows that its server is there.
export function render({ model, el }) {
  const stream = window.jangkauStream;
  const life = window.jangkauLife;
  model.on("msg:custom", (event) => {
    const message = event.data === undefined ? event : event.data;
    if ("pong" in message) {
      stream.checked(message.top);
      life.pong(message);
    } else {
      stream.receive(message);
    }
  });
  life.start((message) => model.send_msg(message));
  window.jangkauDesk.start((message) => { if (life.up()) model.send_msg({ desk: message }); });
  stream.connect((seen) => { if (life.up()) model.send_msg({ seen: seen }); });
}

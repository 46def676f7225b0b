// The page's end of the stream of changes (app/stream.py): shows them in the order of their numbers, and asks
// again for what is missing. Fragments and the map subscribe to slots; the wire (wire.js) carries messages.
window.jangkauStream = (function () {
  "use strict";
  const slots = new Map();
  const followers = [];
  let seen = 0;
  let asked = false;
  let ask = null;

  function show(n, slot, value) {
    slots.set(slot, { n: n, value: value });
    followers.slice().forEach((follower) => { if (follower.wants(slot)) follower.tell(slot, value, n); });
  }
  // What is missing comes as one message, so a second question while one is on its way is of no use. Should
  // either be lost, the next ping finds it out (checked).
  function missing() {
    if (asked || !ask) return;
    asked = true;
    ask(seen);
  }
  function receive(message) {
    if ("all" in message) {
      asked = false;
      message.all.forEach(([n, slot, value]) => { if (n > seen) show(n, slot, value); });
      seen = Math.max(seen, message.top);
    } else if ("n" in message) {
      if (message.n <= seen) return;
      if (message.n > seen + 1) {
        missing();
        return;
      }
      seen = message.n;
      show(message.n, message.slot, message.value);
    }
  }
  // From a pong: the number of the last change on the server.
  function checked(top) {
    asked = false;
    if (top > seen) missing();
  }
  // Calls back with what a slot holds now, if anything, and from then on with every change.
  function follow(wants, tell) {
    const follower = { wants: typeof wants === "string" ? (slot) => slot === wants : wants, tell: tell };
    followers.push(follower);
    Array.from(slots).filter(([slot]) => follower.wants(slot)).sort((a, b) => a[1].n - b[1].n)
      .forEach(([slot, held]) => tell(slot, held.value, held.n));
    return () => { followers.splice(followers.indexOf(follower), 1); };
  }
  return {
    receive: receive, checked: checked, follow: follow,
    number: (slot) => (slots.has(slot) ? slots.get(slot).n : 0),
    connect: (how) => {
      ask = how;
      missing();
    },
  };
})();

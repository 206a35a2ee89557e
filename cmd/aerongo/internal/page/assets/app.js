"use strict";
// The page: takes states from /events and shows them. Texts come from other processes and are only ever set as text.

const byId = (id) => document.getElementById(id);
const trends = { sent_rate: [], received_rate: [] };
const trendLength = 60;
let state = null;
let paused = false;
let sort = { key: "lag", down: true };

const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
function bytes(n) {
  if (n === undefined || n === null) return "";
  let unit = 0, size = Math.abs(n);
  while (size >= 1024 && unit < units.length - 1) { size /= 1024; unit++; }
  const text = unit === 0 ? String(Math.round(size)) : size.toFixed(size < 10 ? 2 : size < 100 ? 1 : 0);
  return (n < 0 ? "−" : "") + text + " " + units[unit];
}
const rate = (n) => (n === undefined ? "" : bytes(n) + "/s");
const count = (n) => (n === undefined ? "" : n.toLocaleString("en"));
const time = (t) => (t ? t.replace("T", " ").replace(/\.\d+Z$|Z$/, "Z") : "");
const milliseconds = (n) => (n === undefined ? "none" : n < 10000 ? n + " ms" : Math.round(n / 1000) + " s");

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// rows makes a table's body have a row for each item, and keeps those that it has: what a reader has selected stays selected.
function rows(body, items, key, make, fill) {
  const old = new Map([...body.children].map((row) => [row.dataset.key, row]));
  items.forEach((item, i) => {
    const k = key(item);
    let row = old.get(k);
    if (row) { old.delete(k); } else { row = make(item); row.dataset.key = k; }
    fill(row, item);
    if (body.children[i] !== row) body.insertBefore(row, body.children[i] || null);
  });
  while (body.children.length > items.length) body.lastElementChild.remove(); // those of old, and of keys that there were twice
}

function cells(kinds) {
  const row = document.createElement("tr");
  for (const kind of kinds) {
    const cell = document.createElement(kind.startsWith("th") ? "th" : "td");
    if (kind.startsWith("th")) cell.scope = "row"; else cell.className = kind;
    if (kind === "th3") cell.colSpan = 3;
    row.append(cell);
  }
  return row;
}

function fillCells(row, texts) {
  texts.forEach((text, i) => { if (text !== null) setText(row.children[i], text); });
}

function showStatus(text, kind) {
  setText(byId("status"), text);
  byId("status").className = kind;
}

function showFacts(s) {
  const d = s.driver;
  const facts = d ? [
    ["Sent", rate(d.sent_rate) || bytes(d.bytes_sent), "sent_rate"],
    ["Received", rate(d.received_rate) || bytes(d.bytes_received), "received_rate"],
    ["Errors", count(d.errors), "", d.errors > 0],
    ["Lost bytes", bytes(d.bytes_lost), "", d.bytes_lost > 0],
    ["NAKs sent, received", count(d.naks_sent) + ", " + count(d.naks_received)],
    ["Retransmits", count(d.retransmits)],
    ["Counters", count(d.counters) + " of " + count(d.counter_capacity), "", d.counters > 0.9 * d.counter_capacity],
    ["Heartbeat age", milliseconds(d.heartbeat_age_ms), "", !s.alive],
    ["Aeron", d.aeron_version || "unknown"],
    ["Process", String(d.pid)],
    ["Started", time(d.started)],
  ] : [];
  rows(byId("facts"), facts, (f) => f[0], (f) => {
    const group = document.createElement("div");
    const name = document.createElement("dt"), value = document.createElement("dd");
    name.textContent = f[0];
    group.append(name, value);
    if (f[2]) {
      const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      svg.setAttribute("class", "trend");
      svg.setAttribute("viewBox", "0 0 " + (trendLength - 1) + " 20");
      svg.setAttribute("preserveAspectRatio", "none");
      svg.setAttribute("aria-hidden", "true");
      svg.append(document.createElementNS("http://www.w3.org/2000/svg", "polyline"));
      group.append(svg);
    }
    return group;
  }, (group, f) => {
    setText(group.children[1], f[1]);
    group.children[1].className = f[3] ? "bad" : "";
    if (f[2]) drawTrend(group.querySelector("polyline"), trends[f[2]]);
  });
}

function noteTrends(s) {
  for (const [name, values] of Object.entries(trends)) {
    values.push((s.driver && s.driver[name]) || 0);
    if (values.length > trendLength) values.shift();
  }
}

function drawTrend(line, values) {
  const most = Math.max(1, ...values);
  const from = trendLength - values.length;
  line.setAttribute("points", values.map((v, i) => (from + i) + "," + (19 - 18 * v / most).toFixed(1)).join(" "));
}

function compare(a, b) {
  const x = a[sort.key], y = b[sort.key];
  if (x === y) return 0;
  if (x === undefined) return 1; // what is not known comes last, whichever way
  if (y === undefined) return -1;
  const order = typeof x === "string" ? (x < y ? -1 : 1) : x - y;
  return sort.down ? -order : order;
}

function matches(stream, words) {
  const text = [stream.channel, stream.stream_id, stream.session_id,
    ...stream.subscribers.map((c) => c.client + " " + c.id + " " + c.client_id)].join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
}

const clientName = (c) => c.client || "client " + c.client_id;

function showStreams(s) {
  const words = byId("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const streams = s.streams.filter((stream) => matches(stream, words)).sort(compare);
  const items = streams.flatMap((stream) => {
    const key = stream.stream_id + " " + stream.session_id + " " + stream.channel;
    return [{ key, stream }, ...stream.subscribers.map((c) => ({ key: key + " " + c.id, stream, subscriber: c }))];
  });
  const most = Math.max(1, ...s.streams.map((stream) => stream.lag || 0));
  rows(byId("stream-rows"), items, (i) => i.key, (item) => {
    if (!item.subscriber) {
      const stream = cells(["th", "number", "text", ...Array(7).fill("number")]);
      const note = document.createElement("p");
      note.className = "note";
      stream.children[2].append(document.createElement("span"), note);
      return stream;
    }
    const row = cells(["th3", ...Array(7).fill("number")]);
    row.className = "subscriber";
    row.lastChild.append(document.createElement("span"), document.createElement("span"));
    row.lastChild.lastChild.setAttribute("aria-hidden", "true");
    return row;
  }, (row, { stream, subscriber }) => {
    if (!subscriber) {
      const others = stream.subscribers_not_shown > 0 ? " and " + stream.subscribers_not_shown + " subscribers more" : "";
      setText(row.children[2].firstChild, stream.channel + others);
      setText(row.children[2].lastChild, stream.explanation || "");
      fillCells(row, [String(stream.stream_id), String(stream.session_id), null, bytes(stream.position), rate(stream.rate),
        bytes(stream.window), bytes(stream.to_send), bytes(stream.gap), bytes(stream.lost), bytes(stream.lag)]);
      row.children[5].classList.toggle("bad", stream.window !== undefined && stream.window <= 0);
      row.children[8].classList.toggle("bad", stream.lost > 0);
      return;
    }
    fillCells(row, ["subscriber " + subscriber.id + ", " + clientName(subscriber), bytes(subscriber.position), rate(subscriber.rate)]);
    const [text, bar] = row.lastChild.children;
    setText(text, bytes(subscriber.lag));
    bar.className = subscriber.lag === stream.lag && stream.window <= 0 ? "bar late" : "bar";
    bar.style.width = (100 * Math.max(0, subscriber.lag) / most).toFixed(1) + "%";
  });
  const shown = s.streams.length + s.streams_not_shown;
  setText(byId("streams-count"), streams.length === shown ? String(shown) : streams.length + " of " + shown);
  byId("streams-empty").hidden = streams.length > 0;
  setText(byId("streams-empty"), s.streams.length > 0 ? "No stream matches the filter." : "No streams.");
}

function showList(name, items, kinds, key, texts) {
  rows(byId(name + "-rows"), items, key, () => cells(kinds), (row, item) => fillCells(row, texts(item)));
}

function showLists(s) {
  showList("error", s.errors, ["number", "", "", "text"], (e) => e.first + e.text,
    (e) => [count(e.count), time(e.last), time(e.first), e.text]);
  showList("loss", s.loss, ["th", "number", "text", "text", "number", "number", ""], (l) => l.stream_id + " " + l.session_id + " " + l.source + l.channel,
    (l) => [String(l.stream_id), String(l.session_id), l.channel, l.source, count(l.observations), bytes(l.bytes_lost), time(l.last)]);
  showList("client", s.clients, ["th", "text", "number"], (c) => String(c.id), (c) => [String(c.id), c.name, milliseconds(c.heartbeat_age_ms)]);
  const clients = s.driver ? s.driver.clients : 0;
  for (const [name, total] of [["errors", s.errors.length + s.errors_not_shown], ["loss", s.loss.length + s.loss_not_shown], ["clients", clients]]) {
    setText(byId(name + "-count"), String(total));
    byId(name + "-empty").hidden = total > 0;
  }
}

function show() {
  if (!state) return;
  setText(byId("dir"), state.dir);
  setText(byId("problem"), state.problem || "");
  byId("problem").hidden = !state.problem;
  const words = state.alive ? "alive" : state.driver ? (state.driver.closed ? "closed" : "not alive") : "no driver";
  showStatus(paused ? words + ", paused" : words, state.alive ? "alive" : "dead");
  document.title = (state.alive ? "" : "✕ ") + "Aeron driver " + state.dir;
  showFacts(state);
  showStreams(state);
  showLists(state);
}

function pause() {
  paused = !paused;
  byId("pause").setAttribute("aria-pressed", String(paused));
  setText(byId("pause"), paused ? "Go on" : "Pause");
  show();
}

function connect() {
  const events = new EventSource("events");
  events.onmessage = (message) => {
    if (paused) return;
    state = JSON.parse(message.data);
    noteTrends(state);
    show();
  };
  events.onerror = () => {
    showStatus("no connection to aerongo serve, trying again", "dead");
    if (events.readyState === EventSource.CLOSED) setTimeout(connect, 3000); // it was refused: too many watch, say
  };
}

for (const head of document.querySelectorAll("th[data-key]")) {
  head.firstChild.addEventListener("click", () => {
    const key = head.dataset.key;
    sort = { key, down: sort.key === key ? !sort.down : true };
    markSort();
    show();
  });
}
function markSort() {
  for (const head of document.querySelectorAll("th[data-key]")) {
    head.setAttribute("aria-sort", head.dataset.key !== sort.key ? "none" : sort.down ? "descending" : "ascending");
  }
}

byId("filter").addEventListener("input", show);
byId("pause").addEventListener("click", pause);
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const writing = event.target === byId("filter");
  if (event.key === "/" && !writing) {
    event.preventDefault();
    byId("filter").focus();
  } else if (event.key === "p" && !writing) {
    pause();
  } else if (event.key === "Escape" && writing) {
    byId("filter").value = "";
    show();
  }
});
markSort();
connect();

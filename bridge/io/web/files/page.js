// Keeps the page true: what the server has rendered is changed as its events tell. Texts are set as text, never as HTML.
"use strict";

const API = "api/v1/";
const words = JSON.parse(document.getElementById("words").textContent);
const find = (id) => document.getElementById(id);
const rows = new Map([...find("rows").rows].map((row) => [row.dataset.extension, row]));
const known = new Map();
const opened = new Map();
let session = { writable: false, allowed: false };

// --- making ---------------------------------------------------------------------------------------

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

function moment(text) {
  if (!text) return "–";
  const at = new Date(text);
  const today = at.toDateString() === new Date().toDateString();
  return make("time", { datetime: text, title: at.toLocaleString() }, today ? clock.format(at) : `${day.format(at)}, ${clock.format(at)}`);
}

function presence(state) {
  return make("span", { class: "badge", "data-state": state }, words.presences[state] ?? state);
}

function lamp(state) {
  return make("span", { class: "lamp", "data-state": state }, words.devices[state] ?? state);
}

const texts = (one) => [one.subtype, one.message].filter(Boolean).join(", ");
const milliseconds = (value) => (value === null || value === undefined ? "–" : `${value.toFixed(1)} ms`);

function seconds(count) {
  if (count < 120) return `${count} s`;
  return count < 7200 ? `${Math.round(count / 60)} min` : `${Math.round(count / 3600)} h`;
}

async function get(path) {
  const answer = await fetch(API + path, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
}

// --- extensions -----------------------------------------------------------------------------------

function watchers(shown) {
  const count = `${shown.watchers} ${shown.watchers === 1 ? "phone" : "phones"}`;
  const isOpen = opened.has(shown.extension);
  const button = make("button", { type: "button", "aria-expanded": String(isOpen) }, count);
  if (shown.behind) button.append(make("span", { class: "late" }, ` ${shown.behind} behind`));
  button.append(make("span", { class: "unseen" }, `, details of ${shown.extension}`));
  return button;
}

function show(shown, isNews) {
  const row = rows.get(shown.extension);
  if (!row) return;
  const before = known.get(shown.extension);
  known.set(shown.extension, shown);
  const [, name, state, device, message, since, watching] = row.cells;
  name.textContent = shown.name;
  state.replaceChildren(presence(shown.presence.state));
  device.replaceChildren(lamp(shown.state));
  message.textContent = texts(shown.presence);
  since.replaceChildren(moment(shown.since));
  if (!before || before.watchers !== shown.watchers || before.behind !== shown.behind) {
    const hadFocus = watching.contains(document.activeElement);
    watching.replaceChildren(watchers(shown));
    if (hadFocus) watching.firstChild.focus();
  }
  if (isNews && before && differs(before, shown)) {
    row.classList.remove("fresh");
    void row.offsetWidth;
    row.classList.add("fresh");
    speak(shown);
  }
  if (opened.has(shown.extension)) refresh(shown.extension);
}

const differs = (a, b) => a.state !== b.state || a.presence.state !== b.presence.state || texts(a.presence) !== texts(b.presence);

let toSpeak = new Map();
let speaking = 0;

function speak(shown) {
  toSpeak.set(shown.extension, shown);
  if (!speaking) speaking = setTimeout(spoken, 1500);
}

function spoken() {
  speaking = 0;
  const news = [...toSpeak.values()];
  toSpeak = new Map();
  find("spoken").textContent = news.length > 3
    ? `${news.length} extensions have changed`
    : news.map((one) => [one.name || one.extension, words.presences[one.presence.state], words.devices[one.state], texts(one.presence)].filter(Boolean).join(", ")).join(". ");
}

// `later`: those of which the server has told something newer meanwhile.
function showAll(extensions, later) {
  const same = extensions.length === rows.size && extensions.every((one) => rows.has(one.extension));
  if (!same) {
    location.reload();
    return;
  }
  for (const one of extensions) if (!later.has(one.extension)) show(one, true);
  filter();
}

function filter() {
  const wanted = find("filter").value.trim().toLowerCase();
  let count = 0;
  for (const [extension, row] of rows) {
    const shown = known.get(extension);
    const text = shown
      ? [extension, shown.name, words.presences[shown.presence.state], words.devices[shown.state], texts(shown.presence), shown.behind ? "behind" : ""].join(" ").toLowerCase()
      : extension;
    row.hidden = !text.includes(wanted);
    const details = opened.get(extension);
    if (details) details.hidden = row.hidden;
    count += row.hidden ? 0 : 1;
  }
  find("count").textContent = wanted ? `${count} of ${rows.size}` : `${rows.size} ${rows.size === 1 ? "extension" : "extensions"}`;
}

// --- details of one -------------------------------------------------------------------------------

const waiting = new Set();

async function toggle(extension) {
  const row = rows.get(extension);
  const details = opened.get(extension);
  if (details) {
    details.remove();
    opened.delete(extension);
  } else {
    const cell = make("td", { colspan: "7", role: "cell" }, make("p", { class: "quiet" }, "Loading …"));
    const made = make("tr", { class: "details", role: "row" }, cell);
    row.after(made);
    opened.set(extension, made);
    await refresh(extension, true);
  }
  row.querySelector("button")?.setAttribute("aria-expanded", String(opened.has(extension)));
}

// At most twice a second for each, and not again before the last answer has come.
async function refresh(extension, now = false) {
  if (waiting.has(extension)) return;
  waiting.add(extension);
  try {
    if (!now) await new Promise((resolve) => setTimeout(resolve, 500));
    const details = await get(`extensions/${encodeURIComponent(extension)}`);
    describe(extension, details);
  } catch {
    // The next event tries again.
  } finally {
    waiting.delete(extension);
  }
}

function describe(extension, details) {
  const cell = opened.get(extension)?.cells[0];
  if (!cell) return;
  let view = cell.querySelector(".view");
  if (!view) {
    view = make("div", { class: "view" });
    cell.replaceChildren(view);
    if (session.writable && details.providers.length) cell.append(setter(details));
  }
  view.replaceChildren(
    make("h3", {}, `Watched by ${details.watchers}`),
    details.watching.length ? make("ul", { class: "cards" }, ...details.watching.map(watcher)) : make("p", { class: "quiet" }, "No phone watches this extension."),
    make("h3", {}, "Why it shows this"),
    make("ul", { class: "cards" }, ...details.presences.map(said), ...details.devices.map(device), ...details.rules.map(verdict)),
    make("p", { class: "quiet" }, `Hint: ${details.hint}`),
  );
}

function watcher(one) {
  const late = one.behind ? make("span", { class: "late" }, "Behind: it has not acknowledged what is true") : make("span", {}, "Up to date");
  const item = make("li", {}, make("b", {}, one.phone), make("span", { class: "quiet" }, `${one.agent || "unknown agent"} · ${one.address} ${one.transport} · ${one.event}`), make("br"), late, make("br"), "Last NOTIFY ", moment(one.last_notify));
  item.append(one.latency_ms === null ? "" : `, ${milliseconds(one.latency_ms)} after the change`, make("br"), `Expires in ${seconds(one.expires_in)}`);
  return item;
}

function said(one) {
  const by = { rule: `rule ${one.rule}`, command: "a command", phone: "a phone" }[one.by] ?? "somebody by MQTT";
  const item = make("li", {}, make("b", {}, `CustomPresence:${one.provider}`), `${words.presences[one.state]}${texts(one) ? ` (${texts(one)})` : ""}`, make("br"));
  item.append(make("span", { class: "quiet" }, one.state === "not_set" ? "Nobody has said anything" : `Said by ${by}`));
  if (one.since) item.append(", ", moment(one.since));
  if (one.until) item.append(`, until ${one.until}`);
  return item;
}

function device(one) {
  return make("li", {}, make("b", {}, one.device), one.state);
}

function verdict(one) {
  const item = make("li", {}, make("b", {}, `Rules for ${one.output}`), one.why ?? one.error ?? "");
  for (const sensor of one.sensors ?? []) {
    const values = sensor.instances.map((instance) => `${instance.value}${instance.available ? "" : " (not available)"}`).join(", ");
    item.append(make("br"), make("span", { class: "quiet" }, `${sensor.sensor}: ${values || "unknown"}`));
  }
  return item;
}

// --- setting --------------------------------------------------------------------------------------

function setter(details) {
  const name = `set-${details.extension}`;
  const provider = make("select", { id: `${name}-who`, "aria-label": "Whose presence" }, ...details.providers.map((one) => make("option", { value: one }, one)));
  const state = make("select", { id: `${name}-state`, "aria-label": "Presence" }, ...Object.entries(words.presences).map(([value, text]) => make("option", { value }, text)));
  const message = make("input", { id: `${name}-message`, "aria-label": "Message", placeholder: "message", maxlength: "200" });
  const outcome = make("output", { for: `${name}-state ${name}-message` });
  const form = make("form", { class: "set" }, provider, state, message, make("button", { type: "submit" }, "Set presence"), outcome);
  provider.hidden = details.providers.length === 1;
  state.value = details.presence.state;
  message.value = details.presence.message;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    outcome.textContent = "…";
    outcome.textContent = await set(provider.value, { state: state.value, subtype: "", message: message.value });
  });
  return form;
}

async function change(path, method, body) {
  const headers = { "X-Presence-Bridge": "page", "Content-Type": "application/json" };
  const answer = await fetch(API + path, { method, headers, body: JSON.stringify(body) });
  const problem = answer.ok ? null : await answer.json().catch(() => ({ detail: `${answer.status}` }));
  return { status: answer.status, words: problem ? problem.detail : "" };
}

async function set(provider, command) {
  const path = `presence/${provider.split("/").map(encodeURIComponent).join("/")}`;
  let outcome = await change(path, "POST", command);
  if (outcome.status === 401 && (await logIn())) outcome = await change(path, "POST", command);
  return outcome.words || "Set";
}

function logIn() {
  const dialog = find("login");
  const token = find("token");
  token.value = "";
  find("login-error").textContent = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.onclose = () => resolve(session.allowed);
    find("login-cancel").onclick = () => dialog.close();
    dialog.querySelector("form").onsubmit = async (event) => {
      event.preventDefault();
      const outcome = await change("session", "POST", { token: token.value });
      session.allowed = outcome.status === 204;
      if (session.allowed) dialog.close();
      else find("login-error").textContent = outcome.words;
    };
  });
}

// --- the bridge -----------------------------------------------------------------------------------

function showBridge({ info, health }) {
  for (const [name, { ok, why }] of Object.entries(health.parts)) {
    find(name)?.replaceChildren(make("span", { class: "part", "data-ok": String(ok) }, why));
  }
  const late = health.unconverged ? `, ${health.unconverged} behind` : "";
  find("subscriptions").textContent = `${health.subscriptions}${late}`;
  find("latency").textContent = `${milliseconds(health.notify_latency_p50_ms)} / ${milliseconds(health.notify_latency_p99_ms)}`;
  find("version").textContent = `${info.version}, MQTT ${info.mqtt_protocol || "–"}`;
  find("started").replaceChildren(moment(info.started));
  const { mqtt, sip } = health.parts;
  const alarms = [mqtt.ok ? "" : `No broker: ${mqtt.why}. States are those of before.`, sip.ok ? "" : `Phones are not served: ${sip.why}.`];
  alarm(alarms.filter(Boolean).join(" "));
}

function alarm(text) {
  if (find("alarm").textContent !== text) find("alarm").textContent = text;
  find("alarm").hidden = !text;
}

const happened = new Map();

function showEvents(events) {
  for (const event of events) happened.set(event.number, event);
  const newest = [...happened.keys()].sort((a, b) => b - a);
  for (const number of newest.slice(50)) happened.delete(number);
  find("events").replaceChildren(...newest.slice(0, 50).map((number) => eventItem(happened.get(number))));
}

function eventItem({ number, type, at, ...rest }) {
  const text = Object.entries(rest).filter(([, value]) => value !== "").map(([name, value]) => `${name} ${value}`).join(", ");
  return make("li", {}, moment(at), " ", make("b", {}, type.replaceAll("_", " ")), ` ${text}`);
}

function live(is) {
  const text = is ? "Live" : `Not live: what is shown was true at ${clock.format(new Date(heard))}`;
  if (find("live").dataset.live !== String(is)) {
    find("live").dataset.live = String(is);
    find("live").textContent = text;
  }
}

// --- events of the server -------------------------------------------------------------------------

// The server says something every ten seconds; three times that is silence.
const SILENCE = 30_000;
let heard = Date.now();
let source;
let later = new Set();

function listen() {
  source?.close();
  source = new EventSource(`${API}events`);
  const on = (name, take) =>
    source.addEventListener(name, (event) => {
      heard = Date.now();
      live(true);
      take(JSON.parse(event.data));
    });
  on("hello", ({ resumed }) => (resumed ? null : load()));
  on("extensions", (list) => {
    for (const one of list) {
      later.add(one.extension);
      show(one, true);
    }
    filter();
  });
  on("status", showBridge);
  on("events", showEvents);
  on("trouble", ({ detail }) => alarm(`${detail}.`));
  on("heartbeat", () => {});
  source.onerror = () => {
    live(false);
    // Refused, and not only cut off: the browser does not come back by itself.
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 5000);
  };
}

async function load() {
  const meanwhile = (later = new Set());
  happened.clear();
  try {
    const [{ extensions }, status] = await Promise.all([get("extensions"), get("status")]);
    showAll(extensions, meanwhile);
    showBridge(status);
    showEvents(status.events);
  } catch {
    setTimeout(load, 5000);
  }
}

setInterval(() => {
  if (Date.now() - heard > SILENCE) {
    live(false);
    heard = Date.now();
    listen();
  }
}, 5000);
setInterval(() => {
  if (!document.hidden) for (const extension of opened.keys()) refresh(extension, true);
}, 2000);

find("search").hidden = false;
find("search").addEventListener("submit", (event) => event.preventDefault());
find("filter").addEventListener("input", filter);
find("rows").addEventListener("click", (event) => {
  const row = event.target.closest("td.watchers button")?.closest("tr");
  if (row) toggle(row.dataset.extension);
});
for (const time of document.querySelectorAll("time")) time.replaceWith(moment(time.getAttribute("datetime")));
get("session").then((answer) => (session = answer), () => {});
listen();

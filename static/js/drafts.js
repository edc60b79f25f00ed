// Drafts: what is being written is saved while it is written. Each change goes into this browser's storage at once and
// to the server within three seconds; what the server has not confirmed stays here until it has.
(() => {
  "use strict";

  const PAUSE = 900, MOST = 2500, AGAIN = 3000, RARELY = 30000; // milliseconds
  const FIELDS = ["place", "title", "body", "tags", "reply_to", "seen"];
  const PREFIX = "livery-draft:";
  const $ = (selector, root = document) => root.querySelector(selector);
  const viewer = () => $("#page")?.dataset.viewer ?? "0";
  const forms = () => [...document.querySelectorAll("form.composer[data-writer]")];
  const formOf = (key) => forms().find((form) => form.elements.send_key?.value === key);

  // --- what waits: in memory, and in this browser's storage as far as there is one ---
  const waiting = new Map(); // send key -> what was written
  function remember(entry) {
    waiting.set(entry.key, entry);
    try { localStorage.setItem(PREFIX + entry.key, JSON.stringify(entry)); } catch { /* full, or none */ }
  }
  function forget(key) {
    waiting.delete(key);
    settled.delete(key);
    try { localStorage.removeItem(PREFIX + key); } catch { /* none */ }
  }
  function found() {
    try {
      return Object.keys(localStorage).filter((name) => name.startsWith(PREFIX)).map((name) => JSON.parse(localStorage.getItem(name)));
    } catch {
      return [...waiting.values()];
    }
  }
  // a name for this tab: it outlives a reload, so that a tab is never in conflict with itself
  const tab = (() => {
    const fresh = () => [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => (byte % 36).toString(36)).join("");
    try { return (sessionStorage.tab ??= fresh()); } catch { return fresh(); }
  })();
  let turns = Date.now();
  const turn = () => (turns = Math.max(turns + 1, Date.now()));

  // --- a change ---
  const timers = new Map(); // send key -> { timer, since }
  function changed(form) {
    const fields = form.elements, key = fields.send_key.value;
    const before = waiting.get(key);
    const entry = { key, owner: form.dataset.writer === "0" ? (before?.owner ?? viewer()) : form.dataset.writer, tab, turn: turn(), version: Number(fields.version.value), at: Date.now() };
    for (const name of FIELDS) entry[name] = fields[name]?.value ?? "";
    remember(entry);
    const due = timers.get(key) ?? { since: Date.now() };
    clearTimeout(due.timer);
    due.timer = setTimeout(() => send(key), Math.max(0, Math.min(PAUSE, due.since + MOST - Date.now())));
    timers.set(key, due);
  }
  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("form.composer[data-writer]");
    if (form && event.target.name && !event.target.matches("[type=password], [autocomplete=username]")) changed(form);
  });
  document.addEventListener("livery:written", (event) => {
    const form = event.target.closest("form.composer[data-writer]");
    if (form) changed(form);
  });

  // what was confirmed while a composer was on its way, which does not know it yet
  const settled = new Map(); // send key -> entry
  const asked = new WeakMap(); // request -> when
  document.addEventListener("htmx:before:request", (event) => asked.set(event.detail.ctx, Date.now()));

  // --- sending it to the server ---
  const underway = new Map(); // send key -> turn
  let failures = 0;
  async function send(key, leaving = false) {
    stop(key);
    const entry = waiting.get(key);
    if (!entry || entry.owner === "0") return;
    if (!leaving && underway.has(key)) return void again(key, PAUSE); // one after the other, so that each knows the version of the last
    const token = $('[name="csrf_token"]', formOf(key) ?? document)?.value ?? $('[name="csrf_token"]')?.value;
    const data = new FormData();
    for (const name of FIELDS) data.set(name, entry[name] ?? "");
    for (const [name, value] of Object.entries({ send_key: key, tab: entry.tab, turn: entry.turn, version: entry.version, csrf_token: token ?? "" })) data.set(name, value);
    underway.set(key, entry.turn);
    let answer = null;
    try {
      // a browser takes no more than 64 KiB from a page that goes away: what is longer waits in its storage
      answer = await fetch("/drafts", { method: "POST", body: data, keepalive: leaving && entry.body.length < 16000 });
    } catch { /* nobody answers */ }
    underway.delete(key);
    try {
      await settle(entry, answer);
    } catch {
      again(key, AGAIN);
    }
  }
  async function settle(entry, answer) {
    const page = answer && new DOMParser().parseFromString(await answer.text(), "text/html");
    const form = formOf(entry.key); // now: it may have gone while the answer was read
    if (!answer || answer.status >= 500 || answer.status === 429) {
      failures += 1;
      say(form, "offline", answer ? reason(page) : "");
      return again(entry.key, Math.min(RARELY, AGAIN * failures));
    }
    failures = 0;
    if (answer.status === 403) return void say(form, "login"); // kept until somebody is logged in
    if (!answer.ok) return void say(form, "refused", reason(page));
    const state = page.querySelector(".draft-state");
    const { state: kind, key, version, fresh } = state.dataset;
    const now = waiting.get(entry.key);
    const more = now && now.turn !== entry.turn; // written on meanwhile
    if (!more) forget(entry.key);
    if (kind === "saved" || kind === "late") settled.set(entry.key, { ...entry, version: Number(version), settled: Date.now() });
    if (kind === "posted") {
      forget(entry.key);
      const other = more && FIELDS.some((name) => now[name] !== entry[name]); // not only asked again meanwhile
      if (!form || (!other && held.has(entry.key))) return; // its sending is still underway, and shows the post
      // the answer to the sending was lost: sent again under its key it is no second post, and its answer shows the first
      if (!other) return form.requestSubmit($(".send", form));
      form.elements.send_key.value = fresh;
      form.elements.version.value = 0;
      return changed(form);
    }
    if (kind === "sent" || kind === "forked") {
      forget(entry.key);
      const next = kind === "sent" ? fresh : key;
      if (form) {
        form.elements.send_key.value = next;
        form.elements.version.value = kind === "sent" ? 0 : version;
        say(form, kind);
        if (more) changed(form);
      } else if (more && kind === "forked") {
        remember({ ...now, key: next, version: Number(version) });
        again(next, 0);
      }
      return;
    }
    if (form) form.elements.version.value = version;
    if (more) remember({ ...now, version: Number(version) });
    $("#drafts-entry")?.toggleAttribute("hidden", kind === "empty");
    if (form) say(form, "", state.textContent.trim());
    if (more && !timers.has(entry.key)) again(entry.key, PAUSE);
  }
  function again(key, after) {
    const due = timers.get(key) ?? { since: Date.now() };
    clearTimeout(due.timer);
    due.timer = setTimeout(() => send(key), after);
    timers.set(key, due);
  }
  function reason(page) {
    return [...page.querySelectorAll(".empty > p:not(:has(a))")].map((each) => each.textContent.trim()).join(" ");
  }
  function say(form, problem, words = "") {
    const place = form && $(".draft-state", form);
    if (!place) return;
    const text = words || place.dataset[problem] || "";
    place.classList.toggle("draft-problem", Boolean(problem));
    if (place.textContent === text) return;
    place.textContent = text;
    if (problem) $("#announcer").textContent = text;
  }

  // --- a page goes away, a connection comes back ---
  const hurry = () => { for (const key of [...timers.keys()]) send(key, true); };
  addEventListener("pagehide", hurry);
  document.addEventListener("visibilitychange", () => { if (document.hidden) hurry(); });
  document.addEventListener("htmx:before:request", (event) => {
    const form = event.detail.ctx.sourceElement?.closest?.("form.composer[data-writer]");
    // a form that is being sent needs no draft more; should the sending fail, its text is still in this browser
    if (form) hold(form);
    // this document stays, so each goes after the one that is underway: side by side they would be taken for two writers
    else for (const key of [...timers.keys()]) send(key);
  });
  const held = new Set();
  function stop(key) {
    clearTimeout(timers.get(key)?.timer);
    timers.delete(key);
  }
  function hold(form) {
    stop(form.elements.send_key.value);
    held.add(form.elements.send_key.value);
  }
  document.addEventListener("htmx:finally:request", (event) => {
    const sent = event.detail.ctx.sourceElement?.closest?.("form.composer[data-writer]"), key = sent?.elements.send_key?.value;
    if (!held.delete(key)) return;
    // still here: it was refused, or its answer was lost, which only a draft that is asked about from now on finds out,
    // neither one that was saved before nor one that is still underway
    const form = formOf(key);
    if (form) changed(form);
  });
  addEventListener("online", () => { failures = 0; flush(); });
  for (const name of ["livery:posted", "livery:sent", "livery:changed"]) {
    document.addEventListener(name, (event) => { for (const key of done(event)) forget(key); });
  }
  let submitted = null;
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form.composer[data-writer]")) submitted = event.target.elements.send_key.value;
  }, true);
  const done = () => {
    const key = submitted;
    submitted = null;
    return key ? [key] : [];
  };
  document.addEventListener("click", (event) => {
    const form = event.target.closest(".discard")?.form;
    if (!form) return;
    stop(form.elements.send_key.value);
    forget(form.elements.send_key.value);
  }, true);

  // --- what an earlier page left behind ---
  function flush() {
    for (const entry of found()) {
      if (entry.owner !== viewer() || timers.has(entry.key) || underway.has(entry.key)) continue;
      waiting.set(entry.key, entry);
      again(entry.key, 0);
    }
  }
  const known = new WeakSet();
  function adopt(event) {
    const since = asked.get(event?.detail.ctx) ?? Infinity;
    for (const form of forms()) {
      // somebody else has logged in: what the one before was writing is not his to see
      if (viewer() !== "0" && form.dataset.writer !== "0" && form.dataset.writer !== viewer()) {
        form.remove();
        continue;
      }
      if (known.has(form)) continue;
      known.add(form);
      const { send_key: mark, version, body, title } = form.elements, place = form.elements.place.value;
      const here = [...found(), ...[...settled.values()].filter((entry) => entry.settled > since)];
      const left = here.filter((entry) => entry.owner === form.dataset.writer && entry.place === place);
      const own = left.find((entry) => entry.key === mark.value);
      const begun = version.value === "0" && (place.startsWith("post:") || (!title?.value.trim() && !body.value.trim()));
      const entry = own ?? (begun ? left.sort((one, other) => other.at - one.at)[0] : null);
      if (!entry || entry.at < Number(form.dataset.saved) * 1000 || formOf(entry.key) === form && entry.body === body.value) continue;
      mark.value = entry.key;
      version.value = entry.version;
      for (const name of FIELDS) if (form.elements[name] && name !== "place") form.elements[name].value = entry[name] ?? "";
      waiting.set(entry.key, entry);
      again(entry.key, 0);
    }
    flush();
  }
  document.addEventListener("htmx:after:swap", adopt);
  document.addEventListener("livery:discarded", (event) => {
    const form = $("#content form.composer");
    if (form) htmx.ajax("GET", event.detail.path, { target: "#page", select: "#page", swap: "outerHTML show:none", push: "true" });
  });
  document.addEventListener("toggle", (event) => {
    if (event.target.id === "drafts-menu" && event.target.open) htmx.ajax("GET", "/drafts", { target: "#draft-items", swap: "outerHTML" });
  }, true);
  document.documentElement.classList.add("saves-drafts");
  adopt();
})();

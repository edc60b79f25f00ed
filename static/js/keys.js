// Keys for those who would rather not reach for the mouse. One setting (the comfort page) turns them off; `?` lists them.
(() => {
  "use strict";

  const $ = (selector, root = document) => root.querySelector(selector);
  const PLACES = { h: "/", r: "/recent", u: "/unread", c: "/categories", t: "/tags", p: "/popular", n: "/notifications", d: "/drafts" };
  const ITEMS = ".stream > .post, .topic-row, .category-row, .person, .case";
  const NAME = ":is(h2, h3, .row-title, .person-name) a"; // what opens an item, before whatever else leads on from it
  let going = 0; // until when a letter after g names a place

  const off = () => document.documentElement.dataset.keys === "off";
  const busy = (target) => target.closest?.("input, textarea, select, [contenteditable], dialog[open], details.menu[open]");
  const items = () => [...document.querySelectorAll(ITEMS)].filter((item) => item.offsetParent);
  const current = () => document.activeElement?.closest?.(ITEMS);

  function step(by) {
    const all = items(), at = all.indexOf(current());
    const seen = all.findIndex((item) => item.getBoundingClientRect().bottom > 48);
    const next = all[at < 0 ? Math.max(0, seen) : Math.min(all.length - 1, Math.max(0, at + by))];
    if (!next) return;
    const mark = next.matches(".post") ? next : $(NAME, next) ?? $("a", next);
    mark.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest", behavior: "instant" });
  }
  const press = (selector, root) => { const found = root && $(selector, root); found?.click(); return Boolean(found); };
  const post = () => current() ?? items().find((item) => item.getBoundingClientRect().bottom > 96);
  function up() {
    const crumbs = [...document.querySelectorAll(".crumbs a")];
    crumbs.pop()?.click();
  }
  function visit(path) {
    htmx.ajax("GET", path, { target: "#page", select: "#page", swap: "outerHTML show:none", push: "true" });
  }
  function edit() {
    const asked = $("#page").dataset.viewer !== "0" && !$("#dock textarea")?.value.trim() && post();
    if (asked?.matches(".post")) htmx.ajax("GET", `/post/${asked.id.slice(5)}/edit`, { target: "#dock", swap: "innerHTML" });
  }
  function search() {
    const menu = $("#search-menu");
    if (menu?.checkVisibility()) menu.open = true; // its field takes the focus
    else visit("/search");
  }
  async function help() {
    const dialog = document.createElement("dialog");
    dialog.className = "keys-dialog";
    dialog.setAttribute("aria-labelledby", "keys-title");
    const answer = await fetch("/keys", { headers: { "HX-Request": "true", "HX-Request-Type": "partial" } });
    if (!answer.ok) return visit("/keys");
    dialog.append(...new DOMParser().parseFromString(await answer.text(), "text/html").body.children);
    dialog.addEventListener("click", (event) => { if (event.target === dialog || event.target.closest("a")) dialog.close(); });
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  const ACTS = {
    j: () => step(1),
    k: () => step(-1),
    o: () => press(NAME, current()),
    r: () => press('.post-actions a[href*="/reply?to="]', current()) || press('.tools a[href$="/reply"]', document),
    q: () => press(".post-actions .quote", post()),
    e: edit,
    u: up,
    "?": help,
    "/": search,
  };
  document.addEventListener("keydown", (event) => {
    if (off() || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || busy(event.target)) return;
    const key = event.key;
    if (going > event.timeStamp && PLACES[key]) {
      going = 0;
      event.preventDefault();
      return visit(PLACES[key]);
    }
    going = key === "g" ? event.timeStamp + 1500 : 0;
    // what is dealt with: a button's own letter, in the case that has the focus, else in the first that waits
    const button = /^[a-z]$/.test(key) && $(`[data-key="${key}"]`, document.activeElement?.closest?.(".case:not(.case-done)") ?? $(".case:not(.case-done)") ?? undefined);
    if (button) {
      event.preventDefault();
      return button.click();
    }
    if (!ACTS[key]) return;
    event.preventDefault();
    ACTS[key]();
  });
})();

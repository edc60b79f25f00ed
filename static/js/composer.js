// The composer's comfort: its window in the dock, the marks of Markdown, and a preview that follows the writing.
(() => {
  "use strict";

  const $ = (selector, root = document) => root.querySelector(selector);
  const dock = () => $("#dock");
  const keep = (name, value) => { try { localStorage.setItem(`livery-${name}`, value); } catch { /* none */ } };
  const kept = (name) => { try { return localStorage.getItem(`livery-${name}`); } catch { return null; } };

  // --- what a composer needs when it appears ---
  const known = new WeakSet();
  const begun = new WeakMap(); // what the text of each began with, as its category says
  function appear() {
    for (const form of document.querySelectorAll("form.composer")) {
      if (known.has(form)) continue;
      known.add(form);
      begun.set(form, $("#composer-rules", form)?.dataset.template ?? "");
      for (const marks of form.querySelectorAll(".marks")) marks.hidden = false;
      if (dock().contains(form)) frame(form);
      if (kept("preview") === "1" && wide(form) && previewButton(form)) showPreview(form, true);
    }
  }
  document.addEventListener("htmx:after:swap", appear);

  document.addEventListener("htmx:after:swap", () => {
    const form = $("#composer-rules")?.closest("form"), template = $("#composer-rules")?.dataset.template;
    if (!form || !begun.has(form) || begun.get(form) === template) return;
    const body = $("textarea", form);
    if ([begun.get(form).trim(), ""].includes(body.value.trim())) body.value = template; // nothing of his own yet
    begun.set(form, template);
  });

  document.addEventListener("change", (event) => {
    if (event.target.name !== "cid" || !event.target.closest("form.composer")) return;
    event.target.form.elements.place.value = `category:${event.target.value}`; // where its draft belongs now
    event.target.dispatchEvent(new CustomEvent("livery:written", { bubbles: true }));
  });

  // --- the window: as high as its reader made it, small, or the whole screen ---
  const LOWEST = 220, STEP = 24;
  const sheet = new CSSStyleSheet(); // a style attribute would be copied with #dock, and the policy forbids that
  document.adoptedStyleSheets.push(sheet);
  const highest = () => Math.round(innerHeight * 0.9);
  const height = () => Math.min(highest(), Math.max(LOWEST, Number(kept("composer-height")) || 400));
  function frame(form) {
    for (const button of form.querySelectorAll("[data-window]")) button.hidden = false;
    const handle = document.createElement("div");
    handle.className = "composer-handle";
    handle.tabIndex = 0;
    handle.setAttribute("role", "separator");
    handle.setAttribute("aria-orientation", "horizontal");
    handle.setAttribute("aria-label", $(".composer-window", form).dataset.resize);
    form.prepend(handle);
    resize(height());
  }
  function resize(pixels) {
    const high = Math.round(Math.min(highest(), Math.max(LOWEST, pixels)));
    sheet.replaceSync(`#dock { --composer-height: ${high}px; }`);
    const handle = $(".composer-handle", dock());
    handle?.setAttribute("aria-valuenow", high);
    handle?.setAttribute("aria-valuemin", LOWEST);
    handle?.setAttribute("aria-valuemax", highest());
    return high;
  }
  document.addEventListener("pointerdown", (event) => {
    const handle = event.target.closest?.(".composer-handle");
    if (!handle || event.button) return;
    event.preventDefault();
    handle.setPointerCapture(event.pointerId);
    const from = event.clientY, begun = handle.parentElement.getBoundingClientRect().height;
    const move = (at) => keep("composer-height", resize(begun + from - at.clientY));
    handle.addEventListener("pointermove", move);
    for (const end of ["pointerup", "pointercancel"]) handle.addEventListener(end, () => handle.removeEventListener("pointermove", move), { once: true });
  });
  document.addEventListener("keydown", (event) => {
    if (!event.target.matches?.(".composer-handle")) return;
    const now = Number(event.target.getAttribute("aria-valuenow"));
    const next = { ArrowUp: now + STEP, ArrowDown: now - STEP, Home: highest(), End: LOWEST }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    keep("composer-height", resize(next));
  });
  function press(button, on) {
    button.setAttribute("aria-pressed", on);
    button.closest("form").classList.toggle(`composer-${button.dataset.window}`, on);
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-window]");
    if (!button) return;
    const on = button.getAttribute("aria-pressed") !== "true";
    for (const other of button.closest("form").querySelectorAll("[data-window]")) press(other, other === button && on);
    if (on && button.dataset.window === "minimise") return;
    $("textarea", button.closest("form")).focus();
  });
  document.addEventListener("keydown", (event) => {
    const button = event.key === "Escape" && $('#dock .composer-fill [data-window="fill"]');
    if (!button || event.defaultPrevented) return;
    event.preventDefault();
    press(button, false);
  });

  // --- the marks ---
  function put(area, text, start, end, select = [text.length, text.length]) {
    area.focus();
    area.setSelectionRange(start, end);
    // this way, and only this way, the browser's own undo knows of it
    if (!document.execCommand("insertText", false, text)) {
      area.setRangeText(text, start, end, "end");
      area.dispatchEvent(new Event("input", { bubbles: true }));
    }
    area.setSelectionRange(start + select[0], start + select[1]);
  }
  function around(area, mark) {
    const { selectionStart: start, selectionEnd: end, value } = area, words = value.slice(start, end);
    const before = value.slice(start - mark.length, start), after = value.slice(end, end + mark.length);
    if (before === mark && after === mark) return put(area, words, start - mark.length, end + mark.length, [0, words.length]);
    put(area, mark + words + mark, start, end, [mark.length, mark.length + words.length]);
  }
  function lines(area, mark) {
    const { value } = area;
    const start = value.lastIndexOf("\n", area.selectionStart - 1) + 1;
    const found = value.indexOf("\n", area.selectionEnd), end = found < 0 ? value.length : found;
    const all = value.slice(start, end).split("\n");
    const marked = all.every((line) => line.startsWith(mark));
    const text = all.map((line) => (marked ? line.slice(mark.length) : mark + line)).join("\n");
    put(area, text, start, end, [all.length > 1 ? 0 : text.length, text.length]);
  }
  function link(area) {
    const { selectionStart: start, selectionEnd: end, value } = area, words = value.slice(start, end);
    const address = /^https?:\/\/\S+$/.test(words);
    const text = address ? `[](${words})` : `[${words}](https://)`;
    put(area, text, start, end, address ? [1, 1] : words ? [words.length + 3, text.length - 1] : [1, 1]);
  }
  function code(area) {
    const words = area.value.slice(area.selectionStart, area.selectionEnd);
    if (!words.includes("\n")) return around(area, "`");
    put(area, `\`\`\`\n${words}\n\`\`\``, area.selectionStart, area.selectionEnd, [4, 4 + words.length]);
  }
  const MARKS = {
    bold: (area) => around(area, "**"),
    italic: (area) => around(area, "*"),
    spoiler: (area) => around(area, "||"),
    quote: (area) => lines(area, "> "),
    list: (area) => lines(area, "- "),
    code,
    link,
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-mark]");
    if (button) MARKS[button.dataset.mark]($("textarea", button.closest("form")));
  });
  document.addEventListener("keydown", (event) => {
    const bar = event.target.closest?.(".marks");
    if (bar && ["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) {
      const all = [...bar.querySelectorAll("button")], at = all.indexOf(event.target);
      const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: -1 }[event.key];
      const next = all.at(to % all.length);
      for (const each of all) each.tabIndex = each === next ? 0 : -1;
      event.preventDefault();
      return next.focus();
    }
    if (!event.target.matches?.("form.composer textarea") || !(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = { KeyB: "bold", KeyI: "italic", KeyK: "link", KeyE: "code", Digit9: "quote", Digit8: "list", KeyX: "spoiler" }[event.code];
    if (!key || event.shiftKey !== ["quote", "list", "spoiler"].includes(key)) return;
    event.preventDefault();
    MARKS[key](event.target);
  });

  // --- the preview: beside the text where there is room, in its place where there is not ---
  const wide = (form) => form.closest("#dock") ? innerWidth >= 992 : form.getBoundingClientRect().width >= 700;
  const previewButton = (form) => $('[name="preview"]', form);
  let previewing = 0;
  function showPreview(form, on) {
    form.classList.toggle("composer-previews", on);
    dock().classList.toggle("dock-wide", Boolean($("#dock .composer-previews")));
    previewButton(form).setAttribute("aria-pressed", on);
    if (on) renew(form);
  }
  function renew(form) {
    const body = $("textarea", form);
    if (body.value.trim()) htmx.trigger(previewButton(form), "livery:preview");
    else $(".preview-pane", form).replaceChildren();
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest('form.composer [name="preview"]');
    if (!button) return;
    event.preventDefault();
    const on = button.getAttribute("aria-pressed") !== "true";
    keep("preview", on ? "1" : "0");
    showPreview(button.form, on);
  });
  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("form.composer-previews");
    if (!form) return;
    clearTimeout(previewing);
    previewing = setTimeout(() => { if (form.isConnected) renew(form); }, 500);
  });

  appear();
})();

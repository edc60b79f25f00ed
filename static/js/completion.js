// Completion while one writes: @ people, : emoji, # topics in the text, and tags. A combobox by the ARIA pattern.
(() => {
  "use strict";

  const KINDS = { "@": "people", ":": "emoji", "#": "topics" };
  const WAIT = 150; // milliseconds
  const TOKEN = /(^|[\s([>])([@#:])([\p{L}\p{N}_+-][\p{L}\p{N}_+ -]{0,40}|)$/u;
  let open = null; // { field, list, start, at }
  let timer = 0, asked = 0;

  function wanted(field) {
    const before = field.value.slice(0, field.selectionStart);
    if (field.name === "tags") {
      const word = before.split(",").pop().trimStart();
      return word.length ? { kind: "tags", word, start: before.length - word.length } : null;
    }
    const found = TOKEN.exec(before.slice(-60));
    if (!found) return null;
    const [, , sign, word] = found;
    if (sign === ":" && (word.length < 2 || word.includes(" "))) return null;
    if (sign === "@" && (word.length < 1 || word.includes("  "))) return null;
    if (sign === "#" && word.length < 2) return null;
    return { kind: KINDS[sign], word, start: before.length - word.length - 1 };
  }
  async function look(field) {
    const want = wanted(field), mine = ++asked;
    if (!want) return close();
    let text;
    try {
      const where = want.kind === "tags" ? `&category=${field.form.elements.cid?.value ?? field.dataset.category}` : "";
      const answer = await fetch(`/compose/${want.kind}?q=${encodeURIComponent(want.word)}${where}`);
      if (!answer.ok) return close();
      text = await answer.text();
    } catch {
      return close();
    }
    if (mine !== asked || document.activeElement !== field) return;
    const options = [...new DOMParser().parseFromString(text, "text/html").querySelectorAll("[role=option]")];
    if (!options.length) return close();
    show(field, want.start, options);
  }
  function show(field, start, options) {
    close();
    const list = document.createElement("ul");
    list.id = "completion";
    list.className = "completion";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", field.dataset.suggestions);
    list.append(...options);
    field.after(list);
    field.setAttribute("aria-controls", list.id);
    field.setAttribute("aria-expanded", "true");
    field.setAttribute("aria-autocomplete", "list");
    open = { field, list, start, at: -1 };
    choose(0);
  }
  function choose(at) {
    const options = [...open.list.children];
    open.at = (at + options.length) % options.length;
    options.forEach((option, number) => option.setAttribute("aria-selected", number === open.at));
    open.field.setAttribute("aria-activedescendant", options[open.at].id);
    options[open.at].scrollIntoView({ block: "nearest" });
  }
  function close() {
    if (!open) return;
    open.list.remove();
    open.field.removeAttribute("aria-activedescendant");
    open.field.removeAttribute("aria-controls");
    open.field.setAttribute("aria-expanded", "false");
    open = null;
  }
  function take(option) {
    const { field, start } = open, words = option.dataset.insert;
    const after = field.value.slice(field.selectionStart);
    close();
    asked += 1;
    field.value = field.value.slice(0, start) + words + after.replace(/^ /, "");
    field.setSelectionRange(start + words.length, start + words.length);
    field.focus();
    field.dispatchEvent(new CustomEvent("input", { bubbles: true, detail: "completed" }));
  }

  document.addEventListener("input", (event) => {
    const field = event.target;
    if (!field.matches?.("form.composer textarea[name=body], form.composer input[name=tags]")) return;
    clearTimeout(timer);
    if (event.detail === "completed" || !wanted(field)) return close();
    timer = setTimeout(() => look(field), WAIT);
  });
  // before anything else hears of the key: here it moves in the list
  document.addEventListener("keydown", (event) => {
    if (!open || event.target !== open.field) return;
    const act = {
      ArrowDown: () => choose(open.at + 1),
      ArrowUp: () => choose(open.at - 1),
      Enter: () => take(open.list.children[open.at]),
      Tab: () => take(open.list.children[open.at]),
      Escape: close,
    }[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    act();
  }, true);
  document.addEventListener("pointerdown", (event) => {
    const option = open && event.target.closest?.("#completion [role=option]");
    if (option) {
      event.preventDefault();
      take(option);
    } else if (open && event.target !== open.field) close();
  });
  document.addEventListener("focusout", (event) => { if (open && event.target === open.field) close(); });
})();

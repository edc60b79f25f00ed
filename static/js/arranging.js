// Lists that are put in order: rows dragged by their grip (mouse, pen, finger) or moved with the arrow keys. Each move is
// sent as the form of the list; the page that comes back shows what became of it, and says it to a screen reader.
(() => {
  "use strict";

  const DEEPER = 24; // px to the side for one level
  const EDGE = 48; // px from the end of the window where it scrolls along
  const $ = (selector, root = document) => root.querySelector(selector);
  document.documentElement.dataset.arranging = "";

  const depthOf = (row) => Number(row.dataset.depth ?? 0);
  const rowsOf = (list, without = []) => [...list.querySelectorAll(":scope > [data-item]")].filter((row) => !without.includes(row));
  const listsOf = (root) => [...root.querySelectorAll("[data-into]")];
  const blockOf = (row) => { // a row and all that stand below it
    const block = [row];
    for (let next = row.nextElementSibling; next?.dataset.item && depthOf(next) > depthOf(row); next = next.nextElementSibling) block.push(next);
    return block;
  };
  const siblings = (row, by) => {
    let next = row;
    do next = by < 0 ? next.previousElementSibling : next.nextElementSibling;
    while (next?.dataset.item && depthOf(next) > depthOf(row));
    return next?.dataset.item && depthOf(next) === depthOf(row) ? next : null;
  };
  const level = (row, depth) => {
    row.className = row.className.replace(/panel-depth-\d/, `panel-depth-${Math.min(5, depth)}`);
    if ("depth" in row.dataset) row.dataset.depth = depth;
  };

  // --- a move: shown at once, sent behind the ones before it ---
  let line = Promise.resolve(), waiting = 0;
  function put(block, list, next, depth) {
    const root = list.closest(".arranged"), row = block[0], shift = depth - depthOf(row);
    for (const each of block) {
      list.insertBefore(each, next);
      level(each, depthOf(each) + shift);
    }
    let above = row.previousElementSibling;
    while (above && depthOf(above) >= depth) above = above.previousElementSibling;
    const form = $(".arrange-form", root), data = new FormData(form);
    data.set("item", row.dataset.item);
    data.set("into", depth ? above.dataset.item : list.dataset.into);
    data.set("before", next && depthOf(next) === depth ? next.dataset.item : "");
    waiting += 1;
    line = line.then(() => send(form.action, data, root.id)).catch(() => location.reload());
    $(".grip", row).focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest", behavior: "instant" });
  }
  async function send(address, data, key) {
    const answer = await fetch(address, { method: "POST", body: data });
    waiting -= 1;
    if (!answer.ok) return location.reload();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(key), now = document.getElementById(key);
    if (waiting || drag || !fresh || !now) return;
    const held = document.activeElement?.id;
    now.replaceWith(document.adoptNode(fresh));
    htmx.process(fresh);
    document.getElementById(held)?.focus({ preventScroll: true });
    $("#announcer").textContent = $(".alert-success", page)?.textContent ?? "";
  }

  // --- by keyboard: up and down among neighbours, to the sides in and out of the one above ---
  document.addEventListener("keydown", (event) => {
    const grip = event.target.closest?.(".grip");
    if (event.key === "Escape" && drag) return void end();
    if (!grip || drag) return;
    const row = grip.closest("[data-item]"), list = row.parentElement, lists = listsOf(list.closest(".arranged"));
    const inward = document.dir === "rtl" ? "ArrowLeft" : "ArrowRight", outward = inward === "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
    const move = {
      ArrowUp: () => up(row, list, lists), ArrowDown: () => down(row, list, lists),
      [inward]: () => inside(row, list), [outward]: () => outside(row, list),
    }[event.key];
    if (!move) return;
    event.preventDefault();
    move();
  });
  function up(row, list, lists) {
    const other = siblings(row, -1), before = lists[lists.indexOf(list) - 1];
    if (other) put(blockOf(row), list, other, depthOf(row));
    else if (before && !depthOf(row)) put(blockOf(row), before, null, 0);
  }
  function down(row, list, lists) {
    const other = siblings(row, 1), after = lists[lists.indexOf(list) + 1];
    if (other) put(blockOf(row), list, blockOf(other).pop().nextElementSibling, depthOf(row));
    else if (after && !depthOf(row)) put(blockOf(row), after, rowsOf(after)[0] ?? null, 0);
  }
  function inside(row, list) {
    if (!("depth" in row.dataset) || !siblings(row, -1)) return;
    const block = blockOf(row);
    put(block, list, block.at(-1).nextElementSibling, depthOf(row) + 1);
  }
  function outside(row, list) {
    if (!depthOf(row)) return;
    let last = blockOf(row).pop(); // it goes behind all that stand in the one above
    while (last.nextElementSibling && depthOf(last.nextElementSibling) >= depthOf(row)) last = last.nextElementSibling;
    put(blockOf(row), list, last.nextElementSibling, depthOf(row) - 1);
  }

  // --- by pointer: a line shows where it would go ---
  let drag = null;
  document.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest?.(".grip");
    if (!grip || event.button || !event.isPrimary) return;
    event.preventDefault();
    grip.focus({ preventScroll: true });
    const row = grip.closest("[data-item]"), mark = document.createElement("li");
    mark.className = "arrange-mark panel-depth-0";
    drag = { row, mark, block: blockOf(row), root: row.closest(".arranged"), x: event.clientX, y: event.clientY, pointer: event.pointerId, moved: false };
    grip.setPointerCapture(event.pointerId);
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag || event.pointerId !== drag.pointer) return;
    if (!drag.moved && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < 4) return;
    if (!drag.moved) for (const each of drag.block) each.classList.add("arrange-held");
    drag.moved = true;
    if (event.clientY < EDGE) scrollBy(0, -12);
    else if (event.clientY > innerHeight - EDGE) scrollBy(0, 12);
    aim(event.clientX, event.clientY);
  });
  function aim(x, y) {
    const { row, block, root, mark } = drag;
    const away = (list) => { const at = list.getBoundingClientRect(); return Math.max(at.top - y, y - at.bottom, 0); };
    const list = listsOf(root).reduce((best, each) => (away(each) < away(best) ? each : best));
    const rows = rowsOf(list, block);
    const next = rows.find((each) => { const at = each.getBoundingClientRect(); return y < at.top + at.height / 2; }) ?? null;
    const last = next ? rows[rows.indexOf(next) - 1] : rows.at(-1);
    const sideways = Math.round(((x - drag.x) * (document.dir === "rtl" ? -1 : 1)) / DEEPER);
    const most = "depth" in row.dataset && last ? depthOf(last) + 1 : 0, least = next ? depthOf(next) : 0;
    Object.assign(drag, { list, next, depth: Math.min(most, Math.max(least, depthOf(row) + sideways)) });
    list.insertBefore(mark, next);
    level(mark, drag.depth);
  }
  function end() {
    drag.mark.remove();
    for (const each of drag.block) each.classList.remove("arrange-held");
    const done = drag;
    drag = null;
    return done;
  }
  document.addEventListener("pointerup", (event) => {
    if (!drag || event.pointerId !== drag.pointer) return;
    const { moved, block, list, next, depth } = end();
    const stays = moved && block[0].parentElement === list && depth === depthOf(block[0]) && block.at(-1).nextElementSibling === next;
    if (moved && !stays) put(block, list, next, depth);
  });
  document.addEventListener("pointercancel", () => { if (drag) end(); });
})();

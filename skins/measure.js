// Runs in the page that is measured (collect, veil) and in a page beside it that reads pixels (judge).
(() => {
  const INVISIBLE = "visually hidden", CLEAR = "meant to be hidden", COVERED = "covered";
  const letters = (text) => text.replace(/\s+/g, "").length;

  // What holds for an element because of those around it is worked out once in a look at the page.
  let noted;
  const afresh = () => { noted = { reason: new Map(), strength: new Map(), frame: new Map() }; };
  const once = (kind, make) => (element) => {
    const known = noted[kind];
    if (!known.has(element)) known.set(element, make(element));
    return known.get(element);
  };
  const aside = once("reason", (element) => {
    if (!element || element === document.documentElement) return "";
    const style = getComputedStyle(element);
    if (style.clipPath === "inset(50%)" || (style.clip === "rect(0px, 0px, 0px, 0px)" && style.position === "absolute")) return INVISIBLE;
    if (Number(style.opacity) < 0.05) return CLEAR;
    return aside(element.parentElement);
  });
  const reasonFor = (element, box) => {
    if (!element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true })) return null;
    return aside(element) || (box.bottom < 0 || box.right < 0 ? INVISIBLE : "");
  };
  // How much of the ink is left, and a point beside the faded element whose own background fades with the ink.
  const strength = once("strength", (element) => {
    if (!element) return [1, null];
    const [around, outer] = strength(element.parentElement);
    const style = getComputedStyle(element);
    const opacity = Number(style.opacity);
    let beside = outer;
    if (!beside && opacity < 1 && (style.backgroundImage !== "none" || !/, 0\)$|transparent/.test(style.backgroundColor))) {
      const box = element.getBoundingClientRect();
      beside = [box.left - 5, box.top + box.height / 2];
    }
    return [opacity * around, beside];
  });
  const covered = (element, box) => {
    const x = box.left + box.width / 2, y = box.top + box.height / 2;
    const top = element.getRootNode().elementFromPoint(x, y);
    return !(top && (top === element || element.contains(top) || top.contains(element)));
  };

  // A part of the page, and the shadow roots in it.
  const trees = (within) => [within ?? document.body, ...[...(within ?? document.body).querySelectorAll("*")].flatMap(({ shadowRoot }) => shadowRoot ? [shadowRoot] : [])];
  const FIELDS = "input:not([type=hidden], [type=checkbox], [type=radio], [type=range]), textarea, select";

  // Rows that are scrolled sideways (tabs on a phone), and how often a reader scrolls on until he has seen the last.
  const sideways = (within) => [within ?? document.body, ...(within ?? document.body).querySelectorAll("*")].filter((each) =>
    each.scrollWidth > each.clientWidth + 1 && ["auto", "scroll"].includes(getComputedStyle(each).overflowX));
  const turns = (within) => Math.max(1, ...sideways(within).map((each) => Math.ceil(each.scrollWidth / each.clientWidth)));

  // Every run of text: what it says, where it stands, how it is painted. With a turn, of what scrolling sideways has newly shown.
  let met = new Set();
  const turnTo = (within, turn) => {
    const rows = sideways(within);
    for (const row of rows) {
      const left = turn * row.clientWidth * (getComputedStyle(row).direction === "rtl" ? -1 : 1);
      row.scrollTo({ left, behavior: "instant" });
    }
    return rows;
  };
  const collect = (within, turn = 0) => {
    const rows = turnTo(within, turn);
    afresh();
    if (!turn) met = new Set();
    const fresh = (node, element) => !met.has(node) && rows.some((row) => row.contains(element));
    return gathered(within, turn ? fresh : undefined);
  };
  const gathered = (within, wanted = () => true) => {
    const runs = [], skipped = {};
    const skip = (reason, text) => { skipped[reason] = (skipped[reason] ?? 0) + letters(text); };
    const add = (node, element, text, boxes, style) => {
      if (!letters(text) || !wanted(node, element)) return;
      const seen = boxes.filter((box) => box.width > 1 && box.height > 1);
      if (!seen.length) return skip(INVISIBLE, text);
      const reason = reasonFor(element, seen[0]);
      if (reason === null) return;
      if (reason) return skip(reason, text);
      if (element.closest(".spoiler") && /rgba\(\d+, \d+, \d+, 0\)|transparent/.test(style.color)) return skip(CLEAR, text);
      const shown = seen.map((box) => visiblePart(element, box)).filter((box) => box && !covered(element, box));
      if (!shown.length) return skip(COVERED, text);
      const size = parseFloat(style.fontSize);
      const [alpha, beside] = strength(element);
      met.add(node);
      runs.push({
        text: text.trim().slice(0, 40), letters: letters(text), colour: style.color, alpha, beside,
        large: size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700), where: path(element),
        disabled: Boolean(element.closest(":disabled, [aria-disabled=true]")),
        boxes: shown.map((box) => [box.left, box.top, box.right, box.bottom]),
      });
    };
    for (const node of trees(within).flatMap(texts)) {
      const element = node.parentElement;
      if (["SCRIPT", "STYLE", "NOSCRIPT", "OPTION", "TEMPLATE", "TEXTAREA"].includes(element.tagName)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      add(node, element, node.data, [...range.getClientRects()], getComputedStyle(element));
    }
    const own = within?.matches(FIELDS) ? [within] : [];
    for (const field of [...own, ...trees(within).flatMap((tree) => [...tree.querySelectorAll(FIELDS)])]) {
      const text = field.value || field.placeholder || "";
      const style = getComputedStyle(field, field.value || field.tagName === "SELECT" ? undefined : "::placeholder");
      const box = field.getBoundingClientRect();
      const inner = DOMRect.fromRect({ x: box.x + 6, y: box.y + 5, width: Math.min(120, box.width - 12), height: Math.min(20, box.height - 10) });
      if (field.checkVisibility({ visibilityProperty: true })) add(field, field, text, [inner], { color: style.color, fontSize: style.fontSize, fontWeight: style.fontWeight });
    }
    return { runs, skipped };
  };
  const texts = (tree) => {
    const found = [], walker = document.createTreeWalker(tree, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) if (node.parentElement) found.push(node);
    return found;
  };
  // The part of the page in which an element can be seen at all: what scrolls or clips around it says so.
  const frame = once("frame", (element) => {
    if (!element || element === document.body) return [0, -Infinity, innerWidth, Infinity];
    const around = frame(element.parentElement);
    const style = getComputedStyle(element);
    if (style.overflowX === "visible" && style.overflowY === "visible") return around;
    const edge = element.getBoundingClientRect();
    const left = edge.left + element.clientLeft, top = edge.top + element.clientTop;
    return [
      Math.max(around[0], left), Math.max(around[1], top),
      Math.min(around[2], left + element.clientWidth), Math.min(around[3], top + element.clientHeight),
    ];
  });
  const visiblePart = (element, box) => {
    const within = frame(element);
    const left = Math.max(box.left, within[0]), top = Math.max(box.top, within[1]);
    const right = Math.min(box.right, within[2]), bottom = Math.min(box.bottom, within[3]);
    return right - left > 1 && bottom - top > 1 ? new DOMRect(left, top, right - left, bottom - top) : null;
  };
  const path = (element) => {
    const parts = [];
    for (let at = element; at && at !== document.body && parts.length < 3; at = at.parentElement) {
      parts.unshift(at.tagName.toLowerCase() + (at.classList.length ? "." + [...at.classList].join(".") : ""));
    }
    return parts.join(" > ");
  };

  // What the page holds, counted another way: the browser's own idea of its visible text.
  const held = (within) => trees(within).reduce((count, tree) => {
    const parts = tree instanceof ShadowRoot ? [...tree.children].filter((each) => !each.matches("link, style")) : [tree];
    for (const part of parts) count += letters(part.innerText);
    for (const select of tree.querySelectorAll("select")) count -= letters(select.innerText);
    for (const field of tree.querySelectorAll(FIELDS)) {
      if (field.checkVisibility({ visibilityProperty: true })) count += letters(field.value || field.placeholder || "");
    }
    return count;
  }, 0);

  // Controls that show their edge: fields, boxes to tick.
  const controls = (within) => [...(within ?? document).querySelectorAll("input:not([type=hidden], [type=range], [type=submit], [type=button]), textarea, select")]
    .filter((field) => field.checkVisibility({ visibilityProperty: true }) && !field.disabled && !covered(field, field.getBoundingClientRect()))
    .map((field) => {
      const box = field.getBoundingClientRect();
      return { where: path(field), box: [box.left, box.top, box.right, box.bottom] };
    })
    .filter(({ box }) => box[2] - box[0] > 4 && box[3] - box[1] > 4);

  // One element of each kind of button and link, for the states that a pointer or a key brings about.
  const kinds = (rails, within) => {
    const found = new Map();
    for (const element of (within ?? document).querySelectorAll("a[href], button, summary, input[type=submit], .form-control, .form-select")) {
      // what a hovered rail shows lies over the page beside it: rails are looked at by themselves
      if (!within && Boolean(element.closest(".rail")) !== rails) continue;
      const box = element.getBoundingClientRect();
      if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true, contentVisibilityAuto: true })) continue;
      if (box.width < 4 || box.height < 4 || !element.matches("input, textarea, select") && !letters(element.innerText || "") && !element.querySelector("svg")) continue;
      const key = `${path(element)} ${element.getAttribute("aria-pressed")} ${element.getAttribute("aria-current")}`;
      if (!found.has(key)) found.set(key, element);
    }
    [...found.values()].forEach((element, number) => element.setAttribute("data-kind", number));
    return found.size;
  };
  const forget = () => document.querySelectorAll("[data-kind]").forEach((each) => each.removeAttribute("data-kind"));
  const switchOff = (off) => {
    for (const each of document.querySelectorAll("[data-kind]:is(button, input, select, textarea)")) {
      if (off) each.was = each.disabled;
      each.disabled = off || each.was;
    }
  };
  // A list goes on in the same way: a few of its rows stand for all.
  const trim = (most) => {
    for (const kind of [".post", ".topic-row", ".person", ".authored-post", ".tag-cloud > li"]) {
      [...document.querySelectorAll(kind)].slice(most).forEach((each) => each.remove());
    }
    document.querySelectorAll(".sentinel, .stretch-link[hx-trigger]").forEach((each) => each.classList.contains("sentinel") && each.remove());
  };
  const states = () => {
    afresh();
    return [...document.querySelectorAll("[data-kind]")].flatMap((element) => gathered(element).runs);
  };

  const VEIL = new CSSStyleSheet();
  VEIL.replaceSync(`*, *::before, *::after, *::placeholder, *::marker { color: transparent !important; -webkit-text-fill-color: transparent !important;
    text-shadow: none !important; text-decoration-color: transparent !important; caret-color: transparent !important; fill: transparent !important; }`);
  const roots = () => [document, ...trees().slice(1)];
  const veil = () => roots().forEach((root) => { root.adoptedStyleSheets = [VEIL]; });
  const unveil = () => roots().forEach((root) => { root.adoptedStyleSheets = []; });

  // A word that is too pale for any page.
  const canary = (place) => {
    const word = document.createElement("p");
    Object.assign(word, { id: "canary", textContent: "canary" });
    word.style.cssText = "color: rgba(128, 128, 128, .4); position: relative; z-index: 99; pointer-events: auto";
    document.querySelector(place).prepend(word);
  };

  // How everything is painted, in one text.
  const painted = () => JSON.stringify([...document.querySelectorAll("body *")].map((element) => {
    const style = getComputedStyle(element);
    return [style.color, style.backgroundColor, style.backgroundImage, style.borderColor, style.boxShadow, style.colorScheme];
  }));

  // Of the gallery's samples only those of the worn skin stay in the page; the others come back with their skins.
  const samples = new Map();
  const show = (skin) => {
    const gallery = document.querySelector(".gallery");
    if (!gallery) return;
    for (const each of gallery.children) samples.set(each.id, each);
    gallery.replaceChildren(...[samples.get(`sample-${skin}`)].filter(Boolean));
  };

  // Dresses the page in a look.
  const wear = (href, theme, skin) => new Promise((done, failed) => {
    show(skin);
    const old = document.querySelector("#skin");
    document.documentElement.dataset.bsTheme = theme;
    if (old.getAttribute("href") === href) return done();
    const fresh = document.createElement("link");
    Object.assign(fresh, { rel: "stylesheet", href, onerror: () => failed(new Error(href)) });
    fresh.onload = () => { old.remove(); fresh.id = "skin"; done(); };
    old.after(fresh);
  }).then(() => document.fonts.ready).then(() => undefined);
  const runAxe = async (tags) => {
    document.querySelectorAll("[data-inert]").forEach((each) => { each.inert = true; });
    const { violations, passes } = await axe.run(document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] });
    // elementFromPoint does not meet what is inert
    document.querySelectorAll("[inert]").forEach((each) => { each.dataset.inert = ""; each.inert = false; });
    const why = (node) => node.any[0]?.message ?? node.failureSummary ?? "";
    return { passes: passes.length, found: violations.flatMap(({ id, nodes }) => nodes.map((node) => [id, node.target.join(" "), why(node)])) };
  };

  // --- beside: pixels ---
  const linear = (value) => { value /= 255; return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4; };
  const table = Float64Array.from({ length: 256 }, (_, value) => linear(value));
  const luminance = (red, green, blue) => 0.2126 * table[Math.round(red)] + 0.7152 * table[Math.round(green)] + 0.0722 * table[Math.round(blue)];
  const ratio = (one, two) => (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
  const picture = async (base64) => {
    const blob = await (await fetch(`data:image/png;base64,${base64}`)).blob();
    const bitmap = await createImageBitmap(blob);
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, bitmap.width, bitmap.height);
  };
  const ink = (text) => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d");
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const inks = new Map();
  // How far a run stands out from what is behind it: all but the worst fiftieth of its pixels reach this.
  const reached = (run, image, words) => {
    if (!inks.has(run.colour)) inks.set(run.colour, ink(run.colour));
    const [red, green, blue, alpha] = inks.get(run.colour);
    const share = alpha * run.alpha;
    const counts = new Map();
    let total = 0;
    for (const [left, top, right, bottom] of run.boxes) {
      for (let y = Math.max(0, Math.ceil(top)); y < Math.min(image.height, Math.floor(bottom)); y += 2) {
        for (let x = Math.max(0, Math.ceil(left)); x < Math.min(image.width, Math.floor(right)); x += 2) {
          const below = words[y * image.width + x];
          counts.set(below, (counts.get(below) ?? 0) + 1);
          total++;
        }
      }
    }
    if (!total) return null;
    const parts = (word) => [word & 255, (word >> 8) & 255, (word >> 16) & 255];
    const backdrop = run.beside && parts(words[Math.round(run.beside[1]) * image.width + Math.max(0, Math.round(run.beside[0]))]);
    const ratios = [...counts].map(([word, count]) => {
      const below = parts(word), [r, g, b] = backdrop ?? below;
      const front = luminance(red * share + r * (1 - share), green * share + g * (1 - share), blue * share + b * (1 - share));
      return [ratio(front, luminance(...below)), count];
    }).sort(([one], [two]) => one - two);
    let passed = 0;
    return ratios.find(([, count]) => (passed += count) > Math.floor(total * 0.02))[0];
  };
  const judge = async (runs, base64, disabledLeast) => {
    const image = await picture(base64), words = new Uint32Array(image.data.buffer);
    const failures = [];
    let unseen = 0;
    for (const run of runs) {
      const worst = reached(run, image, words);
      const least = run.disabled ? disabledLeast : run.large ? 3 : 4.5;
      if (worst === null) unseen += run.letters;
      else if (worst < least - 0.005) failures.push({ ...run, boxes: undefined, ratio: Math.round(worst * 100) / 100, least });
    }
    return { failures, unseen };
  };
  const edges = async (controls, base64) => {
    const image = await picture(base64);
    const pixel = (x, y) => {
      const at = 4 * (Math.min(image.height - 1, Math.max(0, Math.round(y))) * image.width + Math.min(image.width - 1, Math.max(0, Math.round(x))));
      return luminance(image.data[at], image.data[at + 1], image.data[at + 2]);
    };
    return controls.flatMap(({ where, box }) => {
      const x = (box[0] + box[2]) / 2, outside = pixel(x, box[3] + 5);
      let best = 1;
      for (let y = box[3] - 4; y <= box[3] + 1; y++) best = Math.max(best, ratio(pixel(x, y), outside));
      return best < 2.95 && box[3] + 6 < image.height ? [{ where, ratio: Math.round(best * 100) / 100, least: 3, text: "(edge)" }] : [];
    });
  };

  globalThis.gauge = { canary, painted, wear, axe: runAxe, collect, turns, turn: (within, turn) => { turnTo(within, turn); }, held, controls, kinds, forget, switchOff, trim, states, veil, unveil, judge, edges };
})();

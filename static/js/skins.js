// Skins: a menu that shows a skin before it is chosen, and a change without an undressed frame.
(() => {
  "use strict";

  const worn = () => [...document.querySelectorAll("link.skin")].filter((link) => link.dataset.off === undefined);
  const keep = 8; // stylesheets that stay loaded though nobody wears them
  const describe = () => ({
    sheets: worn().map((link) => [link.getAttribute("href"), link.dataset.media ?? (link.media === "all" ? "" : link.media)]),
    fonts: [],
    theme: document.documentElement.dataset.bsTheme,
  });
  let saved = null; // what the reader has chosen, while another skin is only looked at
  let fading = null; // the transition from one skin into another
  let wanted = null; // the look that was asked for last: slower ones that arrive later are not worn

  // At once: setting the attribute would have the browser fetch the file again first.
  const hold = (link, media) => { if (link.sheet) link.sheet.media.mediaText = media; else link.media = media; };

  // A stylesheet that is fetched and parsed, but holds nowhere yet.
  function load(href) {
    const there = document.querySelector(`link.skin[href="${CSS.escape(href)}"]`);
    if (there) return there.ready ?? Promise.resolve(there);
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.className = "skin";
    link.media = "not all";
    link.dataset.off = "";
    link.href = href;
    link.ready = new Promise((resolve, reject) => {
      link.addEventListener("load", () => resolve(link));
      link.addEventListener("error", () => { link.remove(); reject(new Error(href)); });
    });
    [...document.querySelectorAll("link.skin")].pop().after(link);
    return link.ready;
  }
  const fetched = new Set();
  function loadFont(href) {
    if (fetched.has(href) || document.querySelector(`link[rel="preload"][href="${CSS.escape(href)}"]`)) return null;
    fetched.add(href);
    const link = document.createElement("link");
    Object.assign(link, { rel: "preload", as: "font", type: "font/woff2", crossOrigin: "anonymous", href });
    const ready = new Promise((resolve) => { link.onload = link.onerror = resolve; });
    document.head.append(link);
    return Promise.race([ready, new Promise((resolve) => setTimeout(resolve, 400))]);
  }

  const same = (one, other) => one && JSON.stringify([one.sheets, one.theme]) === JSON.stringify([other.sheets, other.theme]);
  async function dress(look, fade = true) {
    if (same(wanted, look)) return;
    wanted = look;
    let links;
    try {
      links = await Promise.all(look.sheets.map(([href]) => load(href)));
      await Promise.all((look.fonts ?? []).map(loadFont));
    } catch {
      if (wanted === look) wanted = null;
      return;
    }
    if (wanted !== look) return;
    // another font makes other line breaks: what is being read stays where it is
    const mark = scrollY > 0 && document.elementFromPoint(innerWidth / 2, innerHeight / 8)?.closest(".post, .row-item, main > *");
    const top = mark && mark.getBoundingClientRect().top;
    const change = () => {
      document.documentElement.dataset.bsTheme = look.theme;
      // order matters where one lies over another: the worn ones go last, in theirs
      links.forEach((link, place) => {
        const media = look.sheets[place][1];
        delete link.dataset.off;
        link.dataset.media = media;
        hold(link, media || "all");
      });
      document.getElementById("skin").removeAttribute("id");
      links[0].id = "skin";
      for (const link of document.querySelectorAll("link.skin")) {
        if (links.includes(link)) continue;
        link.dataset.off = "";
        hold(link, "not all");
      }
      const idle = [...document.querySelectorAll("link.skin[data-off]")];
      for (const link of idle.slice(0, Math.max(0, idle.length - keep))) link.remove();
      if (links.length > 1) links.reduce((before, link) => { before.after(link); return link; });
      if (!mark) return;
      const stay = () => scrollBy({ top: mark.getBoundingClientRect().top - top, behavior: "instant" });
      stay();
      // a font that is late breaks the lines once more: again, unless the reader has moved on
      const read = scrollY;
      document.fonts.ready.then(() => { if (wanted === look && scrollY === read && mark.isConnected) stay(); });
    };
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (fade && document.startViewTransition && !still && !document.hidden) {
      const transition = fading = document.startViewTransition(change);
      transition.ready.catch(() => {}); // the next one may overtake it
      transition.finished.catch(() => {}).then(() => { if (fading === transition) fading = null; });
      await transition.updateCallbackDone;
    }
    else change();
  }

  // While it begins, the browser takes a click on anything for one on <html>: it is meant for what lies there.
  document.addEventListener("click", (event) => {
    if (!fading || event.target !== document.documentElement) return;
    event.stopPropagation();
    const { clientX, clientY } = event;
    fading.finished.catch(() => {}).then(() => document.elementFromPoint(clientX, clientY)?.click());
  }, true);

  document.addEventListener("livery:skin", (event) => {
    saved = hovered = looks = null;
    comfort(event.detail.comfort);
    dress(event.detail);
  });

  // Somebody who logs in has a look of his own, and leaves it when he logs out: the new page says what is worn.
  document.addEventListener("htmx:after:swap", (event) => {
    const text = event.detail.ctx?.text ?? "";
    const end = text.indexOf("</head>");
    if (end < 0) return;
    const page = new DOMParser().parseFromString(text.slice(0, end), "text/html");
    const sheets = [...page.querySelectorAll("link.skin")].map((link) => [link.getAttribute("href"), link.media]);
    if (!sheets.length) return;
    looks = null;
    comfort(page.documentElement.dataset);
    const look = { sheets, fonts: [], theme: page.documentElement.dataset.bsTheme };
    if (!same(describe(), look)) dress(look);
  });
  function comfort(chosen) {
    for (const name of ["size", "font", "density", "keys"]) {
      if (chosen?.[name]) document.documentElement.dataset[name] = chosen[name];
      else delete document.documentElement.dataset[name];
    }
  }

  // --- looking at a skin before choosing it: hover or focus; leaving, Escape and closing put things back ---
  // What each choice would come to, the server says when the menu is opened.
  let looks = null, hovered = null;
  function ahead() {
    const answer = (looks ??= fetch("/skins/looks").then((found) => (found.ok ? found.json() : {})));
    answer.catch(() => { if (looks === answer) looks = null; });
    return answer;
  }
  async function look(event) {
    const button = event.target.closest?.('#skin-menu button[name="skin"]');
    if (!button || button === hovered) return;
    hovered = button;
    const found = await ahead().then((all) => all[button.value], () => null);
    if (!found || hovered !== button) return;
    saved ??= describe();
    dress(found);
  }
  function back() {
    hovered = null;
    if (!saved) return;
    const look = saved;
    saved = null;
    dress(look);
  }
  // while one skin fades into another the browser says that the pointer is over <html>: that is no leaving
  document.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "mouse" || event.target === document.documentElement) return;
    if (event.target.closest("#skin-menu .menu-sheet")) look(event);
    else back();
  });
  document.addEventListener("focusin", (event) => {
    if (event.target.matches?.(":focus-visible")) look(event);
    if (!event.target.closest?.("#skin-menu")) back();
  });
  document.addEventListener("pointerout", (event) => {
    if (event.pointerType === "mouse" && !event.relatedTarget) back(); // out of the window
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") back(); }, true);
  document.addEventListener("toggle", (event) => {
    if (event.target.id !== "skin-menu") return;
    if (event.target.open) ahead();
    else back();
  }, true);
})();

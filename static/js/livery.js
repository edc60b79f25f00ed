// What a page can do beyond its forms and links. Everything here only adds to what works without it.
(() => {
  "use strict";

  const $ = (selector, root = document) => root.querySelector(selector);
  const announce = (words) => { $("#announcer").textContent = words; };
  const reading = () => $(".topic");

  // --- menus: <details> closed by Escape (focus returns) and by a click elsewhere ---
  const openMenus = () => [...document.querySelectorAll("details.menu[open]")];
  document.addEventListener("click", (event) => {
    for (const menu of openMenus()) {
      if (!menu.contains(event.target)) menu.open = false;
      else if (event.target.closest("a.menu-item:not(.menu-ask), .act button, #topic-sort button")) menu.open = false;
    }
    if (event.target.closest(".message")) $("#messages").replaceChildren();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const menu = openMenus().pop();
      if (menu) {
        menu.open = false;
        $("summary", menu).focus();
      } else if ($("#dock .composer") && !$("#dock textarea").value.trim()) closeComposer();
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const form = event.target.closest(".composer");
      if (form) {
        event.preventDefault();
        form.requestSubmit($(".send", form));
      }
    }
  });
  // a menu whose entries depend on who looks is asked for when it is first opened
  document.addEventListener("toggle", (event) => {
    const link = event.target.open && $('.menu-sheet > [hx-trigger~="livery:opened"]', event.target);
    if (link) htmx.trigger(link, "livery:opened");
  }, true);
  // a question in a menu begins with its first field
  document.addEventListener("htmx:after:swap", (event) => {
    const link = event.detail.ctx.sourceElement;
    if (link?.matches?.(".menu-ask")) $(`${link.getAttribute("hx-target")} :is(input:not([type=hidden]), select, button)`)?.focus();
  });
  // --- what can be undone is offered for some seconds, longer while somebody is at it ---
  function fade(offer) {
    setTimeout(() => (offer.matches(":hover, :focus-within") ? fade(offer) : offer.remove()), offer.dataset.seconds * 1000);
  }
  const offered = new WeakSet();
  function offers() {
    for (const offer of document.querySelectorAll("#undo > .undo")) {
      if (!offered.has(offer)) fade(offer);
      offered.add(offer);
    }
  }
  // where the style sheet's scroll-initial-target is not known yet: the tab that is open can be seen in its row
  function tabs() {
    if (CSS.supports("scroll-initial-target", "nearest")) return;
    for (const tab of document.querySelectorAll(".tabs-scroll [aria-current]")) {
      const row = tab.closest(".tabs-scroll");
      if (!row.scrollLeft) row.scrollLeft = tab.getBoundingClientRect().left - row.getBoundingClientRect().left - 24;
    }
  }
  for (const shown of [offers, tabs]) {
    document.addEventListener("htmx:after:settle", shown);
    shown();
  }
  document.addEventListener("htmx:after:swap", (event) => {
    if (!event.detail.ctx.sourceElement?.matches?.("#topic-sort form")) return;
    const summary = $("#topic-sort > summary");
    summary.focus({ preventScroll: true });
    announce(summary.textContent.trim());
  });
  // menus and links over the answer's own: a toggle that is already open closes
  document.addEventListener("htmx:before:request", (event) => {
    const source = event.detail.ctx.sourceElement;
    const place = source.matches(".replies-toggle, .vote-score, .post-edited") && $(source.getAttribute("hx-target"));
    if (place && place.childElementCount) {
      event.preventDefault();
      place.replaceChildren();
      if (source.hasAttribute("aria-expanded")) source.setAttribute("aria-expanded", "false");
    } else if (place && source.hasAttribute("aria-expanded")) source.setAttribute("aria-expanded", "true");
    // what is already being written is not replaced by a fresh composer
    const body = $("#dock textarea");
    if (source.matches('[hx-target="#dock"]') && !source.closest("#dock") && body && body.value.trim()) {
      event.preventDefault();
      if (source.matches(".quote")) addQuote(source, body);
      else body.focus();
    }
  });

  // --- no answer at all, or none of this site's (a proxy's, while the site starts again): said in words, and what was
  // sent stays where it was typed ---
  function unreachable({ sourceElement }) {
    if (sourceElement?.id === "live") return;
    const message = document.createElement("p");
    message.className = "alert alert-danger message";
    message.textContent = $("#messages").dataset.unreachable;
    $("#messages").replaceChildren(message);
  }
  document.addEventListener("htmx:error", (event) => {
    if (event.detail.ctx && !event.detail.ctx.response) unreachable(event.detail.ctx);
  });
  document.addEventListener("htmx:after:request", (event) => {
    const { ctx } = event.detail, { status, headers } = ctx.response;
    if (status < 400 || headers.has("HX-Retarget")) return;
    if (ctx.select ? ctx.text.includes('id="page"') : status < 500 && !/<html/i.test(ctx.text)) return;
    event.preventDefault();
    unreachable(ctx);
  });
  // what was said of the last try goes when the reader does something else
  document.addEventListener("htmx:before:request", (event) => {
    if (event.detail.ctx.sourceEvent?.isTrusted) $("#messages")?.replaceChildren();
  });

  // --- composer ---
  // before htmx sees the click: for it, this is a link to the topic
  document.addEventListener("click", (event) => {
    if (!event.target.closest("#dock .composer-close")) return;
    event.preventDefault();
    event.stopPropagation();
    closeComposer();
  }, true);
  function closeComposer() {
    $("#dock").replaceChildren();
    opener?.isConnected && opener.focus();
  }
  let opener = null;
  document.addEventListener("htmx:after:swap", (event) => {
    const source = event.detail.ctx?.sourceElement;
    if (source?.matches?.('[hx-target="#dock"]')) opener = source;
    const body = $("#dock #composer-body");
    if (source?.matches?.(".quote") && body) {
      const part = selectedIn(source.closest(".post"));
      if (part) body.value = quoteOf(source, part);
      body.setSelectionRange(body.value.length, body.value.length);
      body.focus();
    }
  });
  let remembered = null; // the selection goes away when the button is pressed
  document.addEventListener("selectionchange", () => {
    const selection = getSelection();
    if (!selection.isCollapsed) {
      const node = selection.anchorNode?.parentElement?.closest(".post-body");
      if (node && node.contains(selection.focusNode)) remembered = { post: node.closest(".post"), text: selection.toString(), at: Date.now() };
    }
  });
  document.addEventListener("mousedown", (event) => { if (!event.target.closest(".quote")) remembered = null; });
  const selectedIn = (post) => (remembered && remembered.post === post ? remembered.text.trim() : "");
  const quoteOf = (link, text) =>
    `${link.dataset.lead}\n\n${text.split("\n").map((line) => (line ? `> ${line}` : ">")).join("\n")}\n\n`;
  function addQuote(link, body) {
    const part = selectedIn(link.closest(".post")) || $(".post-body", link.closest(".post")).innerText.trim();
    body.value = `${body.value.trimEnd()}\n\n${quoteOf(link, part)}`;
    body.focus();
    body.scrollTop = body.scrollHeight;
  }

  document.addEventListener("livery:sent", () => $("#dock").replaceChildren());
  document.addEventListener("livery:posted", (event) => {
    const { id, path, words } = event.detail;
    const settle = () => {
      const post = document.getElementById(`post-${id}`);
      if (post) {
        post.scrollIntoView({ block: "nearest" });
        post.focus({ preventScroll: true });
      }
      announce(words);
    };
    // htmx fires this when all parts are in place
    if (document.getElementById(`post-${id}`) || !reading()) settle();
    else visit(path).then(settle);
  });
  document.addEventListener("livery:changed", (event) => {
    const { words, focus } = event.detail;
    if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
    announce(words);
  });
  // another moderator dealt with a case of this inbox
  document.addEventListener("livery:case", (event) => {
    const target = `#case-${event.detail.number}`;
    const address = document.querySelector(`${target} h2 a`)?.getAttribute("href");
    if (address) htmx.ajax("GET", address, { target, swap: "outerMorph" });
  });
  document.addEventListener("livery:voted", (event) => announce(event.detail.words));
  const visit = (path) => htmx.ajax("GET", path, { target: "#page", select: "#page", swap: "outerHTML show:none", push: "true" });

  // a log-in in place begins a new session: every form of the page gets the proof that came with the answer
  document.addEventListener("htmx:after:settle", (event) => {
    const fields = event.detail.newContent.flatMap((part) => [...(part.querySelectorAll?.('[name="csrf_token"]') ?? [])]);
    if (!fields.length) return;
    for (const field of document.querySelectorAll('[name="csrf_token"]')) field.value = fields[0].value;
  });

  // what people wrote is kept from htmx (hx-ignore); its links within the site need no new document either
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".post-body a[href]");
    if (!link || link.origin !== location.origin || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    visit(link.pathname + link.search);
  });

  // --- a new page without a new document: the reader starts where he would have ---
  let going = null; // of two clicks in a row the later one counts, as it does with documents
  document.addEventListener("htmx:before:request", (event) => {
    if (event.detail.ctx.select !== "#page") return;
    going?.abort?.();
    going = event.detail.ctx.request;
  });
  document.addEventListener("htmx:after:swap", (event) => {
    const { ctx } = event.detail;
    const restored = ctx.request?.headers?.["HX-History-Restore-Request"];
    if (ctx.select !== "#page" && !restored) return;
    const anchor = ctx.request?.anchor && document.getElementById(ctx.request.anchor);
    const post = anchor || $(".post-target");
    if (post) {
      aimAt(post);
      post.focus({ preventScroll: true });
    } else if (restored) {
      returning = history.state;
      walkBack();
    } else {
      scrollTo(0, 0);
      $("#content").focus({ preventScroll: true });
    }
    $("#messages").replaceChildren();
    announce(ctx.title || document.title);
    begin();
    equip();
  });

  // --- back to a list that was read far down: what had been added to it is fetched again, up to the reader's place ---
  const list = () => $("#topics, #people, #authored");
  let returning = null;
  document.addEventListener("htmx:before:history:update", () => {
    if (list()) history.replaceState({ ...history.state, rows: list().childElementCount, top: scrollY }, "");
  });
  function walkBack() {
    if (!returning) return;
    const more = list()?.childElementCount < returning.rows && $(".sentinel", list());
    if (more) return more.scrollIntoView({ behavior: "instant" });
    if (returning.top !== undefined) scrollTo({ top: returning.top, behavior: "instant" });
    returning = null;
  }
  document.addEventListener("htmx:after:settle", walkBack);

  // --- reading a topic: the address and the navigator follow the post in view; earlier posts come without a jump ---
  let watcher = null;
  let last = ""; // the address that the reading gave this page; empty until the reader moves
  const inView = new Map();
  function begin() {
    watcher?.disconnect();
    inView.clear();
    last = "";
    const topic = reading();
    if (!topic) return;
    watcher = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (entry.isIntersecting) inView.set(entry.target, true);
        else inView.delete(entry.target);
      }
      follow();
    }, { rootMargin: "-48px 0px -50% 0px" });
    for (const post of topic.querySelectorAll(".stream > .post")) watcher.observe(post);
  }
  function follow() {
    const topic = reading();
    const posts = [...inView.keys()].filter((post) => post.isConnected);
    if (!topic || !posts.length) return;
    posts.sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top);
    const number = (aim?.isConnected && aim.dataset.number) || posts[0].dataset.number;
    const field = $("#navigator-number");
    if (field && field !== document.activeElement) field.value = number;
    const range = $(".navigator-range");
    if (range && range !== document.activeElement) range.value = number;
    const address = `${topic.dataset.path}${number === "1" ? "" : `/${number}`}${location.search.replace(/[?&](page|cursor|post)=[^&]*/g, "").replace(/^&/, "?")}`;
    if ((scrollY > 0 || last) && address !== last && location.pathname.startsWith(topic.dataset.path)) {
      last = address;
      history.replaceState(history.state ?? { htmx: true }, "", address);
    }
  }
  document.addEventListener("htmx:after:settle", (event) => {
    const stream = $("#stream");
    if (!stream || !watcher) return;
    for (const post of stream.querySelectorAll(":scope > .post")) watcher.observe(post);
  });
  // the post that was asked for stays at the top while its neighbours arrive, until the reader moves
  let aim = null;
  const aimAt = (post) => {
    aim = post;
    post?.scrollIntoView({ behavior: "instant" });
  };
  for (const move of ["wheel", "touchstart", "keydown", "pointerdown"]) addEventListener(move, () => { aim = returning = null; }, { passive: true });
  document.addEventListener("htmx:after:settle", () => { if (aim?.isConnected) aimAt(aim); });

  let held = null;
  document.addEventListener("htmx:before:swap", (event) => {
    const source = event.detail.ctx.sourceElement;
    if (source?.id !== "earlier") return;
    const first = $(".stream > .post");
    held = first && { post: first, top: first.getBoundingClientRect().top };
  });
  document.addEventListener("htmx:after:swap", () => {
    if (!held) return;
    scrollBy({ top: held.post.getBoundingClientRect().top - held.top, behavior: "instant" });
    held = null;
  });
  let before = 0;
  addEventListener("scroll", () => {
    const link = $("#earlier");
    if (link && scrollY < before && link.getBoundingClientRect().bottom > -600) htmx.trigger(link, "livery:earlier");
    before = scrollY;
  }, { passive: true });

  // --- navigator: dragging shows the number, letting go jumps ---
  document.addEventListener("input", (event) => {
    if (event.target.matches(".navigator-range")) $("#navigator-number").value = event.target.value;
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches(".navigator-range")) event.target.form.requestSubmit();
  });

  // --- what only members need comes with their first page, also in a document that a guest began ---
  function equip() {
    for (const address of ($("#page").dataset.scripts ?? "").split(" ").filter(Boolean)) {
      if ($(`script[src="${CSS.escape(address)}"]`)) continue;
      const script = document.createElement("script");
      script.src = address;
      document.head.append(script);
    }
  }

  begin();
  aimAt($(".post-target"));
  equip();
})();

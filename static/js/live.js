// A page that follows what happens: one stream of signals, and the parts that they name asked for again. Where no stream
// can be had the page looks for itself now and then. What one reads never moves.
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const LATEST = 60_000; // the longest wait between two tries, in milliseconds
  const PATIENCE = 20_000; // how long a hidden page goes on listening

  let page = null; // the element that says what this page follows
  let stream = null;
  let failures = 0;
  let heard = false; // whether a stream has ever worked here
  let timer = 0;
  let hiding = 0;
  let known = 0; // the last number of the topic that this page has, or has shown to be new
  let wanted = 0; // the last number there is
  let stamp = "";
  let busy = false;
  const posts = new Set(); // ids of posts that changed
  let frame = false; // whether header and tools changed
  let everything = false;
  let people = false; // whether somebody came, went, or is typing
  let own = ""; // a stamp that moves with the reader's own counts
  let counting = false; // whether the counts of the bell and of what is unread are to be asked for
  let topics = 0; // new topics that a list does not show

  const reading = () => $(".topic");
  const sort = () => $("#stream")?.dataset.sort ?? "oldest_to_newest";
  const numbers = () => [...document.querySelectorAll("#stream > .post")].map((post) => Number(post.dataset.number));

  // --- listening ---
  function begin() {
    const found = $("#live");
    if (found === page) return;
    const same = page && found && page.dataset.events === found.dataset.events && stream;
    page = found;
    $("#news").hidden = true;
    posts.clear();
    frame = everything = people = counting = false;
    topics = 0;
    clearTimeout(counter);
    due = Infinity;
    if (!page) return close();
    own = page.dataset.own ?? "";
    known = wanted = Number(page.dataset.number);
    stamp = page.dataset.stamp;
    if (same) return look();
    close();
    failures = 0;
    open();
  }
  function open() {
    clearTimeout(timer);
    if (!page || document.hidden) return;
    const mine = new EventSource(page.dataset.events);
    stream = mine;
    mine.addEventListener("hello", (event) => {
      failures = 0;
      heard = people = true;
      compare(JSON.parse(event.data));
    });
    mine.addEventListener("signal", (event) => {
      for (const line of event.data.split("\n")) take(line);
      soon();
    });
    mine.addEventListener("error", () => {
      if (stream !== mine) return;
      close();
      failures += 1;
      again();
    });
  }
  function close() {
    clearTimeout(timer);
    stream?.close();
    stream = null;
  }
  function again() {
    // where streams have never worked, the page looks for itself, and tries a stream again with the next page
    const looking = !heard && failures > 2;
    const wait = looking ? Number(page.dataset.poll) * 1000 : Math.min(LATEST, 500 * 2 ** failures);
    timer = setTimeout(looking ? () => look().finally(again) : open, wait * (0.8 + Math.random() * 0.4));
  }
  async function look() {
    if (!page || document.hidden) return;
    const from = page;
    try {
      const answer = await fetch(page.dataset.state);
      const now = answer.ok && await answer.json();
      if (now && from === page) compare(now);
    } catch { /* away; the next look tells */ }
  }
  function compare(now) {
    wanted = Math.max(wanted, now.number);
    if (stamp && stamp !== now.stamp) everything = true;
    if (own && own !== now.own) count(0);
    own = now.own;
    stamp = now.stamp;
    soon();
  }
  function take(line) {
    const [channel, what, number] = line.split(" ");
    if (channel === "lists") topics += 1;
    else if (what === "new") wanted = Math.max(wanted, Number(number));
    else if (what === "post") posts.add(number);
    else if (what === "topic") frame = true;
    else if (what === "people") people = true;
    else if (what === "bell") count(300);
    else if (what === "unread") count(1000 + Math.random() * 3000, Number(page.dataset.poll) * 1000);
    else if (what === "gone") document.getElementById(`post-${number}`)?.remove();
    else if (what === "all") everything = true;
    else if (what === "out") location.reload();
    else document.dispatchEvent(new CustomEvent(`livery:${what}`, { detail: { channel, number } }));
  }
  addEventListener("online", () => { if (page && !stream) { failures = 0; open(); } });
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hiding);
    if (document.hidden) hiding = setTimeout(close, PATIENCE);
    else if (page && !stream) { failures = 0; open(); }
    if (!document.hidden) soon();
  });
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => { if (event.persisted && page) open(); });

  // --- asking for what was named: one request at a time, so that everything comes once and in order ---
  let waiting = 0;
  let fading = 0;
  function soon() {
    clearTimeout(waiting);
    waiting = setTimeout(work, 30);
  }
  // the reader's own counts: at once when it is about him, in a while (not all readers at the same time) when somebody wrote
  let counter = 0;
  let due = Infinity;
  let counted = 0;
  function count(wait, apart = 1000) {
    const at = Math.max(Date.now() + wait, counted + apart);
    if (at >= due) return;
    due = at;
    clearTimeout(counter);
    counter = setTimeout(() => {
      due = Infinity;
      counting = true;
      soon();
    }, at - Date.now());
  }
  async function work() {
    if (busy || !page) return;
    busy = true;
    try {
      while (await step());
    } finally {
      busy = false;
    }
  }
  async function step() {
    if (topics) pill(topics, "topics");
    if (counting && !document.hidden) {
      counted = Date.now();
      counting = !(await ask("/live/own"));
      if (!counting) await arrivals();
      return !counting;
    }
    const topic = reading();
    if (!topic) return false;
    const base = `/topic/${topic.dataset.topic}`;
    const shown = numbers();
    if (everything || frame || posts.size > 5) {
      const first = shown.find((number) => document.querySelector(`#stream > [data-number="${number}"]`).getBoundingClientRect().bottom > 0) ?? 1;
      const span = everything || posts.size ? `&from=${Math.max(1, first - 15)}&to=${Math.min(first + 34, Math.max(1, ...shown))}` : "";
      everything = frame = false;
      if (span) posts.clear();
      const got = await ask(`${base}/fresh?sort=${sort()}&at=${$("#navigator-number")?.value || 1}${span}`);
      if (!got) everything = true;
      return got;
    }
    for (const id of posts) {
      posts.delete(id);
      if (!document.getElementById(`post-${id}`)) continue;
      const got = await ask(`/post/${id}/fresh?sort=${sort()}`);
      if (!got) posts.add(id);
      return got;
    }
    if (people) {
      people = false;
      if ($(".readers")) await ask(`${base}/readers`);
      clearTimeout(fading);
      if ($(".readers-typing")) fading = setTimeout(() => { people = true; soon(); }, 7000);
      return true;
    }
    while (known < wanted && shown.includes(known + 1)) known += 1; // one's own came with its answer
    if (known >= wanted || document.hidden) return false; // what is appended counts as read
    if (!atEnd()) {
      pill(wanted - known, "posts");
      return false;
    }
    return append();
  }
  async function append() {
    const topic = reading();
    const after = known;
    const last = wanted; // while the answer is on its way more may come, which it does not hold
    if (!(await ask(`/topic/${topic.dataset.topic}/news?after=${after}&sort=${sort()}`)) || reading() !== topic) return false;
    tidy();
    known = Math.max(known, ...numbers().filter((number) => number <= after + 50), last <= after + 50 ? last : 0);
    const first = $(`#stream > [data-number="${Math.min(...numbers().filter((number) => number > after))}"]`);
    const news = numbers().filter((number) => number > after).length;
    if (first && first.getBoundingClientRect().top > innerHeight - 40) pill(news, "posts", first);
    if (news) $("#announcer").textContent = words(news, "posts");
    return known > after;
  }
  let failed = false; // the last request found no network: what it was for is still to be asked
  document.addEventListener("htmx:error", (event) => { if (event.detail.ctx?.sourceElement?.id === "live") failed = true; });
  async function ask(path) {
    failed = false;
    await htmx.ajax("GET", path, { source: page, target: page, swap: "none" }).catch(() => { failed = true; });
    if (failed) setTimeout(soon, 2000);
    return !failed;
  }
  // what came twice goes, and what came late moves to its place
  function tidy() {
    const seen = new Map();
    let before = null;
    for (const post of [...document.querySelectorAll("#stream > .post")]) {
      const first = seen.get(post.id);
      if (first) {
        if (post.contains(document.activeElement)) first.focus({ preventScroll: true });
        post.remove();
        continue;
      }
      seen.set(post.id, post);
      const late = sort() === "oldest_to_newest" && before && Number(post.dataset.number) < Number(before.dataset.number);
      if (!late) {
        before = post;
        continue;
      }
      const place = [...document.querySelectorAll("#stream > .post")].find((other) => Number(other.dataset.number) > Number(post.dataset.number));
      place.before(post);
    }
  }

  // --- a reader at the end sees what comes; elsewhere a pill says how much there is ---
  function atEnd() {
    if (sort() === "newest_to_oldest") return Boolean($("#stream-newest")) && scrollY < 200;
    const end = sort() === "oldest_to_newest" && $("#stream-end");
    return Boolean(end) && end.getBoundingClientRect().top < innerHeight + 40;
  }
  function words(number, what) {
    const said = (what === "cases" ? inbox() : page).dataset;
    return number === 1 ? said[`${what}Single`] : said[`${what}Many`].replace("#", number);
  }
  let jump = null;
  function pill(number, what, first = null) {
    jump = { what, first };
    const button = $("#news");
    button.textContent = words(number, what);
    button.hidden = false;
  }
  document.addEventListener("click", async (event) => {
    if (event.target.id !== "news") return;
    $("#news").hidden = true;
    if (jump.what === "cases") return fetchCases(jump.first);
    if (jump.what === "topics") {
      topics = 0;
      return visit(location.pathname + location.search);
    }
    if (jump.first?.isConnected) return show(jump.first);
    const ready = sort() === "newest_to_oldest" ? $("#stream-newest") : sort() === "oldest_to_newest" && $("#stream-end");
    if (!ready) return visit(`${reading().dataset.path}/${known + 1}`);
    const after = known;
    while (known < wanted && (await append()));
    $("#news").hidden = true;
    const first = $(`#stream > [data-number="${Math.min(...numbers().filter((number) => number > after))}"]`);
    if (first) show(first);
  });
  function show(post) {
    post.scrollIntoView({ behavior: "instant" });
    post.focus({ preventScroll: true });
  }
  const visit = (path) => htmx.ajax("GET", path, { target: "#page", select: "#page", swap: "outerHTML show:none", push: "true" });
  addEventListener("scroll", () => {
    if ($("#news").hidden || jump?.what !== "posts") return;
    if (jump.first ? !jump.first.isConnected || jump.first.getBoundingClientRect().top < innerHeight - 80 : atEnd()) {
      $("#news").hidden = true;
      soon();
    }
  }, { passive: true });

  // --- the moderators' inbox: what has come since is told, and is put after what one works on when it is asked for ---
  const inbox = () => $(".moderation[data-state]");
  async function arrivals() {
    const from = inbox();
    if (!from) return;
    const answer = await fetch(from.dataset.state).catch(() => null); // away; the next signal tells
    const names = answer?.ok ? await answer.json() : [];
    if (from !== inbox()) return; // left meanwhile
    const fresh = names.filter((name) => !document.getElementById(`case-${name}`));
    if (fresh.length) {
      pill(fresh.length, "cases", fresh);
      $("#announcer").textContent = words(fresh.length, "cases");
    } else if (jump?.what === "cases") $("#news").hidden = true; // others were faster
  }
  async function fetchCases(names) {
    if (!$("#cases")) return visit(location.pathname + location.search);
    for (const name of names) {
      const address = `/moderation/${name.replace("flag-", "flags/").replace("registration-", "registrations/").replace("-", "/")}`;
      if (!document.getElementById(`case-${name}`)) await htmx.ajax("GET", address, { source: page, target: "#cases", swap: "append" });
    }
    document.getElementById(`case-${names[0]}`)?.querySelector("h2 a").focus();
  }

  // --- whoever writes a reply is seen to be typing ---
  let typed = 0;
  document.addEventListener("input", (event) => {
    const form = event.target.closest('form[action^="/topic/"][action$="/posts"]');
    if (!form || !stream || !$(".readers") || Date.now() - typed < 4000) return;
    typed = Date.now();
    const proof = new URLSearchParams({ csrf_token: $('[name="csrf_token"]', form)?.value ?? "" });
    fetch(form.getAttribute("action").replace(/posts$/, "typing"), { method: "POST", body: proof }).catch(() => {});
  });

  document.addEventListener("htmx:after:swap", () => {
    begin();
    tidy(); // the signal of one's own reply may be faster than its answer
  });
  begin();
})();

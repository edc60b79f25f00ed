// Uploads into the text that is being written: by button, pasted or dropped; with progress, description and cancel.
(() => {
  "use strict";

  const AT_ONCE = 2;
  const $ = (selector, root = document) => root.querySelector(selector);
  const area = (form) => $("textarea[name=body]", form);
  let busy = 0;
  const queue = [];

  function write(form, change) {
    const body = area(form), value = change(body.value);
    if (value === body.value) return;
    const at = body.selectionStart;
    body.value = value;
    body.setSelectionRange(at, at);
    body.dispatchEvent(new Event("input", { bubbles: true }));
  }
  function insert(form, words) {
    const body = area(form), at = body.selectionEnd;
    const before = body.value.slice(0, at), after = body.value.slice(at);
    const lead = before && !before.endsWith("\n") ? "\n\n" : "";
    body.value = `${before}${lead}${words}\n${after}`;
    const end = at + lead.length + words.length + 1;
    body.setSelectionRange(end, end);
    body.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function add(form, files) {
    const strip = $(".upload-strip", form);
    if (!strip) return;
    for (const file of files) {
      const item = document.createElement("li");
      const name = document.createElement("span");
      name.className = "upload-name";
      name.textContent = file.name;
      const progress = document.createElement("progress");
      progress.max = 1;
      progress.value = 0;
      progress.setAttribute("aria-label", file.name);
      const cancel = button(strip.dataset.cancel);
      item.append(name, progress, cancel);
      strip.append(item);
      const job = { form, file, item, progress, strip };
      cancel.addEventListener("click", () => {
        job.cancelled = true;
        job.request?.abort();
        item.remove();
        area(form).focus();
      });
      queue.push(job);
    }
    next();
  }
  function button(words) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "btn btn-quiet";
    made.textContent = words;
    return made;
  }
  function next() {
    while (busy < AT_ONCE && queue.length) {
      const job = queue.shift();
      if (!job.cancelled) send(job);
    }
  }
  function send(job) {
    busy += 1;
    const data = new FormData();
    data.set("file", job.file, job.file.name || "image.png");
    data.set("csrf_token", $('[name="csrf_token"]', job.form)?.value ?? "");
    const request = (job.request = new XMLHttpRequest());
    request.open("POST", "/uploads");
    request.setRequestHeader("HX-Request-Type", "partial"); // so that a refusal comes as a fragment
    request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) job.progress.value = event.loaded / event.total; });
    request.addEventListener("loadend", () => {
      busy -= 1;
      if (!job.cancelled) settle(job, request);
      next();
    });
    request.send(data);
  }
  function settle({ form, item, strip, file }, request) {
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const done = request.status === 200 && page.querySelector(".uploaded");
    for (const gone of item.querySelectorAll("progress, button")) gone.remove();
    const close = button(strip.dataset.dismiss);
    close.addEventListener("click", () => { item.remove(); area(form).focus(); });
    if (!done) {
      const words = document.createElement("span");
      words.className = "draft-problem";
      words.setAttribute("role", "alert");
      words.textContent = page.querySelector(".message p:not(.message-title)")?.textContent.trim() || strip.dataset.failed;
      item.append(words, close);
      return;
    }
    insert(form, done.dataset.markdown);
    $("#announcer").textContent = `${strip.dataset.done}: ${file.name}`;
    if (done.dataset.image) describe(form, item, strip, done.dataset);
    item.append(close);
  }
  // the words for those who cannot see the picture stand in the text itself
  function describe(form, item, strip, { markdown, image }) {
    const thumbnail = document.createElement("img");
    const address = markdown.slice(markdown.lastIndexOf("(") + 1, -1);
    thumbnail.src = address;
    thumbnail.alt = "";
    thumbnail.width = thumbnail.height = 32;
    const field = document.createElement("input");
    field.className = "form-control";
    field.maxLength = 500;
    field.placeholder = strip.dataset.alt;
    field.setAttribute("aria-label", strip.dataset.alt);
    field.addEventListener("input", (event) => {
      event.stopPropagation();
      const words = field.value.replace(/[[\]\\`\n]/g, " ");
      write(form, (text) => text.replace(new RegExp(`!\\[[^\\]]*\\]\\((/uploads/${image}/[^)]*)\\)`), (_all, found) => `![${words}](${found})`));
    });
    item.prepend(thumbnail);
    item.append(field);
  }

  // --- by button, pasted, dropped ---
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-attach]");
    if (!opener) return;
    const field = document.createElement("input");
    field.type = "file";
    field.multiple = true;
    field.accept = $('[name="file"]', opener.form).accept;
    field.addEventListener("change", () => add(opener.form, field.files));
    field.click();
  });
  document.addEventListener("paste", (event) => {
    const form = event.target.closest?.("form.composer");
    const files = [...(event.clipboardData?.files ?? [])];
    if (!form || !files.length || event.clipboardData.types.includes("text/plain") || !$(".upload-strip", form)) return;
    event.preventDefault();
    add(form, files);
  });
  const over = (event) => event.dataTransfer?.types.includes("Files") && event.target.closest?.("form.composer:has(.upload-strip)");
  document.addEventListener("dragover", (event) => {
    const form = over(event);
    if (!form) return;
    event.preventDefault();
    $(".write", form).classList.add("dropping");
  });
  for (const end of ["dragleave", "drop"]) {
    document.addEventListener(end, (event) => {
      const form = over(event);
      if (!form) return;
      $(".write", form).classList.remove("dropping");
      if (end === "dragleave") return;
      event.preventDefault();
      add(form, event.dataTransfer.files);
    });
  }
})();

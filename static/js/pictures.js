// The part of an image that becomes one's picture or cover: dragged and zoomed by pointer, wheel and keys. What is
// sent are three numbers; the server cuts.
(() => {
  "use strict";

  const images = new WeakMap();
  const field = (form, name) => form.elements[name];
  const within = (value, low, high) => Math.min(high, Math.max(low, value));

  function part(form) { // the part in pixels of the image, as core/images.py takes it
    const image = images.get(form), canvas = form.querySelector("canvas");
    const zoom = Number(field(form, "zoom").value), shape = canvas.width / canvas.height;
    const width = Math.min(image.width, image.height * shape) / zoom, height = width / shape;
    const middle = (name, whole, size) => within(Number(field(form, name).value) * whole, size / 2, whole - size / 2);
    return { image, canvas, width, height, x: middle("x", image.width, width), y: middle("y", image.height, height) };
  }
  function draw(form, across = 0, down = 0) { // moved by so many parts of what is shown
    const { image, canvas, width, height, x, y } = part(form);
    field(form, "x").value = within(x + across * width, width / 2, image.width - width / 2) / image.width;
    field(form, "y").value = within(y + down * height, height / 2, image.height - height / 2) / image.height;
    const now = part(form), pen = canvas.getContext("2d");
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(image, now.x - width / 2, now.y - height / 2, width, height, 0, 0, canvas.width, canvas.height);
  }
  function zoom(form, by) {
    field(form, "zoom").value = Number(field(form, "zoom").value) * by;
    draw(form);
  }
  const ready = (canvas) => canvas?.matches?.(".crop canvas") && images.has(canvas.closest("form")) && canvas.closest("form");

  document.addEventListener("change", async (event) => {
    const form = event.target.matches?.(".crop-form input[type=file]") && event.target.form;
    if (!form) return;
    const box = form.querySelector(".crop");
    images.delete(form);
    box.hidden = true;
    for (const [name, value] of [["x", 0.5], ["y", 0.5], ["zoom", 1]]) field(form, name).value = value;
    const file = event.target.files[0];
    if (!file) return;
    try {
      images.set(form, await createImageBitmap(file)); // turned upright, as the server does
    } catch {
      return; // no image that this browser knows: the server will say what it thinks of it
    }
    box.hidden = false;
    draw(form);
  });
  document.addEventListener("input", (event) => {
    const form = event.target.name === "zoom" && event.target.form;
    if (form && images.has(form)) draw(form);
  });
  document.addEventListener("pointerdown", (event) => {
    const form = ready(event.target);
    if (!form || event.button) return;
    const canvas = event.target;
    canvas.setPointerCapture(event.pointerId);
    let at = [event.clientX, event.clientY];
    const move = (now) => {
      draw(form, (at[0] - now.clientX) / canvas.clientWidth, (at[1] - now.clientY) / canvas.clientHeight);
      at = [now.clientX, now.clientY];
    };
    canvas.addEventListener("pointermove", move);
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => canvas.removeEventListener("pointermove", move), { once: true });
  });
  document.addEventListener("wheel", (event) => {
    const form = ready(event.target);
    if (!form) return;
    event.preventDefault();
    zoom(form, event.deltaY < 0 ? 1.1 : 1 / 1.1);
  }, { passive: false });
  document.addEventListener("keydown", (event) => {
    const form = ready(event.target);
    const act = form && {
      ArrowLeft: () => draw(form, -0.05, 0),
      ArrowRight: () => draw(form, 0.05, 0),
      ArrowUp: () => draw(form, 0, -0.05),
      ArrowDown: () => draw(form, 0, 0.05),
      "+": () => zoom(form, 1.1),
      "-": () => zoom(form, 1 / 1.1),
    }[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
})();

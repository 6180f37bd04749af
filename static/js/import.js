// The upload goes off as soon as a file is chosen or dropped; ticking a name ticks what it needs.

const upload = document.querySelector("[data-import-upload]");
if (upload) {
  const zone = upload.querySelector(".drop-zone");
  const field = upload.querySelector("input[type=file]");
  for (const kind of ["dragenter", "dragover"]) {
    zone.addEventListener(kind, () => zone.classList.add("drop-zone-over"));
  }
  for (const kind of ["dragleave", "drop"]) {
    zone.addEventListener(kind, () => zone.classList.remove("drop-zone-over"));
  }
  field.addEventListener("change", () => {
    if (!field.files.length) return;
    upload.querySelector("[data-drop-name]").textContent = field.files[0].name;
    zone.setAttribute("aria-busy", "true");
    upload.requestSubmit();
  });
}

const start = document.querySelector("[data-import-start]");
if (start) {
  const boxes = [...start.querySelectorAll("input[name=create]")];
  const all = start.querySelector("[data-tick-all]");
  const byKey = new Map(boxes.map((box) => [box.value, box]));

  const follow = (box) => {
    const needed = byKey.get(box.dataset.needs);
    if (box.checked && needed && !needed.checked) {
      needed.checked = true;
      follow(needed);
    }
    if (!box.checked) {
      for (const other of boxes) {
        if (other.dataset.needs === box.value && other.checked) {
          other.checked = false;
          follow(other);
        }
      }
    }
  };
  const sum = () => {
    if (!all) return;
    const ticked = boxes.filter((box) => box.checked).length;
    all.checked = ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  };
  for (const box of boxes) {
    box.addEventListener("change", () => {
      follow(box);
      sum();
    });
  }
  all?.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    all.indeterminate = false;
  });
  sum();
  // Twice is once: the second press would find the import started.
  start.addEventListener("submit", () => {
    const button = start.querySelector("[data-submit]");
    setTimeout(() => {
      button.disabled = true;
    });
  });
  window.addEventListener("pageshow", () => {
    const button = start.querySelector("[data-submit]");
    if (button) button.disabled = false;
  });
}

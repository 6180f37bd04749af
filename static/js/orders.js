// The technician's page: a clock that ticks, a sheet to sign on, a photo that is sent once taken.

// [data-clock-seconds]: counts on from the seconds that the server knows.
for (const face of document.querySelectorAll("[data-clock-seconds]")) {
  const began = Date.now() - Number(face.dataset.clockSeconds) * 1000;
  const two = (number) => String(number).padStart(2, "0");
  const show = () => {
    const seconds = Math.max(0, Math.floor((Date.now() - began) / 1000));
    const minutes = Math.floor(seconds / 60);
    face.textContent = `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
  };
  show();
  setInterval(show, 1000);
}

// [data-signature]: what is drawn on the canvas goes along as a PNG. Without a drawing, or without
// this script, the typed name is the signature.
const INK = "#111";
for (const form of document.querySelectorAll("[data-signature]")) {
  const pad = form.querySelector("[data-signature-pad]");
  const canvas = form.querySelector("[data-signature-canvas]");
  const value = form.querySelector("[data-signature-value]");
  const pen = canvas.getContext("2d");
  let isDrawn = false;

  pad.hidden = false;
  const fit = () => {
    if (isDrawn) return;
    const scale = Math.min(window.devicePixelRatio || 1, 2);
    canvas.width = Math.round(canvas.clientWidth * scale);
    canvas.height = Math.round(canvas.clientHeight * scale);
    Object.assign(pen, { lineWidth: 2.2 * scale, lineCap: "round", lineJoin: "round" });
    pen.strokeStyle = pen.fillStyle = INK;
  };
  fit();
  new ResizeObserver(fit).observe(canvas);

  const point = (event) => [
    (event.offsetX * canvas.width) / canvas.clientWidth,
    (event.offsetY * canvas.height) / canvas.clientHeight,
  ];
  canvas.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    const [x, y] = point(event);
    pen.beginPath();
    pen.arc(x, y, pen.lineWidth / 2, 0, 2 * Math.PI);
    pen.fill();
    pen.beginPath();
    pen.moveTo(x, y);
    isDrawn = true;
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    for (const step of event.getCoalescedEvents?.() ?? [event]) pen.lineTo(...point(step));
    pen.stroke();
  });
  form.querySelector("[data-signature-clear]").addEventListener("click", () => {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    isDrawn = false;
    value.value = "";
    fit();
  });
  form.addEventListener("submit", () => {
    value.value = isDrawn ? canvas.toDataURL("image/png") : "";
  });
}

// Where something is changed in a dialog, the lists follow.
document.body.addEventListener("list:changed", () => location.reload());

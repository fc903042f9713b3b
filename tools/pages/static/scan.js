// Reading a badge with the camera of this browser, where it can read codes at all; else one types.
// No picture leaves the browser: frames go from the camera to its own reader of codes.
"use strict";

const EVERY_MS = 250;

// What a badge says: its code and the version of the consent; null for what is none.
function badge(text) {
  const parts = text.trim().split(":");
  if (parts.length === 3 && parts[0] === "PS1") return { code: parts[1], consent_version: parts[2] };
  return null;
}

function scanning(place) {
  const [button, video] = [place.querySelector("button"), place.querySelector("video")];
  const said = place.querySelector("[role=status]");
  const form = document.querySelector("form.card");
  const reader = new BarcodeDetector({ formats: ["qr_code"] });
  let stream = null;

  function stop() {
    if (stream !== null) stream.getTracks().forEach((track) => track.stop());
    stream = null;
    video.srcObject = null;
    video.hidden = true;
    button.textContent = place.dataset.camera;
  }

  function take(told) {
    for (const [name, value] of Object.entries(told)) form.elements[name].value = value;
    stop();
    said.textContent = place.dataset.read;
    form.elements.consent_version.focus();
  }

  async function look() {
    if (stream === null) return;
    const found = await reader.detect(video).catch(() => []);
    if (stream === null) return;
    const told = found.map((each) => badge(each.rawValue)).find((each) => each !== null);
    if (told) return take(told);
    if (found.length) said.textContent = place.dataset.other;
    setTimeout(look, EVERY_MS);
  }

  async function start() {
    said.textContent = "";
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      said.textContent = place.dataset.denied;
      return;
    }
    video.srcObject = stream;
    video.hidden = false;
    button.textContent = place.dataset.stop;
    said.textContent = place.dataset.reading;
    await video.play();
    look();
  }

  button.addEventListener("click", () => (stream === null ? start() : stop()));
  window.addEventListener("pagehide", stop);
  place.hidden = false;
}

document.addEventListener("DOMContentLoaded", () => {
  const place = document.getElementById("scan");
  if (place !== null && "BarcodeDetector" in window && navigator.mediaDevices) scanning(place);
});

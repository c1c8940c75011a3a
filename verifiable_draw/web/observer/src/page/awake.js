/**
 * Keeps the screen on: by the browser's wake lock where there is one (secure pages only), else by a silent video that
 * the page draws itself on a canvas, so that no bytes of a film are carried along.
 */

import { el } from "./dom.js";

let held = null;
let sound = null; // made at a tap, since browsers let no page be heard before

/** To be called from a tap, since browsers start no video without one. */
export async function keepAwake() {
  if (!sound && globalThis.AudioContext) sound = new AudioContext();
  if (held) return;
  held = await lock() || video();
}

async function lock() {
  try {
    const sentinel = await navigator.wakeLock.request("screen");
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") navigator.wakeLock.request("screen").catch(() => {});
    });
    return sentinel;
  } catch {
    return null;
  }
}

function video() {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [2, 2];
  if (!canvas.captureStream) return null;
  const pen = canvas.getContext("2d");
  const node = el("video", { class: "awake", muted: "", playsinline: "", loop: "", "aria-hidden": "true" });
  node.muted = true;
  node.srcObject = canvas.captureStream(2);
  let shade = 0;
  setInterval(() => { // a picture that never changes would be taken for a stopped film
    shade = 1 - shade;
    pen.fillStyle = shade ? "#000" : "#010101";
    pen.fillRect(0, 0, 2, 2);
  }, 500);
  document.body.append(node);
  node.play().catch(() => {});
  return node;
}

/** Two short tones and a shake, where the phone allows them: the roll is being called. */
export function ring() {
  if (navigator.vibrate) navigator.vibrate([200, 100, 200]);
  if (!sound || sound.state !== "running") return;
  for (const [after, pitch] of [[0, 660], [0.25, 880]]) {
    const tone = new OscillatorNode(sound, { frequency: pitch });
    const volume = new GainNode(sound, { gain: 0.2 });
    tone.connect(volume).connect(sound.destination);
    tone.start(sound.currentTime + after);
    tone.stop(sound.currentTime + after + 0.2);
  }
}

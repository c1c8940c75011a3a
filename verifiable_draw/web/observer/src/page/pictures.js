/** QR codes: the own compare code drawn, a neighbour's read from a photo; and the scribble. */

import jsQR from "jsqr";
import qrcode from "qrcode-generator";
import { byId } from "./dom.js";

const LONGEST = 1200; // pixels a side: enough for a QR code, light enough for a phone

/** Draws a text as a QR code into an element. */
export function drawQr(node, text) {
  const code = qrcode(0, "M");
  code.addData(text);
  code.make();
  const count = code.getModuleCount();
  const namespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(namespace, "svg");
  svg.setAttribute("viewBox", `-2 -2 ${count + 4} ${count + 4}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", text);
  let path = "";
  for (let y = 0; y < count; y++) for (let x = 0; x < count; x++) if (code.isDark(y, x)) path += `M${x} ${y}h1v1h-1z`;
  const squares = document.createElementNS(namespace, "path");
  squares.setAttribute("d", path);
  svg.append(squares);
  node.replaceChildren(svg);
}

/** @param {File} file a photo @returns {Promise<string>} the text of the QR code on it, "" if none was found */
export async function readPhoto(file) {
  const url = URL.createObjectURL(file);
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const scale = Math.min(1, LONGEST / Math.max(image.naturalWidth, image.naturalHeight));
    const [width, height] = [image.naturalWidth, image.naturalHeight].map((side) => Math.max(1, Math.round(side * scale)));
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width, height];
    const pen = canvas.getContext("2d");
    pen.drawImage(image, 0, 0, width, height);
    const found = jsQR(pen.getImageData(0, 0, width, height).data, width, height);
    return found ? found.data : "";
  } catch {
    return "";
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Lets the person draw; returns the list that grows: x, y and milliseconds of every point. */
export function scribble() {
  const points = [];
  const canvas = byId("scribble");
  const pen = canvas.getContext("2d");
  pen.lineWidth = 4;
  pen.lineCap = "round";
  let last = null;
  canvas.addEventListener("pointerdown", (event) => { last = null; canvas.setPointerCapture(event.pointerId); });
  canvas.addEventListener("pointermove", (event) => {
    if (!event.buttons || points.length > 3000) return;
    const box = canvas.getBoundingClientRect();
    const at = [(event.clientX - box.left) * canvas.width / box.width, (event.clientY - box.top) * canvas.height / box.height];
    points.push(at[0], at[1], event.timeStamp);
    if (last) {
      pen.beginPath();
      pen.moveTo(...last);
      pen.lineTo(...at);
      pen.stroke();
    }
    last = at;
  });
  return points;
}

/** Forgets what was drawn. */
export function clearScribble(points) {
  const canvas = byId("scribble");
  canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
  points.length = 0;
}

"use strict";

/*
 * The pad and the network that answers it: a drawing, or a test image, is prepared, read and looked
 * into; drawings can be kept.
 */

/**
 * Show the network's answer to what is drawn on the pad.
 *
 * @param {Network} network
 * @param {[number, number]} imageShape
 * @param {Framing} framing
 * @param {number} classes
 * @param {TestImages} images Images to try instead of a drawing.
 * @param {Inside} inside
 * @returns {function(number): void} Shows one of the test images to the network.
 */
function startDrawing(network, imageShape, framing, classes, images, inside) {
  const bars = new ProbabilityBars(byId("bars"), classes);
  byId("answer").classList.toggle("named", classNames.length > 0);
  const prepared = byId("prepared");
  [prepared.height, prepared.width] = imageShape;
  const pen = prepared.getContext("2d", { willReadFrequently: true });
  const hint = byId("sure").textContent;

  const answer = (pixels, label = null) => {
    const probabilities = softmax(computeLogits(network, pixels));
    const best = probabilities.indexOf(Math.max(...probabilities));
    byId("answer").textContent = nameOf(best);
    const truth = label === best ? ", correct" : `, wrong: it is ${nameOf(label)}`;
    const sure = `${percent(probabilities[best])} sure`;
    byId("sure").textContent = label === null ? sure : sure + truth;
    bars.show(probabilities, label);
    inside.show(pixels);
  };
  const forget = () => {
    pen.clearRect(0, 0, prepared.width, prepared.height);
    byId("answer").textContent = "";
    byId("sure").textContent = hint;
    bars.show(null);
    inside.show(null);
  };
  const speak = () => {
    const best = byId("answer").textContent;
    byId("spoken").textContent = best ? `The network answers ${best}, ${byId("sure").textContent}` : "";
  };
  const offer = startCollecting(imageShape, () => pad.clear());

  const aspect = Math.min(3 / 2, Math.max(2 / 3, imageShape[1] / imageShape[0]));
  const pad = new DrawingPad(byId("pad"), aspect, {
    onChange: () => {
      const { ink, height, width } = pad.read();
      byId("pad-hint").hidden = !pad.empty;
      const pixels = prepareDrawing(ink, height, width, imageShape, framing);
      offer(pixels);
      if (!pixels) {
        forget();
        return;
      }
      drawGrey(pen, pixels, imageShape);
      answer(pixels);
    },
    // After the last change, which is drawn in the next frame.
    onPause: () => requestAnimationFrame(() => requestAnimationFrame(speak)),
  });
  byId("undo").addEventListener("click", () => pad.undo());
  byId("clear").addEventListener("click", () => pad.clear());
  const ask = (number) => {
    pad.clear();
    requestAnimationFrame(() => {
      answer(images.draw(prepared, number), images.labels[number]);
      byId("pad-hint").hidden = false;
      speak();
    });
  };
  const random = () => ask(Math.floor(Math.random() * images.index.length));
  byId("random").addEventListener("click", random);
  return ask;
}

/**
 * Keep drawings with their classes, and save them.
 *
 * @param {[number, number]} imageShape
 * @param {function(): void} onKeep Called after a drawing was kept.
 * @returns {function(?Uint8ClampedArray): void} Offers a drawing, or null for none.
 */
function startCollecting(imageShape, onKeep) {
  if (!byId("collect")) return () => {};
  const collection = new Collection(imageShape);
  const buttons = [...document.querySelectorAll("#collect .keep")];
  let drawing = null;
  const show = () => {
    byId("kept").textContent = collection.describe(nameOf);
    const empty = collection.kept.length === 0;
    byId("remove-kept").disabled = byId("save-kept").disabled = empty;
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      collection.keep(drawing, Number(button.dataset.label));
      show();
      onKeep();
    });
  }
  byId("remove-kept").addEventListener("click", () => {
    collection.removeLast();
    show();
  });
  byId("save-kept").addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([collection.pack()], { type: "application/zip" }));
    link.download = "digits.zip";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  });
  return (pixels) => {
    drawing = pixels;
    buttons.forEach((button) => (button.disabled = !pixels));
  };
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Uint8ClampedArray} pixels (H * W)
 * @param {[number, number]} imageShape [H, W]
 */
function drawGrey(pen, pixels, [height, width]) {
  const image = new ImageData(width, height);
  pixels.forEach((pixel, n) => image.data.set([pixel, pixel, pixel, 255], 4 * n));
  pen.putImageData(image, 0, 0);
}

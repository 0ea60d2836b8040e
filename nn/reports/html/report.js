"use strict";

/*
 * Fills the page from its data and connects its buttons. Without scripts the page still has its
 * tables.
 */

/** @param {string} id */
function byId(id) {
  return document.getElementById(id);
}

/**
 * Draw the three charts; pointing at an epoch in one of them marks it in all.
 *
 * @param {object} histories
 */
function startCharts(histories) {
  const charts = [];
  const onPoint = (position) => charts.forEach((chart) => chart.show(position));
  const both = (history) => ["training", "validation"].map((name) => ({
    name,
    values: history[name],
  }));
  const short = (value) => String(Number(value.toPrecision(4)));
  const share = (value) => `${(100 * value).toFixed(2)}%`;
  const contents = {
    loss: { curves: both(histories.loss), write: short },
    accuracy: { curves: both(histories.accuracy), write: share, factor: 100, unit: "%" },
    "learning-rate": {
      curves: [{ name: "rate", values: histories.learningRate }],
      write: short,
      fromZero: true,
    },
  };
  for (const [id, content] of Object.entries(contents)) {
    charts.push(new LineChart(byId(id), { epochs: histories.epochs, onPoint, ...content }));
  }
}

/**
 * Show the images of a cell of the confusion matrix when it is clicked.
 *
 * @param {TestImages} images
 * @param {function(number[], number): void} onOpen
 */
function startConfusion(images, onOpen) {
  const cells = [...document.querySelectorAll("#confusion button")];
  const gallery = new Gallery(byId("cell-images"), byId("cell-more"), images, onOpen);
  const open = (cell) => {
    cells.forEach((each) => each.setAttribute("aria-pressed", String(each === cell)));
    const [label, predicted] = [Number(cell.dataset.true), Number(cell.dataset.predicted)];
    const numbers = images.select((t, p) => t === label && p === predicted);
    byId("cell-title").textContent = capitalized(describeClasses(label, predicted));
    byId("cell-count").textContent = countInWords(numbers.length, Number(cell.dataset.count));
    byId("cell").hidden = false;
    gallery.show(numbers);
    byId("cell").scrollIntoView({ block: "nearest" });
  };
  cells.forEach((cell) => cell.addEventListener("click", () => open(cell)));
  if (byId("confusion").matches("table")) moveWithArrows(cells);
}

/** @param {string} text */
function capitalized(text) {
  return text[0].toUpperCase() + text.slice(1);
}

/**
 * @param {number} shown
 * @param {number} count
 */
function countInWords(shown, count) {
  const images = count === 1 ? "1 image" : `${count} images`;
  return shown < count ? `${images}, ${shown} of them in this page` : images;
}

/**
 * Make a table of buttons a single stop of the Tab key; arrow keys move within it.
 *
 * @param {HTMLButtonElement[]} cells
 */
function moveWithArrows(cells) {
  const directions = {
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
  };
  const at = new Map(cells.map((cell) => [`${cell.dataset.true} ${cell.dataset.predicted}`, cell]));
  const stop = (chosen) => cells.forEach((cell) => (cell.tabIndex = cell === chosen ? 0 : -1));
  const side = byId("confusion").tBodies[0].rows.length;
  stop(cells[0]);
  for (const cell of cells) {
    cell.addEventListener("focus", () => stop(cell));
    cell.addEventListener("keydown", (event) => {
      if (!(event.key in directions)) return;
      event.preventDefault();
      const [down, right] = directions[event.key];
      let [row, column] = [Number(cell.dataset.true), Number(cell.dataset.predicted)];
      do {
        row += down;
        column += right;
      } while (row >= 0 && row < side && column >= 0 && column < side && !at.has(`${row} ${column}`));
      at.get(`${row} ${column}`)?.focus();
    });
  }
}

/**
 * Show a single test image with its probabilities in a dialog.
 *
 * @param {TestImages} images
 * @param {?Network} network
 * @param {number} classes
 * @returns {function(number[], number): void} Opens one of several images.
 */
function startDialog(images, network, classes) {
  const dialog = byId("one-image");
  const bars = network && new ProbabilityBars(byId("one-bars"), classes);
  let [numbers, position] = [[], 0];
  const show = (wanted) => {
    position = Math.min(numbers.length - 1, Math.max(0, wanted));
    const pixels = images.draw(byId("one-canvas"), numbers[position]);
    const label = images.labels[numbers[position]];
    if (bars) bars.show(softmax(computeLogits(network, pixels)), label);
    byId("one-title").textContent = images.describe(numbers[position]);
    byId("one-position").textContent = `${position + 1} of ${numbers.length}`;
    byId("one-previous").disabled = position === 0;
    byId("one-next").disabled = position === numbers.length - 1;
  };
  byId("one-previous").addEventListener("click", () => show(position - 1));
  byId("one-next").addEventListener("click", () => show(position + 1));
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") show(position - 1);
    if (event.key === "ArrowRight") show(position + 1);
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // a click outside its contents
  });
  return (all, chosen) => {
    numbers = all;
    show(chosen);
    dialog.showModal();
  };
}

/**
 * Show the network's answer to what is drawn on the pad.
 *
 * @param {Network} network
 * @param {[number, number]} imageShape
 * @param {Framing} framing
 * @param {number} classes
 * @param {TestImages} images Images to try instead of a drawing.
 */
function startDrawing(network, imageShape, framing, classes, images) {
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
  };
  const forget = () => {
    pen.clearRect(0, 0, prepared.width, prepared.height);
    byId("answer").textContent = "";
    byId("sure").textContent = hint;
    bars.show(null);
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
  byId("random").addEventListener("click", () => {
    pad.clear();
    const number = Math.floor(Math.random() * images.index.length);
    requestAnimationFrame(() => {
      answer(images.draw(prepared, number), images.labels[number]);
      byId("pad-hint").hidden = false;
      speak();
    });
  });
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

/** Copy the command, or select it if the page may not use the clipboard. */
function startCopying() {
  byId("copy").addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(byId("command").textContent);
      byId("copied").textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(byId("command"));
      byId("copied").textContent = "Selected; copy it with Ctrl-C";
    }
  });
}

/** Start every part of the page that has data. */
async function startReport() {
  const data = JSON.parse(byId("data").textContent);
  const { network: description, histories, imageShape, framing, classes, images } = data;
  classNames.push(...data.classNames);
  startCopying();
  if (histories.epochs.length > 0) startCharts(histories);

  const sprite = new Image();
  sprite.src = images.sprite;
  await sprite.decode();
  const network = description && readNetwork(description);
  const testImages = new TestImages({ ...images, sprite, shape: imageShape });
  const onOpen = startDialog(testImages, network, classes);
  startConfusion(testImages, onOpen);
  const mistakes = new Gallery(byId("mistakes"), byId("mistakes-more"), testImages, onOpen);
  mistakes.show(testImages.select((label, predicted) => label !== predicted));
  if (network) {
    startDrawing(network, imageShape, framing, classes, testImages);
    startWeights(network, imageShape, description.firstUnit);
  }
  document.documentElement.dataset.ready = "true";
}

startReport();

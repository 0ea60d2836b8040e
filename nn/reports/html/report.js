"use strict";

/*
 * Fills the page from its data and connects its buttons. Without scripts the page still has its
 * tables.
 */

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
  return shown < count ? `${images}, ${shown} of them on this page` : images;
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
        if (Math.min(row, column) < 0 || Math.max(row, column) >= side) return;
      } while (!at.has(`${row} ${column}`));
      at.get(`${row} ${column}`).focus();
    });
  }
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
  const { network: description, histories, imageShape, classes, images, film } = data;
  classNames.push(...data.classNames);
  startCopying();
  if (histories.epochs.length > 0) startCharts(histories);

  const sprite = await loadImage(images.sprite);
  const network = description && readNetwork(description);
  const testImages = new TestImages({ ...images, sprite, shape: imageShape });
  const bars = network && new ProbabilityBars(byId("one-answers"), classes);
  let ask = null;
  const onOpen = startDialog(
    testImages,
    (number, pixels) => {
      bars?.show(computeProbabilities(network, pixels), testImages.labels[number]);
    },
    network && ((number) => {
      ask(number);
      byId("inside").scrollIntoView();
    }),
  );
  startConfusion(testImages, onOpen);
  const mistakes = new Gallery(byId("mistakes"), byId("mistakes-more"), testImages, onOpen);
  mistakes.show(testImages.select((label, predicted) => label !== predicted));
  if (network) {
    const panel = new UnitPanel(byId("unit"), network, imageShape, testImages, onOpen);
    const inside = new Inside(network, imageShape, panel);
    const answer = new Answer(network, imageShape, classes, inside);
    ask = startDrawing(data, testImages, answer);
    startWeights(network, imageShape, description.firstUnit);
  }
  if (film) new Film(film, await loadImage(film.sprite), imageShape);
  document.documentElement.dataset.ready = "true";
}

startReport();

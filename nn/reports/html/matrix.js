"use strict";

/*
 * A confusion matrix that changes, as a table.
 */

const LEVELS = 5; // of colour, for mistakes

/**
 * Draw a confusion matrix.
 *
 * @param {HTMLElement} place
 * @param {?number[][]} matrix null if there is none to show.
 * @param {number} most The number of mistakes that gets the strongest colour.
 */
function drawMatrix(place, matrix, most) {
  if (!matrix) {
    place.textContent = "This run has no confusion matrix that fits a page.";
    return;
  }
  const table = document.createElement("table");
  table.className = "confusion";
  const caption = table.createCaption();
  caption.className = "unseen";
  caption.textContent = "Confusion matrix: rows are true classes, columns predicted classes";
  const cell = (row, tag, text, name = "") => {
    const made = document.createElement(tag);
    made.textContent = text;
    made.className = name;
    row.append(made);
  };
  const head = table.createTHead().insertRow();
  cell(head, "td", "");
  matrix.forEach((_, label) => cell(head, "th", nameOf(label), classNames.length ? "named" : ""));
  const body = table.createTBody();
  matrix.forEach((counts, label) => {
    const row = body.insertRow();
    cell(row, "th", nameOf(label));
    counts.forEach((count, predicted) => {
      const level = predicted === label ? 0 : Math.ceil((LEVELS * count) / most);
      cell(row, "td", count || "·", count ? `level-${level}` : "none");
    });
  });
  place.replaceChildren(table);
}

/**
 * @param {number[][][]} matrices
 * @returns {number} The largest number off the diagonals; at least 10, so that few stay pale.
 */
function mostMistakes(matrices) {
  const off = matrices.flatMap((matrix) =>
    matrix.flatMap((row, label) => row.filter((_, predicted) => predicted !== label)),
  );
  return Math.max(10, ...off);
}

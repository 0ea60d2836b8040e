"use strict";

/*
 * A single test image, large, with what was answered; and the way to the next one.
 */

/** @param {string} id */
function byId(id) {
  return document.getElementById(id);
}

/**
 * Start the dialog.
 *
 * @param {TestImages} images
 * @param {function(number, Uint8ClampedArray): void} onShow Given an image's number and pixels.
 * @param {?function(number): void} onLookInside Given the image to look at inside the network.
 * @returns {function(number[], number): void} Opens one of several images.
 */
function startDialog(images, onShow, onLookInside) {
  const dialog = byId("one-image");
  let [numbers, position] = [[], 0];
  const show = (wanted) => {
    position = Math.min(numbers.length - 1, Math.max(0, wanted));
    onShow(numbers[position], images.draw(byId("one-canvas"), numbers[position]));
    byId("one-title").textContent = images.describe(numbers[position]);
    byId("one-position").textContent = `${position + 1} of ${numbers.length}`;
    byId("one-previous").disabled = position === 0;
    byId("one-next").disabled = position === numbers.length - 1;
  };
  byId("one-inside").hidden = !onLookInside;
  byId("one-inside").addEventListener("click", () => {
    dialog.close();
    onLookInside(numbers[position]);
  });
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

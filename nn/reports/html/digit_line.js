"use strict";

/*
 * Several digits on one drawing, told apart and put in reading order, in the same steps as
 * nn/datasets/digit_line.py.
 */

const OVERLAP = 0.4; // of the narrower of two pieces; then they stand above each other in one digit
const SMALL = 0.45; // of the tallest digit's height; lower pieces are no digits
const NEAR = 0.25; // of it; a small piece within this distance is part of a digit

/**
 * One digit, or a part of one.
 *
 * @typedef {object} Piece
 * @property {number} start Its first column.
 * @property {number} stop The column after its last.
 * @property {number} height
 * @property {number[]} numbers Of the connected groups in it.
 */

/**
 * Return each digit's ink on a drawing of its own, from left to right.
 *
 * @param {Float32Array} ink From 0 (none) to 1, row by row, (height * width).
 * @param {number} height
 * @param {number} width
 * @returns {Float32Array[]} Empty if nothing is drawn.
 */
function separateDigits(ink, height, width) {
  const { groups, boxes } = connectedGroups(ink, height, width);
  if (boxes.length === 0) return [];
  const pieces = boxes.map((box, n) => ({
    start: box.left,
    stop: box.right + 1,
    height: box.bottom - box.top + 1,
    numbers: [n + 1],
  }));
  pieces.sort((a, b) => a.start - b.start || a.stop - b.stop || a.height - b.height);
  const digits = joinPieces(pieces);
  const digitOf = new Map(digits.flatMap((each, n) => each.numbers.map((number) => [number, n])));
  const separated = digits.map(() => new Float32Array(ink.length));
  for (let n = 0; n < ink.length; n++) {
    if (ink[n] === 0) continue;
    const digit = digitOf.get(groups[n] || nearestGroup(groups, height, width, n));
    if (digit !== undefined) separated[digit][n] = ink[n];
  }
  return separated;
}

/**
 * Join pieces above each other, then small ones to the digit beside them; drop those far from any.
 *
 * @param {Piece[]} pieces From left to right, at least one.
 * @returns {Piece[]} The digits.
 */
function joinPieces(pieces) {
  const joined = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    const narrower = last && Math.min(piece.stop - piece.start, last.stop - last.start);
    if (last && Math.min(piece.stop, last.stop) - piece.start > OVERLAP * narrower) {
      last.stop = Math.max(piece.stop, last.stop);
      last.height = Math.max(piece.height, last.height);
      last.numbers.push(...piece.numbers);
    } else {
      joined.push(piece);
    }
  }
  const tallest = Math.max(...joined.map((each) => each.height));
  const whole = joined.filter((each) => each.height >= SMALL * tallest);
  for (const piece of joined) {
    if (piece.height >= SMALL * tallest) continue;
    const gaps = whole.map((each) => Math.max(piece.start - each.stop, each.start - piece.stop));
    const gap = Math.min(...gaps);
    if (gap < NEAR * tallest) whole[gaps.indexOf(gap)].numbers.push(...piece.numbers);
  }
  return whole;
}

/**
 * Number the connected groups of ink, made one pixel wider, so that it does not matter where a
 * stroke is broken by a pixel.
 *
 * @param {Float32Array} ink
 * @param {number} height
 * @param {number} width
 * @returns {{groups: Int32Array, boxes: {top: number, bottom: number, left: number, right:
 *     number}[]}} Each pixel's group, from 1, 0 for none; and the box around each group.
 */
function connectedGroups(ink, height, width) {
  const groups = new Int32Array(ink.length);
  for (let n = 0; n < ink.length; n++) {
    if (ink[n] <= LEAST_INK) continue;
    const x = n % width;
    for (let row = Math.max(n - width, x); row <= n + width && row < ink.length; row += width) {
      groups[row] = -1; // ink without a number
      if (x > 0) groups[row - 1] = -1;
      if (x < width - 1) groups[row + 1] = -1;
    }
  }
  const boxes = [];
  const waiting = new Int32Array(ink.length); // each pixel waits once at most
  for (let first = 0; first < groups.length; first++) {
    if (groups[first] !== -1) continue;
    const box = { top: height, bottom: -1, left: width, right: -1 };
    const number = boxes.push(box);
    let count = 0;
    const visit = (n) => {
      if (groups[n] !== -1) return;
      groups[n] = number;
      waiting[count++] = n;
    };
    visit(first);
    while (count > 0) {
      const n = waiting[--count];
      const x = n % width;
      const y = (n - x) / width;
      box.top = Math.min(box.top, y);
      box.bottom = Math.max(box.bottom, y);
      box.left = Math.min(box.left, x);
      box.right = Math.max(box.right, x);
      if (y > 0) visit(n - width);
      if (y < height - 1) visit(n + width);
      if (x > 0) visit(n - 1);
      if (x < width - 1) visit(n + 1);
    }
  }
  return { groups, boxes };
}

/**
 * Return the group nearest to a pixel outside all of them, as faint edges are.
 *
 * @param {Int32Array} groups
 * @param {number} height
 * @param {number} width
 * @param {number} pixel
 * @returns {number}
 */
function nearestGroup(groups, height, width, pixel) {
  const [y, x] = [Math.floor(pixel / width), pixel % width];
  let [best, least] = [0, Infinity];
  // Rings of growing side; nothing farther out is nearer than what was found.
  for (let ring = 1; ring * ring < least; ring++) {
    for (let i = Math.max(0, y - ring); i <= Math.min(height - 1, y + ring); i++) {
      const step = Math.abs(i - y) === ring ? 1 : 2 * ring;
      for (let j = x - ring; j <= x + ring; j += step) {
        if (j < 0 || j >= width) continue;
        const distance = (i - y) ** 2 + (j - x) ** 2;
        const group = groups[i * width + j];
        if (group > 0 && distance < least) [best, least] = [group, distance];
      }
    }
  }
  return best;
}

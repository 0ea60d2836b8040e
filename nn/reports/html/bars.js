"use strict";

/*
 * A number for each class, as bars.
 */

const MOST_BARS = 20; // with more classes, only the ten most probable are shown

/** A bar for each class, as long as its probability. */
class ProbabilityBars {
  /**
   * @param {HTMLElement} list
   * @param {number} classes
   */
  constructor(list, classes) {
    this.rows = barRows(list, classes);
    this.show(null);
  }

  /**
   * @param {?Float64Array} probabilities (K), or null for none.
   * @param {?number} label The true class, if known.
   */
  show(probabilities, label = null) {
    const shown = mostOf(probabilities ?? new Float64Array(this.rows.length), this.rows.length);
    const best = probabilities ? probabilities.indexOf(Math.max(...probabilities)) : null;
    this.rows.forEach((row, n) => {
      const [name, track, share] = row.children;
      const probability = probabilities ? probabilities[shown[n]] : 0;
      name.textContent = nameOf(shown[n]);
      track.firstElementChild.style.width = `${100 * probability}%`;
      share.textContent = probabilities ? percent(probability) : "";
      row.classList.toggle("best", shown[n] === best);
      row.classList.toggle("true", shown[n] === label);
    });
  }
}

/** A bar for each class, to the right for a positive number and to the left for a negative one. */
class SignedBars {
  /**
   * @param {HTMLElement} list
   * @param {number} classes
   */
  constructor(list, classes) {
    list.className = "bars signed";
    this.rows = barRows(list, classes);
    this.show(null);
  }

  /** @param {?Float32Array} numbers (K), or null for none. */
  show(numbers) {
    const shown = numbers && mostOf(numbers, this.rows.length);
    const strongest = numbers ? Math.max(...numbers.map(Math.abs)) : 0;
    const best = numbers ? numbers.indexOf(Math.max(...numbers)) : null;
    this.rows.forEach((row, n) => {
      const [name, track, written] = row.children;
      const label = shown ? shown[n] : n;
      const number = numbers ? numbers[label] : 0;
      const fill = track.firstElementChild;
      fill.style.width = `${strongest ? (50 * Math.abs(number)) / strongest : 0}%`;
      fill.classList.toggle("negative", number < 0);
      name.textContent = nameOf(label);
      written.textContent = numbers ? number.toFixed(2).replace("-", "−") : "";
      row.classList.toggle("best", label === best);
    });
  }
}

/**
 * @param {HTMLElement} list
 * @param {number} classes
 * @returns {HTMLElement[]} A row for each class, or for ten of many, now in the list.
 */
function barRows(list, classes) {
  list.classList.toggle("named", classNames.length > 0);
  const rows = Array.from({ length: classes > MOST_BARS ? 10 : classes }, () => {
    const row = document.createElement("li");
    const track = span("track", "");
    track.append(span("fill", ""));
    row.append(span("label", ""), track, span("percent", ""));
    return row;
  });
  list.replaceChildren(...rows);
  return rows;
}

/**
 * @param {ArrayLike<number>} numbers
 * @param {number} most
 * @param {boolean} [inOrder] Whether all of them keep their order if they are no more than `most`.
 * @returns {number[]} The places of the largest numbers, the largest first.
 */
function mostOf(numbers, most, inOrder = true) {
  const places = [...numbers.keys()];
  if (inOrder && places.length <= most) return places;
  return places.sort((a, b) => numbers[b] - numbers[a]).slice(0, most);
}

"use strict";

/*
 * The probabilities of the classes as bars.
 */

const MOST_BARS = 20; // with more classes, only the ten most probable are shown

/** A bar for each class, as long as its probability. */
class ProbabilityBars {
  /**
   * @param {HTMLElement} list
   * @param {number} classes
   */
  constructor(list, classes) {
    this.classes = classes;
    list.classList.toggle("named", classNames.length > 0);
    this.rows = Array.from({ length: classes > MOST_BARS ? 10 : classes }, (_, label) => {
      const row = document.createElement("li");
      const track = span("track", "");
      track.append(span("fill", ""));
      row.append(span("label", nameOf(label)), track, span("percent", ""));
      return row;
    });
    list.replaceChildren(...this.rows);
    this.show(null);
  }

  /**
   * @param {?Float64Array} probabilities (K), or null for none.
   * @param {?number} label The true class, if known.
   */
  show(probabilities, label = null) {
    let shown = this.rows.map((_, n) => n);
    if (probabilities && this.classes > MOST_BARS) {
      const order = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
      shown = order.slice(0, this.rows.length);
    }
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

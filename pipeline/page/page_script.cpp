// SPDX-License-Identifier: Apache-2.0
// The script of a report. It touches what the page has and nothing else.
#include "pipeline/page/page_text.h"

namespace lorasweep {

std::string_view page_script() {
  return R"js(
"use strict";
const keyOf = (row, column) => {
  const cell = row.cells[column];
  return cell ? (cell.dataset.s ?? cell.textContent).trim() : "";
};
const sortBy = (table, column, head) => {
  const down = head.getAttribute("aria-sort") === "ascending" ||
    (head.classList.contains("n") && !head.hasAttribute("aria-sort"));
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const body = table.tBodies[0];
  const rows = Array.from(body.rows, row => [keyOf(row, column), row]);
  const isNumber = head.classList.contains("n");
  rows.sort(([a], [b]) => {
    const order = isNumber ? (parseFloat(a) || 0) - (parseFloat(b) || 0) : a.localeCompare(b);
    return down ? -order : order;
  });
  body.append(...rows.map(([, row]) => row));
};
for (const table of document.querySelectorAll("table.sortable")) {
  Array.from(table.tHead.rows[0].cells).forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sortBy(table, column, head));
  });
}
for (const select of document.querySelectorAll("select[data-filter]")) {
  const box = document.getElementById(select.dataset.filter);
  const status = select.parentElement.querySelector("[role=status]");
  select.addEventListener("change", () => {
    let shown = 0;
    for (const task of box.querySelectorAll("details.task-answers")) {
      let here = 0;
      for (const row of task.querySelectorAll("tr[data-c]")) {
        row.hidden = select.value !== "" && row.dataset.c !== select.value;
        if (!row.hidden) ++here;
      }
      task.hidden = here === 0;
      shown += here;
    }
    status.textContent = shown + " answers";
  });
}
for (const button of document.querySelectorAll("button[data-open]")) {
  button.addEventListener("click", () => {
    const all = Array.from(document.getElementById(button.dataset.open).querySelectorAll("details"));
    const open = !all.every(one => one.open);
    for (const one of all) one.open = open;
    button.textContent = open ? "close all tasks" : "open all tasks";
  });
}
)js";
}

}  // namespace lorasweep

// Tables that sort by a click or a key on a heading: ascending, descending, then as they came.

const NEXT = { none: "ascending", ascending: "descending", descending: "none" };
const LEADING_NUMBER = /^[+−-]?(\d[\d,]*)?\.?\d+/;

function sortable(table) {
  const body = table.tBodies[0];
  const original = [...body.rows];
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    heading.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => {
      const order = NEXT[heading.ariaSort];
      for (const other of headings) other.ariaSort = "none";
      heading.ariaSort = order;
      body.append(...sorted(original, column, order, heading.classList.contains("right")));
    });
  });
}

function sorted(rows, column, order, numeric) {
  if (order === "none") return rows;
  const sign = order === "ascending" ? 1 : -1;
  const keyed = rows.map((row) => ({ row, key: key(row.cells[column].textContent.trim(), numeric) }));
  keyed.sort((a, b) => a.key.absent - b.key.absent || sign * compare(a.key.value, b.key.value));
  return keyed.map(({ row }) => row);
}

// What is no number, such as "not reached", comes last in either order.
function key(text, numeric) {
  const number = numeric && LEADING_NUMBER.exec(text);
  if (number) return { absent: 0, value: Number(number[0].replace("−", "-").replaceAll(",", "")) };
  return { absent: text === "–" || text === "not reached" ? 2 : numeric ? 1 : 0, value: text };
}

function compare(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}

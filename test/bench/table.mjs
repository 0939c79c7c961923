const header = ['what (median, unless told)', 'measured', 'beside', 'target', ''];

/** Rows as a person reads them: what, how much, beside what, and whether that is enough. */
export function printRows(rows) {
  const cells = rows.map(({ what, against, ratio, target, met, ...figure }) => [
    what,
    figureText(figure),
    [
      ...(ratio === undefined ? [] : [`${ratio.toFixed(2)} x`]),
      ...(against === undefined ? [] : [against]),
    ].join(' '),
    target ?? '',
    { true: 'met', false: 'MISSED' }[met] ?? '',
  ]);
  const widths = header.map((title, column) =>
    Math.max(title.length, ...cells.map((cell) => cell[column].length)),
  );
  const line = (cell) =>
    cell
      .map((text, column) => text.padEnd(widths[column]))
      .join('   ')
      .trimEnd();
  return [line(header), ...cells.map(line)].join('\n');
}

function figureText({ ms, value, unit = ' ms' }) {
  const figure = ms ?? value;
  return `${figure.toFixed(figure < 10 ? 2 : 0)}${unit}`;
}

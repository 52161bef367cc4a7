// Comma-separated values (RFC 4180), for spreadsheets: with the mark by which they know UTF-8, and
// so that no cell begins a formula.

const isRisky = (text) => /^[=+\-@\t\r]/.test(text);

function cell(value) {
  if (typeof value === 'number') return String(value);
  const text = isRisky(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export const csvOf = (rows) =>
  `\ufeff${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;

export function download(name, text) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

// Between a row as the API has it, the values of its form, and what the API is sent.
import { hospital } from '../hospital.js';

const firstOf = ({ first, write }) => {
  const value = typeof first === 'function' ? first(hospital.value.now) : first;
  return write(value ?? null);
};

// The values that a form begins with: those of the row, or each field's first; `given` go before.
export const startOf = (fields, row, given = {}) => ({
  ...Object.fromEntries(
    fields.map((field) => [field.name, row ? field.write(row[field.name]) : firstOf(field)]),
  ),
  ...given,
});

// The body of a POST or PUT from a form's values.
export function contentOf(noun, values) {
  const content = Object.fromEntries(
    noun.fields.map((field) => [field.name, field.read(values[field.name])]),
  );
  return noun.prepare ? noun.prepare(content) : content;
}

// What a row is called.
export function titleOf(noun, row, known) {
  const shown = noun.columns.map(({ show }) => show(row, known));
  return row.name ?? shown.slice(0, 3).join(' – ');
}

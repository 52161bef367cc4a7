// The inputs of a form or a filter, from its table of fields (nouns.js).
import { useId } from 'preact/hooks';
import { Field, Refused } from '../../shared/ui.jsx';
import { t } from './words.js';

export function Inputs({ fields, values, known, errorOf = () => undefined, onChange }) {
  const change = (name) => (value) => onChange({ ...values, [name]: value });
  return fields.map((field) => {
    const Input = kinds[field.type] ?? TextInput;
    return (
      <Input
        key={field.name}
        field={field}
        value={values[field.name]}
        options={field.options?.(known)}
        error={errorOf(field.name)}
        onValue={change(field.name)}
      />
    );
  });
}

const kinds = { checkbox: Checkbox, select: Select, textarea: TextArea };

function Checkbox({ field, value, onValue }) {
  return (
    <label class="check">
      <input type="checkbox" checked={value} onChange={(e) => onValue(e.target.checked)} />
      {t(field.name)}
    </label>
  );
}

function Select({ field, value, options, error, onValue }) {
  return (
    <Field label={t(field.name)} error={error} onChange={(e) => onValue(e.target.value)}>
      {(attributes) => (
        <select {...attributes}>
          {options.map(([key, text]) => (
            <option key={key} value={key} selected={key === value}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

function TextArea({ field, value, error, onValue }) {
  const { name, maxLength } = field;
  return (
    <Field
      label={t(name)}
      {...{ value, error, maxLength }}
      onInput={(e) => onValue(e.target.value)}
    >
      {(attributes) => <textarea rows={3} {...attributes} />}
    </Field>
  );
}

// With options it proposes them, and takes anything.
function TextInput({ field, value, options, error, onValue }) {
  const proposals = useId();
  const { name, type, required, min, max, step, minLength, maxLength, autocomplete } = field;
  return (
    <Field
      label={t(name)}
      {...{ type, value, error, required, min, max, step, minLength, maxLength, autocomplete }}
      list={options && proposals}
      onInput={(e) => onValue(e.target.value)}
    >
      {(attributes) => (
        <>
          <input {...attributes} />
          {options && (
            <datalist id={proposals}>
              {options.map(([key, text]) => (
                <option key={key} value={key}>
                  {text === key ? undefined : text}
                </option>
              ))}
            </datalist>
          )}
        </>
      )}
    </Field>
  );
}

// Why it was not done; for what is still needed, how many appointments stand in the way.
export function NotDone({ refusal, noun, children }) {
  const count = /^(\d+) appointment/.exec(refusal?.detail ?? '')?.[1];
  return (
    <Refused refusal={refusal}>
      {refusal?.code === 'in_use' && (
        <p>{count ? t('in the way', { count }) : t(`in use ${noun.name}`)}</p>
      )}
      {children}
    </Refused>
  );
}

// The inputs of a form or a filter, from its table of fields (nouns.js).
import { Field, Refused } from '../../shared/ui.jsx';
import { t } from './words.js';

export function Inputs({ fields, values, names, errorOf = () => undefined, onChange }) {
  const change = (name) => (value) => onChange({ ...values, [name]: value });
  return fields.map((field) => (
    <Input
      key={field.name}
      field={field}
      value={values[field.name]}
      names={names}
      error={errorOf(field.name)}
      onValue={change(field.name)}
    />
  ));
}

function Input({ field, value, names, error, onValue }) {
  const { name, type, options, required, min, step, minLength, maxLength, autocomplete } = field;
  const typed = (event) => onValue(event.target.value);
  if (type === 'checkbox') {
    return (
      <label class="check">
        <input
          type="checkbox"
          checked={value}
          onChange={(event) => onValue(event.target.checked)}
        />{' '}
        {t(name)}
      </label>
    );
  }
  if (type === 'select') {
    return (
      <Field label={t(name)} error={error} value={value} onChange={typed}>
        {(attributes) => (
          <select {...attributes}>
            {options(names).map(([key, text]) => (
              <option key={key} value={key} selected={key === value}>
                {text}
              </option>
            ))}
          </select>
        )}
      </Field>
    );
  }
  if (type === 'textarea') {
    return (
      <Field label={t(name)} error={error} value={value} maxLength={maxLength} onInput={typed}>
        {(attributes) => <textarea rows={3} {...attributes} />}
      </Field>
    );
  }
  return (
    <Field
      label={t(name)}
      error={error}
      {...{ type, value, required, min, step, minLength, maxLength, autocomplete }}
      onInput={typed}
    />
  );
}

// Why it was not done; for what is still needed, how many appointments stand in the way.
export function NotDone({ refusal, noun }) {
  const count = /^(\d+) appointment/.exec(refusal?.detail ?? '')?.[1];
  return (
    <Refused refusal={refusal}>
      {refusal?.code === 'in_use' && (
        <p>{count ? t('in the way', { count }) : t(`in use ${noun.name}`)}</p>
      )}
    </Refused>
  );
}

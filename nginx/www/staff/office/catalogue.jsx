// The page of one noun: its list, narrowed as wished, and for admins the form of a row.
import { useState } from 'preact/hooks';
import { keyFor, settle } from '../../shared/intention.js';
import { Dialog, Loading, LoadRefused, useLoaded, useWork } from '../../shared/ui.jsx';
import { hospital, loadHospital } from '../hospital.js';
import { api, may } from '../session.js';
import { Inputs, NotDone } from './inputs.jsx';
import { t } from './words.js';

const firstOf = ({ first, write }) => {
  const value = typeof first === 'function' ? first(hospital.value.now) : first;
  return write(value ?? null);
};

const startOf = (fields, row) =>
  Object.fromEntries(
    fields.map((field) => [field.name, row ? field.write(row[field.name]) : firstOf(field)]),
  );

async function loadBasics() {
  const [, doctors] = await Promise.all([loadHospital(), api.list('/doctors')]);
  return new Map(doctors.map(({ id, name }) => [id, name]));
}

export function Catalogue({ noun }) {
  const { data: names, refusal, reload } = useLoaded(loadBasics, [noun]);
  if (refusal) return <LoadRefused refusal={refusal} onAgain={reload} />;
  return names ? <List noun={noun} names={names} /> : <Loading />;
}

function List({ noun, names }) {
  const [filter, setFilter] = useState(startOf(noun.filters));
  const [open, setOpen] = useState(null);
  const [said, setSaid] = useState('');
  const {
    data: rows,
    refusal,
    reload,
  } = useLoaded(() => api.list(noun.address, filter), [JSON.stringify(filter)], 15_000);
  const done = (sentence) => {
    setOpen(null);
    setSaid(sentence);
    reload();
  };
  return (
    <section class="office" aria-labelledby="office-title">
      <header>
        <h1 id="office-title">{t(noun.name)}</h1>
        {may('admin') && (
          <button type="button" class="main" onClick={() => setOpen({ row: null, form: true })}>
            {t(`new ${noun.name}`)}
          </button>
        )}
      </header>
      <form class="filters" aria-label={t('filters')} onSubmit={(event) => event.preventDefault()}>
        <Inputs fields={noun.filters} values={filter} names={names} onChange={setFilter} />
      </form>
      <p role="status" class="said">
        {said}
      </p>
      <LoadRefused refusal={refusal} onAgain={reload} />
      {rows ? <Rows noun={noun} rows={rows} names={names} onOpen={setOpen} /> : <Loading />}
      {open?.form && (
        <RowForm
          noun={noun}
          row={open.row}
          names={names}
          onClose={() => setOpen(null)}
          onDone={done}
        />
      )}
      {open?.remove && (
        <Removal
          noun={noun}
          row={open.row}
          names={names}
          onClose={() => setOpen(null)}
          onDone={done}
        />
      )}
    </section>
  );
}

function Rows({ noun, rows, names, onOpen }) {
  if (rows.length === 0) return <p class="hint">{t('nothing')}</p>;
  return (
    <section class="scroll" tabIndex={0} aria-label={t(noun.name)}>
      <table>
        <thead>
          <tr>
            {noun.columns.map(({ name }) => (
              <th key={name} scope="col">
                {t(name)}
              </th>
            ))}
            {may('admin') && (
              <th scope="col">
                <span class="unseen">{t('actions')}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id} class={row.is_active === false ? 'inactive' : ''}>
              {noun.columns.map(({ name, show, prose }) => (
                <td key={name} class={prose && 'prose'}>
                  {show(row, names)}
                </td>
              ))}
              {may('admin') && (
                <td>
                  <Actions noun={noun} row={row} names={names} onOpen={onOpen} />
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const titleOf = (noun, row, names) => {
  const [first, second] = noun.columns.map(({ show }) => show(row, names));
  return row.name ?? `${first} ${second}`;
};

function Actions({ noun, row, names, onOpen }) {
  const title = titleOf(noun, row, names);
  const word = noun.isRemoved ? 'remove' : 'hide';
  return (
    <div class="actions">
      {!noun.isRemoved && (
        <button
          type="button"
          aria-label={t('change of', { title })}
          onClick={() => onOpen({ row, form: true })}
        >
          {t('change')}
        </button>
      )}
      {row.is_active !== false && (
        <button
          type="button"
          class="danger"
          aria-label={t(`${word} title`, { title })}
          onClick={() => onOpen({ row, remove: true })}
        >
          {t(word)}
        </button>
      )}
    </div>
  );
}

function RowForm({ noun, row, names, onClose, onDone }) {
  const [values, setValues] = useState(startOf(noun.fields, row));
  const work = useWork();
  const read = () => {
    const given = Object.fromEntries(
      noun.fields.map((field) => [field.name, field.read(values[field.name])]),
    );
    return noun.prepare ? noun.prepare(given) : given;
  };
  const save = async () => {
    if (row) return api.send('PUT', `${noun.address}/${row.id}`, read());
    const body = read();
    const { password, ...content } = body; // which is not kept beside its key
    const made = await api.send('POST', noun.address, body, { key: keyFor(noun.name, content) });
    settle(noun.name);
    return made;
  };
  const submit = async (event) => {
    event.preventDefault();
    const saved = await work.run(save);
    if (saved) onDone(t('saved', { title: titleOf(noun, saved, names) }));
  };
  const fields = noun.fields.map((field) => ({
    ...field,
    required: field.required || (field.requiredAtFirst && !row),
  }));
  return (
    <Dialog
      title={row ? t('change of', { title: titleOf(noun, row, names) }) : t(`new ${noun.name}`)}
      onClose={onClose}
    >
      <form class="form" onSubmit={submit}>
        <Inputs
          fields={fields}
          values={values}
          names={names}
          errorOf={work.errorOf}
          onChange={setValues}
        />
        {row && noun.fields.some(({ name }) => name === 'password') && (
          <p class="hint">{t('password stays')}</p>
        )}
        <NotDone refusal={work.refusal} noun={noun} />
        <div class="actions">
          <button class="main" disabled={work.busy}>
            {t('save')}
          </button>
          <button type="button" onClick={onClose}>
            {t('cancel')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Removal({ noun, row, names, onClose, onDone }) {
  const work = useWork();
  const title = titleOf(noun, row, names);
  const word = noun.isRemoved ? 'remove' : 'hide';
  const remove = async () => {
    const done = await work.run(() => api.send('DELETE', `${noun.address}/${row.id}`));
    if (done !== undefined) onDone(t(`${word} done`, { title }));
  };
  return (
    <Dialog title={t(`${word} title`, { title })} onClose={onClose}>
      <p>{t(`${word} explained`)}</p>
      <NotDone refusal={work.refusal} noun={noun} />
      <div class="actions">
        <button type="button" class="danger" disabled={work.busy} onClick={remove}>
          {t(word)}
        </button>
        <button type="button" onClick={onClose}>
          {t('cancel')}
        </button>
      </div>
    </Dialog>
  );
}

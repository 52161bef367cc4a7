// What changes a row: its form, and the question before it goes.
import { useState } from 'preact/hooks';
import { once } from '../../shared/intention.js';
import { Dialog, useWork } from '../../shared/ui.jsx';
import { api } from '../session.js';
import { contentOf, startOf, titleOf } from './content.js';
import { Inputs, NotDone } from './inputs.jsx';
import { t } from './words.js';

// Without a row it makes a new one, which begins with what is `given`.
export function RowForm({ noun, row, given, known, onClose, onDone }) {
  const [values, setValues] = useState(startOf(noun.fields, row, given));
  const work = useWork();
  const save = () => {
    const body = contentOf(noun, values);
    if (row) return api.send('PUT', `${noun.address}/${row.id}`, body);
    const { password, ...content } = body; // which is not kept beside its key
    return once(noun.name, content, (key) => api.send('POST', noun.address, body, { key }));
  };
  const submit = async (event) => {
    event.preventDefault();
    const saved = await work.run(save);
    if (saved) onDone(t('saved', { title: titleOf(noun, saved, known) }));
  };
  const fields = noun.fields.map((field) => ({
    ...field,
    required: field.required || (field.requiredAtFirst && !row),
  }));
  const title = row ? t('change of', { title: titleOf(noun, row, known) }) : t(`new ${noun.name}`);
  return (
    <Dialog title={title} onClose={onClose}>
      <form class="form" onSubmit={submit}>
        <Inputs {...{ fields, values, known }} errorOf={work.errorOf} onChange={setValues} />
        {row && fields.some(({ name }) => name === 'password') && (
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

export function Removal({ noun, row, known, onClose, onDone }) {
  const work = useWork();
  const title = titleOf(noun, row, known);
  const word = noun.isRemoved ? 'remove' : 'hide';
  const remove = async () => {
    const done = await work.run(() => api.send('DELETE', `${noun.address}/${row.id}`));
    if (done !== undefined) onDone(t(`${word} done`, { title }));
  };
  return (
    <Dialog title={t(`${word} title`, { title })} onClose={onClose}>
      <div class="form">
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
      </div>
    </Dialog>
  );
}

// What the hospital knows of the patient, and a new password.
import { useState } from 'preact/hooks';
import { showPhone } from '../shared/time.js';
import { Field, Refused, useValues } from '../shared/ui.jsx';
import { correctMe, me, useOwnWork } from './session.js';
import { t } from './words.js';

export function Details() {
  const { values, change, typed } = useValues({
    name: me.value.name,
    phone: showPhone(me.value.phone),
    password: '',
    current_password: '',
  });
  const [said, setSaid] = useState(false);
  const work = useOwnWork();
  const submit = async (event) => {
    event.preventDefault();
    setSaid(false);
    const { name, phone, password, current_password: current } = values;
    const saved = await work.run(async () => {
      await correctMe({
        name,
        phone,
        ...(password ? { password, current_password: current } : {}),
      });
      return true;
    });
    if (!saved) return;
    change({ password: '', current_password: '' });
    setSaid(true);
  };
  return (
    <form class="paper form" onSubmit={submit}>
      <Field
        label={t('name')}
        autocomplete="name"
        required
        maxLength={100}
        value={values.name}
        onInput={typed('name')}
        error={work.errorOf('name')}
      />
      <Field
        label={t('phone')}
        type="tel"
        autocomplete="tel"
        required
        value={values.phone}
        onInput={typed('phone')}
        error={work.errorOf('phone')}
      />
      <Field
        label={t('new password')}
        type="password"
        autocomplete="new-password"
        hint={t('new password hint')}
        minLength={8}
        maxLength={128}
        value={values.password}
        onInput={typed('password')}
        error={work.errorOf('password')}
      />
      {values.password && (
        <Field
          label={t('current password')}
          type="password"
          autocomplete="current-password"
          required
          value={values.current_password}
          onInput={typed('current_password')}
          error={work.errorOf('current_password')}
        />
      )}
      <Refused refusal={work.refusal} />
      <p role="status">{said && t('saved')}</p>
      <div class="actions">
        <button class="main" disabled={work.busy}>
          {t('save')}
        </button>
      </div>
    </form>
  );
}

// What the visitor has chosen so far; it stays over a reload and the back button.
import { effect, signal } from '@preact/signals';

const kept = 'choice';
const nothing = { treatment: '', department: '', doctor: '', day: '', memo: '' };

export const choice = signal({ ...nothing, ...JSON.parse(sessionStorage.getItem(kept) ?? '{}') });

effect(() => sessionStorage.setItem(kept, JSON.stringify(choice.value)));

export const choose = (change) => {
  choice.value = { ...choice.value, ...change };
};

export const forgetChoice = () => {
  choice.value = nothing;
};

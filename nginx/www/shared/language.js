// The language of the page: Korean or English, the browser's choice first, the visitor's switch kept.
import { effect, signal } from '@preact/signals';
import { useLayoutEffect } from 'preact/hooks';

export const languages = { ko: '한국어', en: 'English' };

const kept = 'language';

function preferred() {
  const stored = localStorage.getItem(kept);
  if (stored in languages) return stored;
  const spoken = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase());
  return spoken.find((tag) => tag in languages) ?? 'en';
}

export const language = signal(preferred());

effect(() => {
  document.documentElement.lang = language.value;
});

export function switchLanguage(tag) {
  localStorage.setItem(kept, tag);
  language.value = tag;
}

// translator(TEXTS): the function that says a thing in the page's language. TEXTS is {ko: {...}, en: {...}};
// a text is a string with {names} in it, or a function of the values, for what depends on them.
export function translator(texts) {
  return (key, values = {}) => {
    const text = texts[language.value][key] ?? key;
    if (typeof text === 'function') return text(values);
    return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  };
}

// The page's title, in its language, and there as soon as the page is.
export function useTitle(title) {
  useLayoutEffect(() => {
    document.title = title;
  }, [title]);
}

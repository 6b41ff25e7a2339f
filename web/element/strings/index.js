import { en } from "./en.js";
import { ja } from "./ja.js";

/** What the element says in a language. @typedef {typeof en} Strings */

const languages = new Map(Object.entries({ en, ja }));

/** Adds or replaces a language; what is missing is said in English. @param {string} lang such as `fr`, `pt-BR` @param {Partial<Strings>} strings as in en.js */
export function addLanguage(lang, strings) {
  const refused = { ...en.refused, ...strings.refused };
  const failures = { ...en.failures, ...strings.failures };
  languages.set(lang.toLowerCase(), { ...en, ...strings, refused, failures });
}

/** @param {string | null | undefined} lang `ja-JP` finds `ja` @returns {Strings} English when there is no such language */
export function stringsFor(lang) {
  const tag = (lang ?? "").toLowerCase();
  return languages.get(tag) ?? languages.get(tag.replace(/-.*/, "")) ?? en;
}

/** The look of the composer, after styles.js. Hint and counter take the same place, so nothing moves; where there is little, the counter is on the border. */
export const composerStyles = `
.composer { --_size: 36px; container-type: inline-size; position: relative; padding: 8px 12px max(10px, env(safe-area-inset-bottom)); }
.field {
  display: grid; grid-template-columns: 1fr auto; gap: 8px; padding: 4px; padding-inline-start: 14px;
  border: 1px solid var(--_border); border-radius: min(23px, calc(var(--_radius) * 1.5)); background: var(--_surface);
}
.field:has(textarea:focus) { border-color: var(--_accent); outline: 1px solid var(--_accent); }
.field textarea, .field::after {
  grid-area: 1 / 1; box-sizing: border-box; max-block-size: min(calc(7lh + var(--_size)), 40dvh); margin: 0; border: 0;
  padding: calc((var(--_size) - 1lh) / 2) 0; background: none; color: inherit; font: inherit; line-height: 1.5; overflow-wrap: anywhere;
}
.field textarea { field-sizing: content; inline-size: 100%; resize: none; outline: none; scrollbar-width: thin; }
.field ::placeholder { color: var(--_muted); opacity: 1; }
@supports not (field-sizing: content) {
  .field::after { content: attr(data-text) " "; overflow: hidden; visibility: hidden; white-space: pre-wrap; }
  .field textarea { block-size: 100%; }
}
.field button {
  align-self: end; display: grid; place-content: center; block-size: var(--_size); inline-size: var(--_size); padding: 0; border: 0;
  border-radius: min(20px, calc(var(--_radius) * 1.5)); background: var(--_accent); color: var(--_on-accent); transition: background-color 0.15s;
}
.field button:hover { background: color-mix(in srgb, var(--_accent) 88%, var(--_text)); }
.field [aria-disabled="true"] { color: var(--_muted); cursor: default; }
.field button[aria-disabled="true"] { background: color-mix(in srgb, var(--_muted) 16%, transparent); }
.foot { block-size: 18px; margin: 3px 15px 0; color: var(--_muted); font-size: 12px; line-height: 18px; font-variant-numeric: tabular-nums; }
.over .field, .over .field:has(:focus) { border-color: var(--_danger); outline-color: var(--_danger); }
.over [part="counter"] { color: var(--_danger); font-weight: 600; }
@container (max-width: 479px) {
  .foot { position: absolute; inset: -1px 24px auto auto; margin: 0; }
  .foot [part="counter"] { padding-inline: 6px; background: var(--_background); }
  .foot [part="hint"] { display: none; }
}
@media (pointer: coarse) and (hover: none) {
  .composer { --_size: 40px; }
  .field textarea, .field::after { font-size: max(16px, 1em); }
}
`;

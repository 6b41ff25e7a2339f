/** The look of everything but the composer. `--_…` are the public variables with their defaults. */
export const styles = `
:host {
  --_font: var(--talkroom-font, system-ui, "Hiragino Sans", "Noto Sans JP", "Noto Sans CJK JP", "Yu Gothic UI", Meiryo, sans-serif);
  --_font-size: var(--talkroom-font-size, 0.9375rem);
  --_accent: var(--talkroom-accent, light-dark(#3553d4, #9db2ff));
  --_on-accent: var(--talkroom-on-accent, light-dark(#fff, #10141f));
  --_background: var(--talkroom-background, light-dark(#fff, #15171c));
  --_surface: var(--talkroom-surface, light-dark(#fff, #1e2128));
  --_text: var(--talkroom-text, light-dark(#1a1d23, #e8eaef));
  --_muted: var(--talkroom-muted, light-dark(#5d6472, #9ea6b5));
  --_border: var(--talkroom-border, light-dark(#dfe2e8, #343944));
  --_own-background: var(--talkroom-own-background, light-dark(
    color-mix(in oklab, var(--_accent) 15%, var(--_background)),
    color-mix(in oklab, var(--_accent) 27%, var(--_background))));
  --_own-text: var(--talkroom-own-text, var(--_text));
  --_other-background: var(--talkroom-other-background, light-dark(#f1f3f6, #242831));
  --_danger: var(--talkroom-danger, light-dark(#b3261e, #ff9d94));
  --_radius: var(--talkroom-radius, 16px);
  --_gap: var(--talkroom-gap, 16px);
  --_max-width: var(--talkroom-max-width, 46rem);
  --_shadow: 0 1px 2px rgb(0 0 0 / 0.08), 0 4px 16px rgb(0 0 0 / 0.12);
  display: block;
  flex: 1 1 auto;
  box-sizing: border-box;
  block-size: 28rem;
  min-block-size: 12rem;
  overflow: hidden;
  background: var(--_background);
  color: var(--_text);
  font: 400 var(--_font-size)/1.6 var(--_font);
  text-align: start;
  letter-spacing: normal;
  white-space: normal;
  -webkit-text-size-adjust: 100%;
}
:host([hidden]), [hidden] { display: none !important; }
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
:host([theme="auto"]) { color-scheme: light dark; }
.root { container-type: inline-size; display: flex; flex-direction: column; block-size: 100%; box-sizing: border-box; }
.stage { position: relative; flex: 1; min-block-size: 0; }
.root > form { flex: none; box-sizing: border-box; inline-size: 100%; max-inline-size: calc(var(--_max-width) + 24px); margin-inline: auto; }
.hidden { position: absolute; inline-size: 1px; block-size: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
svg { flex: none; inline-size: 20px; block-size: 20px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
button { font: inherit; cursor: pointer; }
:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }

.list {
  position: absolute; inset: 0; display: flex; flex-direction: column; padding: 16px 16px 8px;
  overflow: hidden auto; overflow-anchor: none; overscroll-behavior: contain;
  scrollbar-width: thin; scrollbar-color: color-mix(in srgb, var(--_muted) 50%, transparent) transparent;
}
.list:focus-visible { outline-offset: -2px; }
.rows { inline-size: 100%; max-inline-size: var(--_max-width); margin: auto auto 0; }

.day, .notice, .unread { padding-block: 24px 8px; color: var(--_muted); font-size: 0.75rem; line-height: 16px; text-align: center; }
.day { font-weight: 600; }
.notice { padding-block: 16px; }
.day + .unread { padding-block-start: 8px; }
.unread { display: flex; align-items: center; gap: 12px; color: var(--_accent); font-weight: 600; }
.unread::before, .unread::after { content: ""; flex: 1; border-block-start: 1px solid; opacity: 0.5; }

.message { position: relative; padding: 2px 0 2px 40px; }
.message.first { padding-block-start: var(--_gap); }
:is(.day, .unread, .notice) + .message { padding-block-start: 8px; }
.message.own { padding-inline: 0; }
.sender { display: block; inline-size: fit-content; max-inline-size: 100%; box-sizing: border-box; padding-inline-end: 4px; margin: 0 0 4px 4px; overflow: hidden; color: var(--_muted); font-size: 0.8125rem; font-weight: 600; line-height: 20px; text-overflow: ellipsis; white-space: nowrap; }
.message:not(.first) > .sender, .own > .sender { position: absolute; inline-size: 1px; block-size: 1px; margin: 0; clip-path: inset(50%); }
.avatar {
  position: absolute; inset-inline-start: 0; margin-block-start: 24px; inline-size: 32px; border-radius: 50%; text-align: center;
  font-size: 0.875rem; font-weight: 600; line-height: 32px; user-select: none;
  background: light-dark(oklch(0.91 0.05 var(--_hue)), oklch(0.38 0.07 var(--_hue)));
  color: light-dark(oklch(0.4 0.11 var(--_hue)), oklch(0.92 0.05 var(--_hue)));
}
.message:not(.first) > .avatar { display: none; }
.line { display: flex; align-items: flex-end; gap: 8px; }
.own .line { flex-direction: row-reverse; }
.text {
  min-inline-size: 0; padding: 7px 13px; border: 1px solid transparent; border-radius: var(--_radius);
  background: var(--_other-background); overflow-wrap: anywhere; white-space: pre-wrap; unicode-bidi: plaintext;
}
.own .text { background: var(--_own-background); color: var(--_own-text); }
.message:not(.first) .text { border-start-start-radius: min(6px, var(--_radius)); }
.message:not(.last) .text { border-end-start-radius: min(6px, var(--_radius)); }
.own .text { border-start-start-radius: var(--_radius) !important; border-end-start-radius: var(--_radius) !important; }
.own:not(.first) .text { border-start-end-radius: min(6px, var(--_radius)); }
.own:not(.last) .text { border-end-end-radius: min(6px, var(--_radius)); }
.text a { color: inherit; text-decoration-color: var(--_accent); text-underline-offset: 3px; }
.text a:hover { text-decoration-thickness: 2px; }
.meta { display: flex; flex: none; align-items: center; gap: 4px; min-inline-size: 44px; margin-block-end: 4px; color: var(--_muted); font-size: 0.75rem; line-height: 16px; font-variant-numeric: tabular-nums; white-space: nowrap; }
.own .meta { justify-content: flex-end; }
.meta svg { inline-size: 12px; block-size: 12px; animation: appear 0.2s 0.6s backwards; }
.message:not(.last, .pending) time { opacity: 0; transition: opacity 0.15s; }
.message:hover time { opacity: 1; }
.failure { display: flex; flex-wrap: wrap; align-items: center; justify-content: flex-end; gap: 4px 12px; margin-block: 4px 8px; color: var(--_danger); font-size: 0.8125rem; line-height: 20px; }
.status { display: inline-flex; align-items: center; gap: 4px; }
.status:empty { display: none; }
.failure svg { inline-size: 16px; block-size: 16px; }
.failure button, .banner button { padding: 4px 8px; margin: -4px -8px; border: 0; border-radius: 8px; background: none; color: var(--_accent); font-weight: 600; white-space: nowrap; }
.failure [part="discard"] { color: var(--_muted); }
.failure button:hover, .banner button:hover { background: color-mix(in srgb, currentColor 10%, transparent); }

.pill, .latest { position: absolute; inset-block-end: 12px; display: flex; align-items: center; justify-content: center; block-size: 40px; border-radius: 20px; box-shadow: var(--_shadow); animation: rise 0.18s; }
.pill { inset-inline: 64px; inline-size: fit-content; margin-inline: auto; padding-inline: 20px; border: 1px solid transparent; background: var(--_accent); color: var(--_on-accent); font-size: 0.8125rem; font-weight: 600; }
.latest { inset-inline-end: max(16px, calc((100% - var(--_max-width)) / 2)); inline-size: 40px; padding: 0; border: 1px solid var(--_border); background: var(--_surface); color: var(--_muted); }
.latest:hover { color: var(--_text); }

.center { position: absolute; inset: 0; display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 12px; padding: 24px; color: var(--_muted); text-align: center; text-wrap: balance; pointer-events: none; animation: appear 0.2s 0.15s backwards; }
.center p { max-inline-size: 28em; margin: 0; }
.center svg { inline-size: 40px; block-size: 40px; stroke-width: 1.25; opacity: 0.7; }
.error { color: var(--_danger); }
.loading svg { display: none; }
.loading { animation-delay: 0.4s; }

.banner { position: absolute; inset: 8px 12px auto; display: flex; align-items: center; gap: 10px; inline-size: fit-content; max-inline-size: min(100% - 24px, var(--_max-width)); min-block-size: 40px; margin-inline: auto; padding: 8px 16px; box-sizing: border-box; border: 1px solid var(--_border); border-radius: 20px; background: var(--_surface); box-shadow: var(--_shadow); font-size: 0.8125rem; line-height: 20px; font-variant-numeric: tabular-nums; animation: drop 0.2s; }
.banner::before { content: ""; flex: none; inline-size: 8px; block-size: 8px; border-radius: 50%; background: var(--_muted); forced-color-adjust: none; }
.banner.refused::before { background: var(--_danger); }
.banner.connecting { animation: appear 0.2s 1s backwards; }
.banner.connecting::before { animation: pulse 1.2s infinite alternate; }

@container (max-width: 400px) {
  .list { padding-inline: 12px; }
  .message { padding-inline-start: 36px; }
  .avatar { inline-size: 28px; line-height: 28px; }
  .line { gap: 6px; }
  .meta { min-inline-size: 36px; }
}
@container (min-width: 600px) {
  .message.own { padding-inline-start: 15%; }
  .message:not(.own) { padding-inline-end: 15%; }
}
@keyframes appear { from { opacity: 0; visibility: hidden; } }
@keyframes rise { from { opacity: 0; transform: translateY(8px); } }
@keyframes drop { from { opacity: 0; transform: translateY(-8px); } }
@keyframes pulse { to { opacity: 0.3; } }
@media (prefers-reduced-motion: reduce) {
  .pill, .latest, .center, .banner:not(.connecting), .banner::before { animation: none !important; }
  .meta svg { animation-duration: 1ms; }
  * { transition: none !important; }
}
`;

/** @typedef {"enter" | "modifier-enter"} SendKey */

/**
 * What a key does in a field that input methods write to. An Enter is theirs while they compose: Chrome and Firefox say so by `isComposing`,
 * Safari ends the composition first and then sends the key with code 229 (WebKit bug 165004), which no key of a keyboard has.
 */
export class Composition {
  /** Whether an input method is composing: the field must not be written now. */
  active = false;

  /**
   * @param {Partial<KeyboardEvent & InputEvent>} event of the field
   * @param {{sendKey: SendKey, touch: boolean}} mode `touch`: there is no keyboard but the screen's
   * @returns {"leave" | "ignore" | "line" | "send"} leave it to the browser; prevent it; prevent it and do this
   */
  handle(event, { sendKey, touch }) {
    const { type, inputType = "", isComposing, altKey } = event;
    if (type === "compositionstart") this.active = true;
    // Not every composition says that it ends: the focus goes, or something else is typed. Safari's input events have no isComposing.
    if (
      type === "compositionend" ||
      type === "blur" ||
      (type === "input" && !isComposing && !/compos|^$/i.test(inputType))
    )
      this.active = false;
    if (type !== "keydown" || event.key !== "Enter") return "leave";
    if (this.active || isComposing || event.keyCode === 229 || event.shiftKey) return "leave";
    if (altKey) return "line";
    if (event.ctrlKey || event.metaKey || (sendKey === "enter" && !touch)) return event.repeat ? "ignore" : "send";
    return "leave";
  }
}

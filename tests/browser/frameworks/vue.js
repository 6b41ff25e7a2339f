// An application around the page's component: it shows what it is told, and takes the component away.
import { createApp, h, ref } from "vue";
import TalkRoom from "TalkRoom.vue";

const { url, tokenUrl, room: firstRoom } = document.querySelector("#app").dataset;

createApp({
  setup() {
    const room = ref(firstRoom);
    const received = ref([]);
    return () => [
      h("button", { onClick: () => (room.value = "") }, "Leave"),
      h(
        "ul",
        received.value.map(({ sequence, message }) => h("li", { key: sequence }, message)),
      ),
      room.value &&
        h(TalkRoom, { url, room: room.value, tokenUrl, onMessage: (message) => received.value.push(message) }),
    ];
  },
}).mount("#app");

import { useState } from "react";

export function TalkRoom({ url, room, tokenUrl, onMessage }) {
  const [unread, setUnread] = useState(0);
  return (
    <section>
      <h2>
        {room} {unread > 0 && <span>({unread})</span>}
      </h2>
      <talk-room
        url={url}
        room={room}
        tokenUrl={tokenUrl}
        onmessage={(event) => onMessage?.(event.detail)}
        onunread={(event) => setUnread(event.detail)}
      />
    </section>
  );
}

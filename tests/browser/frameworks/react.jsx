// An application around the page's component: it shows what it is told, and takes the component away.
import { useState } from "react";
import { createRoot } from "react-dom/client";
import { TalkRoom } from "TalkRoom.jsx";

function Application({ url, tokenUrl }) {
  const [room, setRoom] = useState(firstRoom);
  const [received, setReceived] = useState([]);
  return (
    <>
      <button onClick={() => setRoom("")}>Leave</button>
      <ul>
        {received.map(({ sequence, message }) => (
          <li key={sequence}>{message}</li>
        ))}
      </ul>
      {room && (
        <TalkRoom
          url={url}
          room={room}
          tokenUrl={tokenUrl}
          onMessage={(message) => setReceived((before) => [...before, message])}
        />
      )}
    </>
  );
}

const { url, tokenUrl, room: firstRoom } = document.querySelector("#app").dataset;
createRoot(document.querySelector("#app")).render(<Application url={url} tokenUrl={tokenUrl} />);

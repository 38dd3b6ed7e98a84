export type StreamState = "connecting" | "live" | "lost";

/** Listen to a server-sent stream. The browser reconnects with the last cursor by itself;
 *  after the server closed for good we try again, more patiently each time. */
export function listen(
  url: string,
  handlers: Record<string, (data: unknown) => void>,
  onState: (state: StreamState) => void,
): () => void {
  let stream: EventSource | null = null;
  let pause = 1000;
  let timer = 0;
  const open = () => {
    stream = new EventSource(url);
    onState("connecting");
    stream.onopen = () => {
      pause = 1000;
      onState("live");
    };
    stream.onerror = () => {
      onState("lost");
      if (stream?.readyState === EventSource.CLOSED) {
        timer = window.setTimeout(open, pause);
        pause = Math.min(pause * 2, 30000);
      }
    };
    for (const [name, handle] of Object.entries(handlers)) {
      stream.addEventListener(name, (event) => handle(JSON.parse((event as MessageEvent<string>).data)));
    }
  };
  open();
  addEventListener("pagehide", () => stream?.close());
  return () => {
    clearTimeout(timer);
    stream?.close();
  };
}

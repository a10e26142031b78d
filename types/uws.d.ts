// Types of the uWebSockets.js build this project uses, limited to the calls the gateway makes.
// Source: https://github.com/uNetworking/uWebSockets.js docs/index.d.ts, version 20.51.
declare module '@uwsjs/linux-x64-22' {
  /** Text becomes a view; uWS copies it before the call returns. */
  export type RecognizedString =
    | string
    | ArrayBuffer
    | Uint8Array
    | Int8Array
    | Uint16Array
    | Int16Array
    | Uint32Array
    | Int32Array
    | Float32Array
    | Float64Array;

  export type us_listen_socket = { readonly __listenSocket: unique symbol };
  export type us_socket_context_t = { readonly __socketContext: unique symbol };
  export type CompressOptions = number;

  export type HttpRequest = {
    /** Lower-case name; the empty string when the header is absent. Valid in the handler only. */
    getHeader(lowerCaseKey: RecognizedString): string;
    getParameter(index: number | RecognizedString): string | undefined;
    getUrl(): string;
    /** Lower case, e.g. `get`. */
    getMethod(): string;
    getCaseSensitiveMethod(): string;
    getQuery(): string;
    getQuery(key: string): string | undefined;
    forEach(callback: (key: string, value: string) => void): void;
    setYield(yieldToNextRoute: boolean): HttpRequest;
  };

  export type HttpResponse = {
    writeStatus(status: RecognizedString): HttpResponse;
    writeHeader(key: RecognizedString, value: RecognizedString): HttpResponse;
    /** Sends a chunk; false when the kernel did not take all of it. */
    write(chunk: RecognizedString): boolean;
    end(body?: RecognizedString, closeConnection?: boolean): HttpResponse;
    endWithoutBody(reportedContentLength?: number, closeConnection?: boolean): HttpResponse;
    tryEnd(fullBodyOrChunk: RecognizedString, totalSize: number): [ok: boolean, done: boolean];
    close(): HttpResponse;
    pause(): void;
    resume(): void;
    getWriteOffset(): number;
    /** Return true when everything was written. */
    onWritable(handler: (offset: number) => boolean): HttpResponse;
    /** Required before any asynchronous answer; after it no method may be called. */
    onAborted(handler: () => void): HttpResponse;
    /** The chunk is neutered when the callback returns: copy what is kept. */
    onData(handler: (chunk: ArrayBuffer, isLast: boolean) => void): HttpResponse;
    getRemoteAddress(): ArrayBuffer;
    getRemoteAddressAsText(): ArrayBuffer;
    getProxiedRemoteAddress(): ArrayBuffer;
    getProxiedRemoteAddressAsText(): ArrayBuffer;
    /** Every write outside the first callback belongs inside a cork. */
    cork(callback: () => void): HttpResponse;
    upgrade<UserData>(
      userData: UserData,
      secWebSocketKey: RecognizedString,
      secWebSocketProtocol: RecognizedString,
      secWebSocketExtensions: RecognizedString,
      context: us_socket_context_t,
    ): void;
  };

  export type WebSocket<UserData> = {
    /** 1 sent, 0 queued behind backpressure, 2 dropped over the backpressure limit. */
    send(message: RecognizedString, isBinary?: boolean, compress?: boolean): number;
    getBufferedAmount(): number;
    end(code?: number, shortMessage?: RecognizedString): void;
    close(): void;
    ping(message?: RecognizedString): number;
    subscribe(topic: RecognizedString): boolean;
    unsubscribe(topic: RecognizedString): boolean;
    isSubscribed(topic: RecognizedString): boolean;
    getTopics(): string[];
    publish(
      topic: RecognizedString,
      message: RecognizedString,
      isBinary?: boolean,
      compress?: boolean,
    ): boolean;
    cork(callback: () => void): WebSocket<UserData>;
    getRemoteAddress(): ArrayBuffer;
    getRemoteAddressAsText(): ArrayBuffer;
    getUserData(): UserData;
  };

  export type WebSocketBehavior<UserData> = {
    /** Bytes; a longer message closes the connection. */
    maxPayloadLength?: number;
    /** Seconds without traffic before the connection is closed; 0 never. */
    idleTimeout?: number;
    /** Minutes. */
    maxLifetime?: number;
    compression?: CompressOptions;
    /** Bytes queued per socket before messages are dropped. */
    maxBackpressure?: number;
    closeOnBackpressureLimit?: boolean;
    sendPingsAutomatically?: boolean;
    upgrade?: (res: HttpResponse, req: HttpRequest, context: us_socket_context_t) => void;
    open?: (ws: WebSocket<UserData>) => void;
    message?: (ws: WebSocket<UserData>, message: ArrayBuffer, isBinary: boolean) => void;
    dropped?: (ws: WebSocket<UserData>, message: ArrayBuffer, isBinary: boolean) => void;
    drain?: (ws: WebSocket<UserData>) => void;
    close?: (ws: WebSocket<UserData>, code: number, message: ArrayBuffer) => void;
    ping?: (ws: WebSocket<UserData>, message: ArrayBuffer) => void;
    pong?: (ws: WebSocket<UserData>, message: ArrayBuffer) => void;
    subscription?: (
      ws: WebSocket<UserData>,
      topic: ArrayBuffer,
      newCount: number,
      oldCount: number,
    ) => void;
  };

  export type AppOptions = {
    key_file_name?: RecognizedString;
    cert_file_name?: RecognizedString;
    passphrase?: RecognizedString;
    ssl_prefer_low_memory_usage?: boolean;
  };

  type Route = (res: HttpResponse, req: HttpRequest) => void;

  export type TemplatedApp = {
    /** The socket is false when the port could not be bound. */
    listen(port: number, callback: (socket: us_listen_socket | false) => void): TemplatedApp;
    listen(
      host: RecognizedString,
      port: number,
      callback: (socket: us_listen_socket | false) => void,
    ): TemplatedApp;
    listen(
      host: RecognizedString,
      port: number,
      options: number,
      callback: (socket: us_listen_socket | false) => void,
    ): TemplatedApp;
    get(pattern: RecognizedString, handler: Route): TemplatedApp;
    post(pattern: RecognizedString, handler: Route): TemplatedApp;
    put(pattern: RecognizedString, handler: Route): TemplatedApp;
    patch(pattern: RecognizedString, handler: Route): TemplatedApp;
    del(pattern: RecognizedString, handler: Route): TemplatedApp;
    head(pattern: RecognizedString, handler: Route): TemplatedApp;
    options(pattern: RecognizedString, handler: Route): TemplatedApp;
    any(pattern: RecognizedString, handler: Route): TemplatedApp;
    ws<UserData>(pattern: RecognizedString, behavior: WebSocketBehavior<UserData>): TemplatedApp;
    publish(
      topic: RecognizedString,
      message: RecognizedString,
      isBinary?: boolean,
      compress?: boolean,
    ): boolean;
    numSubscribers(topic: RecognizedString): number;
    /** Closes the listen sockets and every connection. Must precede process exit. */
    close(): TemplatedApp;
  };

  type UwsModule = {
    App(options?: AppOptions): TemplatedApp;
    SSLApp(options: AppOptions): TemplatedApp;
    us_listen_socket_close(socket: us_listen_socket): void;
    us_socket_local_port(socket: us_listen_socket): number;
    getParts(body: RecognizedString, contentType: RecognizedString): unknown;
    /** Refuse a port that another socket listens on, instead of sharing it (SO_REUSEPORT). */
    readonly LIBUS_LISTEN_EXCLUSIVE_PORT: number;
    readonly DISABLED: CompressOptions;
    readonly SHARED_COMPRESSOR: CompressOptions;
    readonly DEDICATED_COMPRESSOR_4KB: CompressOptions;
  };

  /** A CommonJS addon: `import uws from '@uwsjs/linux-x64-22'` in ESM. */
  const uws: UwsModule;
  export default uws;
}

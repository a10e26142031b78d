// Owns the protobuf wire format, the writing half: varints, fixed32 and length-delimited fields.
// Promise: the same calls give the same bytes; nothing beyond what ONNX needs is here.

export interface ProtoWriter {
  /** Field of type int32/int64/enum; negative numbers are not needed and refused. */
  integer(field: number, value: number): ProtoWriter;
  float(field: number, value: number): ProtoWriter;
  text(field: number, value: string): ProtoWriter;
  bytes(field: number, value: Uint8Array): ProtoWriter;
  /** A nested message. */
  message(field: number, value: ProtoWriter): ProtoWriter;
  finish(): Uint8Array;
}

const VARINT = 0;
const DELIMITED = 2;
const FIXED32 = 5;

/** Protocol Buffers encoding specification, https://protobuf.dev/programming-guides/encoding/. */
export function createProto(): ProtoWriter {
  const parts: Uint8Array[] = [];
  const add = (field: number, type: number, body: readonly Uint8Array[]): ProtoWriter => {
    parts.push(varint(field * 8 + type), ...body);
    return writer;
  };
  const delimited = (field: number, body: Uint8Array): ProtoWriter =>
    add(field, DELIMITED, [varint(body.length), body]);
  const writer: ProtoWriter = {
    integer: (field, value) => add(field, VARINT, [varint(value)]),
    float(field, value) {
      const body = new Uint8Array(4);
      new DataView(body.buffer).setFloat32(0, value, true);
      return add(field, FIXED32, [body]);
    },
    text: (field, value) => delimited(field, new TextEncoder().encode(value)),
    bytes: delimited,
    message: (field, value) => delimited(field, value.finish()),
    finish: () => concatenate(parts),
  };
  return writer;
}

function varint(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`varint of ${value}`);
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

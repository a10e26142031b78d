// Owns ONNX model files: the few messages of onnx.proto (IR version 8, opset 17) that we write.
// Promise: the bytes load in onnxruntime; initialisers are little-endian float32.
import { createProto, type ProtoWriter } from './protobuf.ts';

export type Attribute = { readonly name: string; readonly kind: 'int' | 'float'; value: number };

export interface OnnxNode {
  readonly type: string; // operator, e.g. 'Gemm'
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: readonly Attribute[];
}

export interface OnnxTensor {
  readonly name: string;
  readonly dims: readonly number[]; // [] is a scalar
  readonly values: ArrayLike<number>;
}

/** A float32 matrix of any number of rows; `columns` is fixed. */
export interface OnnxValue {
  readonly name: string;
  readonly columns: number;
}

export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly tensors: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

const IR_VERSION = 8;
const OPSET = 17;
const FLOAT = 1; // TensorProto.DataType
const ATTRIBUTE_TYPE = { float: 1, int: 2 } as const;

/** The bytes of a .onnx file. */
export function writeOnnx(graph: OnnxGraph): Uint8Array {
  return createProto()
    .integer(1, IR_VERSION)
    .text(2, 'colin')
    .message(7, graphProto(graph))
    .message(8, createProto().text(1, '').integer(2, OPSET))
    .finish();
}

function graphProto(graph: OnnxGraph): ProtoWriter {
  const proto = createProto();
  for (const node of graph.nodes) proto.message(1, nodeProto(node));
  proto.text(2, graph.name);
  for (const tensor of graph.tensors) proto.message(5, tensorProto(tensor));
  for (const input of graph.inputs) proto.message(11, valueProto(input));
  for (const output of graph.outputs) proto.message(12, valueProto(output));
  return proto;
}

function nodeProto(node: OnnxNode): ProtoWriter {
  const proto = createProto();
  for (const input of node.inputs) proto.text(1, input);
  for (const output of node.outputs) proto.text(2, output);
  proto.text(3, `${node.type.toLowerCase()}_${node.outputs[0] ?? ''}`).text(4, node.type);
  for (const { name, kind, value } of node.attributes ?? []) {
    const attribute = createProto().text(1, name);
    if (kind === 'float') attribute.float(2, value);
    else attribute.integer(3, value);
    proto.message(5, attribute.integer(20, ATTRIBUTE_TYPE[kind]));
  }
  return proto;
}

function tensorProto(tensor: OnnxTensor): ProtoWriter {
  const proto = createProto();
  for (const dim of tensor.dims) proto.integer(1, dim);
  const raw = new Uint8Array(tensor.values.length * 4);
  const view = new DataView(raw.buffer);
  for (let k = 0; k < tensor.values.length; k += 1) {
    view.setFloat32(k * 4, tensor.values[k] ?? Number.NaN, true);
  }
  return proto.integer(2, FLOAT).text(8, tensor.name).bytes(9, raw);
}

function valueProto(value: OnnxValue): ProtoWriter {
  const rows = createProto().text(2, 'N');
  const columns = createProto().integer(1, value.columns);
  const shape = createProto().message(1, rows).message(1, columns);
  const tensor = createProto().integer(1, FLOAT).message(2, shape);
  return createProto().text(1, value.name).message(2, createProto().message(1, tensor));
}

// Owns the ONNX form of the linear model: standardise, clip, weigh, calibrate, squash.
// Promise: x [N,F] in, p [N,1] = P(up) out; the same numbers as linear.ts within float32.
import { type OnnxGraph, type OnnxNode, writeOnnx } from './graph.ts';

export interface LinearGraph {
  readonly mean: readonly number[];
  readonly scale: readonly number[]; // standard deviations, above 0
  readonly clip: number; // standardised features are cut to +/- this
  readonly weights: readonly number[];
  readonly bias: number;
  readonly slope: number; // calibration: p = sigmoid(slope z + offset)
  readonly offset: number;
}

const step = (type: string, inputs: string[], output: string): OnnxNode => ({
  type,
  inputs,
  outputs: [output],
});

/** Bytes of the model file. */
export function writeLinear(model: LinearGraph): Uint8Array {
  const features = model.mean.length;
  const scalar = (name: string, value: number) => ({ name, dims: [], values: [value] });
  const graph: OnnxGraph = {
    name: 'linear',
    inputs: [{ name: 'x', columns: features }],
    outputs: [{ name: 'p', columns: 1 }],
    tensors: [
      { name: 'mean', dims: [features], values: model.mean },
      { name: 'scale', dims: [features], values: model.scale },
      scalar('low', -model.clip),
      scalar('high', model.clip),
      { name: 'weights', dims: [features, 1], values: model.weights },
      { name: 'bias', dims: [1], values: [model.bias] },
      scalar('slope', model.slope),
      scalar('offset', model.offset),
    ],
    nodes: [
      step('Sub', ['x', 'mean'], 'centred'),
      step('Div', ['centred', 'scale'], 'standardised'),
      step('Clip', ['standardised', 'low', 'high'], 'clipped'),
      step('Gemm', ['clipped', 'weights', 'bias'], 'score'),
      step('Mul', ['score', 'slope'], 'scaled'),
      step('Add', ['scaled', 'offset'], 'calibrated'),
      step('Sigmoid', ['calibrated'], 'p'),
    ],
  };
  return writeOnnx(graph);
}

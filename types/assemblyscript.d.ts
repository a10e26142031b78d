// Names the AssemblyScript number types for the TypeScript compiler, so that both can read
// wasm/layout.ts. To TypeScript they are all plain numbers; widths matter to asc only.
type i8 = number;
type u8 = number;
type i16 = number;
type u16 = number;
type i32 = number;
type u32 = number;
type f32 = number;
type f64 = number;
type usize = number;

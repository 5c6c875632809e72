//! The one judge of what a module may be, so that every engine accepts whatever it accepts.

use crate::{
    effort::{Effort, Estimate},
    host::NAMESPACE,
    refusal::cut,
    Refusal,
};
use alloc::{format, vec::Vec};
use core::ops::Range;
use vouch_primitives::work::{MAX_MEMORY_PAGES, MAX_MODULE_BYTES};
use wasmparser::{
    BlockType, ConstExpr, DataKind, ElementItems, ElementKind, ExternalKind, FuncToValidate, FuncType,
    FuncValidatorAllocations, FunctionBody, Operator, Parser, Payload, TypeRef, ValType, ValidPayload, Validator,
    ValidatorResources, WasmFeatures,
};

/// What bounds the time and stack that compiling and running a module takes, on every engine.
pub mod limits {
    /// Most signatures.
    pub const TYPES: u32 = 1024;
    /// Most functions of its own.
    pub const FUNCTIONS: u32 = 8192;
    /// Most globals.
    pub const GLOBALS: u32 = 1024;
    /// Most entries of the table, from the start and in all.
    pub const TABLE: u64 = 8192;
    /// Most element and most data segments.
    pub const SEGMENTS: u32 = 4096;
    /// Most parameters of a function.
    pub const PARAMS: usize = 64;
    /// Most locals of a function, with its parameters.
    pub const LOCALS: u32 = 2048;
    /// Most operands that a function has on its stack at a time.
    pub const OPERANDS: u32 = 1024;
    /// Most blocks within one another, in one function.
    pub const NESTING: u32 = 1024;
    /// Most targets of all `br_table`s of a function together.
    pub const TARGETS: u32 = 16 * 1024;
    /// Most pairs, in a function, of a way to where a block ends or a loop begins anew and a local that is set within, plus one for
    /// each way. Jumps are ways, and falling through.
    pub const MERGES: u64 = 64 * 1024;
    /// Most of these in the whole module.
    pub const MERGES_IN_ALL: u64 = 256 * 1024;
    /// Most pairs, in a function, of a branch and a local or an operand that is there then. Blocks count as branches.
    pub const SPANS: u64 = 640 * 1024;
    /// Most of these in the whole module.
    pub const SPANS_IN_ALL: u64 = 2 * 1024 * 1024;
    /// Most bytes of a function after it was rewritten; compilers take more than linear time in them.
    pub const PREPARED_BODY_BYTES: usize = 128 * 1024;
    /// Most bytes of the module after it was rewritten.
    pub const PREPARED_BYTES: usize = 4 * 1024 * 1024;
}

/// What target `wasm32v1-none` has, and sign extension.
const FEATURES: WasmFeatures = WasmFeatures::WASM1.union(WasmFeatures::SIGN_EXTENSION);

/// What was found out about a module that may be run. Ranges are of bytes in it, those of sections without their headers.
pub(crate) struct Checked<'a> {
    pub(crate) types: Range<usize>,
    pub(crate) type_count: u32,
    pub(crate) imports: Option<Range<usize>>,
    pub(crate) imported_functions: u32,
    pub(crate) functions: Range<usize>,
    pub(crate) table: Option<Range<usize>>,
    pub(crate) globals: Option<Range<usize>>,
    pub(crate) global_count: u32,
    pub(crate) elements: Option<Range<usize>>,
    pub(crate) data: Option<Range<usize>>,
    pub(crate) bodies: Vec<(FunctionBody<'a>, Frame)>,
    /// Index of the function `run`.
    pub(crate) run: u32,
    pub(crate) initial_pages: u32,
    /// Most pages that its memory may grow to.
    pub(crate) max_pages: u32,
}

/// What a function needs while it runs.
pub(crate) struct Frame {
    pub(crate) params: u32,
    /// With its parameters.
    pub(crate) locals: u32,
    pub(crate) result: Option<ValType>,
    /// Most operands at a time.
    pub(crate) operands: u32,
    /// Whether it calls no function of the module.
    pub(crate) is_leaf: bool,
}

/// Checks a module of a job whose memory may have so many pages.
pub(crate) fn check(code: &[u8], memory_pages: u32) -> Result<Checked<'_>, Refusal> {
    if code.len() > MAX_MODULE_BYTES as usize {
        return Err(Refusal::TooLong);
    }
    let mut validator = Validator::new_with_features(FEATURES);
    let mut allocations = FuncValidatorAllocations::default();
    let mut found = Found::default();
    for payload in Parser::new(0).parse_all(code) {
        let payload = payload?;
        // Before the validator, which sets space aside for as many locals, entries and so on as there are said to be.
        found.section(&payload)?;
        match validator.payload(&payload)? {
            ValidPayload::Func(function, body) => allocations = found.function(function, body, allocations)?,
            ValidPayload::Parser(_) => return Err(Refusal::Invalid("not a module".into())),
            ValidPayload::Ok | ValidPayload::End(_) => {},
        }
    }
    found.finish(memory_pages.min(MAX_MEMORY_PAGES))
}

#[derive(Default)]
struct Found<'a> {
    types: Vec<FuncType>,
    type_range: Range<usize>,
    imports: Option<Range<usize>>,
    imported: Vec<u32>,
    functions: Vec<u32>,
    function_range: Range<usize>,
    table: Option<Range<usize>>,
    table_size: u64,
    memory: Option<(u64, Option<u64>)>,
    globals: Option<Range<usize>>,
    global_count: u32,
    exports_memory: bool,
    run: Option<u32>,
    elements: Option<Range<usize>>,
    data: Option<Range<usize>>,
    bodies: Vec<(FunctionBody<'a>, Frame)>,
    effort: Effort,
}

impl<'a> Found<'a> {
    fn section(&mut self, payload: &Payload<'a>) -> Result<(), Refusal> {
        match payload {
            Payload::TypeSection(section) => {
                at_most(section.count(), limits::TYPES, "types")?;
                self.type_range = section.range();
                for ty in section.clone().into_iter_err_on_gc_types() {
                    let ty = ty?;
                    if ty.params().len() > limits::PARAMS {
                        return Err(Refusal::TooMany("parameters of a function"));
                    }
                    self.types.push(ty);
                }
            },
            Payload::ImportSection(section) => {
                self.imports = Some(section.range());
                for import in section.clone() {
                    let import = import?;
                    match import.ty {
                        TypeRef::Func(ty) if import.module == NAMESPACE && self.is_provided(import.name, ty) => {
                            // Each may be imported more than once, at no gain.
                            at_most(self.imported.len() as u32, 15, "imports")?;
                            self.imported.push(ty);
                        },
                        _ => return Err(Refusal::Import(cut(&format!("{}.{}", import.module, import.name)))),
                    }
                }
            },
            Payload::FunctionSection(section) => {
                at_most(section.count(), limits::FUNCTIONS, "functions")?;
                self.function_range = section.range();
                self.functions = section.clone().into_iter().collect::<Result<_, _>>()?;
            },
            Payload::TableSection(section) => {
                at_most(section.count(), 1, "tables")?;
                self.table = Some(section.range());
                for table in section.clone() {
                    self.table_size = table?.ty.initial;
                }
                if self.table_size > limits::TABLE {
                    return Err(Refusal::TooMany("entries of the table"));
                }
            },
            Payload::MemorySection(section) => {
                at_most(section.count(), 1, "memories")?;
                for memory in section.clone() {
                    let memory = memory?;
                    self.memory = Some((memory.initial, memory.maximum));
                }
            },
            Payload::GlobalSection(section) => {
                at_most(section.count(), limits::GLOBALS, "globals")?;
                self.globals = Some(section.range());
                self.global_count = section.count();
            },
            Payload::ExportSection(section) => {
                for export in section.clone() {
                    let export = export?;
                    match (export.kind, export.name) {
                        (ExternalKind::Func, "run") => self.run = Some(export.index),
                        (ExternalKind::Memory, "memory") => self.exports_memory = true,
                        // Linkers export where the heap begins. Nobody looks at them here.
                        (ExternalKind::Global, _) => {},
                        (_, name) => return Err(Refusal::Export(cut(name))),
                    }
                }
            },
            Payload::StartSection { .. } => return Err(Refusal::Start),
            Payload::ElementSection(section) => {
                at_most(section.count(), limits::SEGMENTS, "element segments")?;
                self.elements = Some(section.range());
                for element in section.clone() {
                    let element = element?;
                    match (element.kind, element.items) {
                        (ElementKind::Active { offset_expr, .. }, ElementItems::Functions(items)) => {
                            fits(&offset_expr, items.count().into(), self.table_size)?
                        },
                        _ => return Err(Refusal::Segment),
                    }
                }
            },
            Payload::DataSection(section) => {
                at_most(section.count(), limits::SEGMENTS, "data segments")?;
                self.data = Some(section.range());
                let bytes = self.memory.map_or(0, |(initial, _)| initial.saturating_mul(1 << 16));
                for data in section.clone() {
                    let data = data?;
                    match data.kind {
                        DataKind::Active { offset_expr, .. } => fits(&offset_expr, data.data.len() as u64, bytes)?,
                        DataKind::Passive => return Err(Refusal::Segment),
                    }
                }
            },
            _ => {},
        }
        Ok(())
    }

    /// Whether the host provides this function with the signature of that number.
    fn is_provided(&self, name: &str, ty: u32) -> bool {
        const I32: ValType = ValType::I32;
        let Some(ty) = self.types.get(ty as usize) else { return false };
        match name {
            "input_len" => (ty.params(), ty.results()) == (&[], &[I32]),
            "input_read" => (ty.params(), ty.results()) == (&[I32; 3], &[]),
            "output_write" | "log" => (ty.params(), ty.results()) == (&[I32; 2], &[]),
            _ => false,
        }
    }

    fn type_of(&self, function: u32) -> Option<&FuncType> {
        let ty = self.imported.iter().chain(&self.functions).nth(function as usize)?;
        self.types.get(*ty as usize)
    }

    fn function(
        &mut self,
        function: FuncToValidate<ValidatorResources>,
        body: FunctionBody<'a>,
        allocations: FuncValidatorAllocations,
    ) -> Result<FuncValidatorAllocations, Refusal> {
        let ty = self.types.get(function.ty as usize).ok_or(Refusal::TooMany("functions"))?;
        let mut frame = Frame {
            params: ty.params().len() as u32,
            locals: ty.params().len() as u32,
            result: ty.results().first().copied(),
            operands: 0,
            is_leaf: true,
        };
        for group in body.get_locals_reader()? {
            frame.locals = frame.locals.saturating_add(group?.0);
        }
        at_most(frame.locals, limits::LOCALS, "locals of a function")?;

        let mut validator = function.into_validator(allocations);
        let mut reader = body.get_binary_reader();
        validator.read_locals(&mut reader)?;
        let mut operators = body.get_operators_reader()?;
        let (mut targets, mut estimate) = (0, Estimate::new(frame.locals));
        while !operators.eof() {
            let (operator, offset) = operators.read_with_offset()?;
            validator.op(offset, &operator)?;
            frame.operands = frame.operands.max(validator.operand_stack_height());
            at_most(frame.operands, limits::OPERANDS, "operands")?;
            at_most(validator.control_stack_height(), limits::NESTING, "blocks within one another")?;
            match &operator {
                Operator::Block { blockty: BlockType::FuncType(_) }
                | Operator::Loop { blockty: BlockType::FuncType(_) }
                | Operator::If { blockty: BlockType::FuncType(_) } => {
                    return Err(Refusal::Invalid("a block with parameters".into()));
                },
                Operator::BrTable { targets: table } => {
                    targets += table.len() + 1;
                    at_most(targets, limits::TARGETS, "targets of branches")?;
                },
                Operator::Call { function_index } if (*function_index as usize) < self.imported.len() => {},
                Operator::Call { .. } | Operator::CallIndirect { .. } => frame.is_leaf = false,
                _ => {},
            }
            estimate.see(&operator, validator.operand_stack_height());
        }
        validator.finish(operators.original_position())?;
        let effort = estimate.finish();
        self.effort += effort;
        at_most(effort.merges, limits::MERGES, "jumps out of or within blocks of a function that set so many locals")?;
        at_most(effort.spans, limits::SPANS, "branches of a function with so many locals")?;
        let all = self.effort;
        at_most(
            all.merges,
            limits::MERGES_IN_ALL,
            "jumps out of or within blocks that set so many locals, in all functions",
        )?;
        at_most(all.spans, limits::SPANS_IN_ALL, "branches, with so many locals, in all functions")?;
        self.bodies.push((body, frame));
        Ok(validator.into_allocations())
    }

    fn finish(self, memory_pages: u32) -> Result<Checked<'a>, Refusal> {
        let run = self.run.ok_or(Refusal::NoRun)?;
        // The index of an imported function would be no function of the module.
        if run < self.imported.len() as u32 || self.type_of(run) != Some(&FuncType::new([], [])) {
            return Err(Refusal::NoRun);
        }
        let (initial, maximum) = self.memory.filter(|_| self.exports_memory).ok_or(Refusal::NoMemory)?;
        if initial > u64::from(memory_pages) {
            return Err(Refusal::MemoryTooLarge(initial));
        }
        Ok(Checked {
            type_count: self.types.len() as u32,
            types: self.type_range,
            imports: self.imports,
            imported_functions: self.imported.len() as u32,
            functions: self.function_range,
            table: self.table,
            globals: self.globals,
            global_count: self.global_count,
            elements: self.elements,
            data: self.data,
            bodies: self.bodies,
            run,
            initial_pages: initial as u32,
            max_pages: maximum.map_or(memory_pages, |maximum| maximum.min(memory_pages.into()) as u32),
        })
    }
}

fn at_most<N: PartialOrd>(count: N, most: N, what: &'static str) -> Result<(), Refusal> {
    (count <= most).then_some(()).ok_or(Refusal::TooMany(what))
}

/// Whether a segment of this length fits where it is put. Engines differ in what they do with others.
fn fits(offset: &ConstExpr<'_>, len: u64, size: u64) -> Result<(), Refusal> {
    match offset.get_operators_reader().read()? {
        Operator::I32Const { value } if u64::from(value as u32) + len <= size => Ok(()),
        _ => Err(Refusal::Segment),
    }
}

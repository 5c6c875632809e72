//! `REFERENCE.md` is generated from the sources, and this is what generates it: `UPDATE_REFERENCE=1 cargo test --test reference`.

use quote::ToTokens;
use std::{fmt::Write, fs, path::PathBuf};
use syn::{Attribute, Expr, Fields, FnArg, GenericArgument, Item, ItemEnum, ItemTrait, Lit, Meta, PathArguments, Type};
use vouch_primitives::api::code;

/// Files with one trait each, in the order in which the page has them.
const TRAITS: [&str; 6] = ["network.rs", "devices.rs", "probers.rs", "rounds.rs", "epochs.rs", "updates.rs"];

/// Files with the types of answers.
const TYPES: [&str; 6] =
    ["types/network.rs", "types/epoch.rs", "types/device.rs", "types/prober.rs", "types/updates.rs", "types/mod.rs"];

/// Files with enumerations that answers have by their codes.
const CODES: [(&str, &[&str]); 2] =
    [("../../primitives/src/api.rs", &["Reason", "ProberReason"]), ("../../primitives/src/audit.rs", &["Misconduct"])];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn items(file: &str) -> Vec<Item> {
    let source = fs::read_to_string(root().join("src").join(file)).unwrap();
    syn::parse_file(&source).unwrap().items
}

/// The documentation of an item, as paragraphs.
fn docs(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    lines
        .collect::<Vec<_>>()
        .join("\n")
        .split("\n\n")
        .map(|part| part.replace('\n', " "))
        .collect::<Vec<_>>()
        .join("\n\n")
}

/// The literal strings in an attribute called `name`, in order.
fn strings(attributes: &[Attribute], name: &str) -> Vec<String> {
    let found = attributes.iter().find(|attribute| attribute.path().is_ident(name));
    let text = found.map(|attribute| attribute.meta.to_token_stream().to_string()).unwrap_or_default();
    text.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| name + &word[..1].to_uppercase() + &word[1..])
}

/// What a type of Rust is in JSON.
fn json(ty: &Type) -> String {
    let Type::Path(path) = ty else { panic!("{} is not known in JSON", ty.to_token_stream()) };
    let last = path.path.segments.last().unwrap();
    let inner = match &last.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(json(ty)),
            _ => None,
        }),
        _ => None,
    };
    match (last.ident.to_string().as_str(), inner) {
        ("Option", Some(inner)) => format!("{inner} or null"),
        ("Vec", Some(inner)) => format!("array of {inner}"),
        ("RpcResult", Some(inner)) => inner,
        ("Page", Some(inner)) => format!("Page of {inner}"),
        ("AccountId32", _) => "account".into(),
        ("Id", _) => "account".into(),
        ("Amount", _) => "amount".into(),
        ("H256", _) => "hash".into(),
        ("String", _) => "string".into(),
        ("bool", _) => "boolean".into(),
        ("u8" | "u16" | "u32" | "u64", _) => "number".into(),
        (name, _) => name.to_owned(),
    }
}

fn describe_trait(page: &mut String, item: &ItemTrait) {
    writeln!(page, "## {}\n", docs(&item.attrs).trim_end_matches('.')).unwrap();
    for method in &item.items {
        let syn::TraitItem::Fn(method) = method else { continue };
        let arguments = method.sig.inputs.iter().filter_map(|argument| match argument {
            FnArg::Typed(argument) => Some((argument.pat.to_token_stream().to_string(), json(&argument.ty))),
            FnArg::Receiver(_) => None,
        });
        let arguments: Vec<_> = arguments.map(|(name, ty)| format!("{}: {ty}", camel(&name))).collect();
        let (heading, answer) = match strings(&method.attrs, "method").first() {
            Some(name) => {
                let syn::ReturnType::Type(_, ty) = &method.sig.output else { panic!("{name} answers nothing") };
                (format!("`vouch_{name}({})`", arguments.join(", ")), format!("Answer: {}.", json(ty)))
            },
            None => {
                let names = strings(&method.attrs, "subscription");
                let [name, notification, unsubscribe] = &names[..] else { panic!("{names:?}") };
                let attribute =
                    method.attrs.iter().find(|attribute| attribute.path().is_ident("subscription")).unwrap();
                let text = attribute.meta.to_token_stream().to_string();
                let message = text.trim_end_matches(')').rsplit("::").next().unwrap().trim();
                let answer = format!(
                    "Subscription; messages come as `vouch_{notification}`, each of type {message}. Ended with \
                     `vouch_{unsubscribe}`."
                );
                (format!("`vouch_{name}({})`", arguments.join(", ")), answer)
            },
        };
        writeln!(page, "### {heading}\n\n{}\n\n{answer}\n", docs(&method.attrs)).unwrap();
    }
}

fn describe_fields(page: &mut String, fields: &Fields) {
    writeln!(page, "| field | type | |\n| --- | --- | --- |").unwrap();
    for field in fields {
        let name = camel(&field.ident.as_ref().unwrap().to_string());
        writeln!(page, "| `{name}` | {} | {} |", json(&field.ty), docs(&field.attrs)).unwrap();
    }
    page.push('\n');
}

fn describe_type(page: &mut String, item: &Item) {
    match item {
        Item::Struct(item) if matches!(item.fields, Fields::Named(_)) => {
            writeln!(page, "### {}\n\n{}\n", item.ident, docs(&item.attrs)).unwrap();
            describe_fields(page, &item.fields);
        },
        Item::Enum(item) => {
            writeln!(page, "### {}\n\n{} `kind` is one of:\n", item.ident, docs(&item.attrs)).unwrap();
            for variant in &item.variants {
                let fields = variant.fields.iter().map(|field| {
                    let name = camel(&field.ident.as_ref().unwrap().to_string());
                    format!(" `{name}` ({}): {}", json(&field.ty), docs(&field.attrs))
                });
                writeln!(
                    page,
                    "- `{}`: {}{}",
                    code(format_args!("{}", variant.ident)),
                    docs(&variant.attrs),
                    fields.collect::<String>()
                )
                .unwrap();
            }
            page.push('\n');
        },
        _ => {},
    }
}

fn describe_codes(page: &mut String, item: &ItemEnum) {
    writeln!(page, "### {}\n\n| code | |\n| --- | --- |", item.ident).unwrap();
    for variant in &item.variants {
        writeln!(page, "| `{}` | {} |", code(format_args!("{}", variant.ident)), docs(&variant.attrs)).unwrap();
    }
    page.push('\n');
}

fn reference() -> String {
    let mut page = String::from(
        "# JSON-RPC reference\n\nGenerated from the sources of this crate; do not edit.\n\n\
         An argument that may be null can be left out at the end. `at` is the hash of the block as of which to answer; the best \
         block without it. *account*: a device or an account, SS58 with any prefix or 32 bytes in hexadecimal with `0x`; in \
         answers SS58. *amount*: planck, a decimal string. *hash*: hexadecimal with `0x`.\n\n",
    );
    for file in TRAITS {
        for item in items(file) {
            if let Item::Trait(item) = item {
                describe_trait(&mut page, &item);
            }
        }
    }
    page.push_str("## Types\n\n");
    for file in TYPES {
        items(file).iter().for_each(|item| describe_type(&mut page, item));
    }
    page.push_str("## Codes\n\nStable: new ones are added, none is ever renamed.\n\n");
    for (file, names) in CODES {
        for item in items(file) {
            match item {
                Item::Enum(item) if names.contains(&item.ident.to_string().as_str()) => {
                    describe_codes(&mut page, &item)
                },
                _ => {},
            }
        }
    }
    page.push_str(
        "## Errors\n\nJSON-RPC's own: -32602 for arguments that cannot be read, with the reason as `data`; -32603 for a fault of the \
         node; -32601 for methods that there are not.\n\n| code | meaning |\n| --- | --- |\n",
    );
    for item in items("error.rs") {
        let Item::Enum(item) = item else { continue };
        for variant in item.variants {
            let text = docs(&variant.attrs);
            let (code, meaning) = text.split_once(": ").unwrap();
            writeln!(page, "| {code} | {meaning} |").unwrap();
        }
    }
    page
}

#[test]
fn reference_page_is_that_of_the_sources() {
    let (file, generated) = (root().join("REFERENCE.md"), reference());
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        fs::write(&file, &generated).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        written == generated,
        "rpc/REFERENCE.md is not what the sources say; run UPDATE_REFERENCE=1 cargo test --test reference"
    );
}

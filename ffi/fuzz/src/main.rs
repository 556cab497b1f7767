//! One program for all targets; `LEGEND_FUZZ_TARGET` selects one. `frame` takes the input as a whole frame, the id of
//! a DEX as an instruction of that program with the transfers under it.
#![no_main]

use std::cell::RefCell;
use std::sync::OnceLock;

use engine::call::Dex;
use engine::dex;
use engine::engine::{Engine, Event};
use engine::token::{SYSTEM, TOKEN, TOKEN_2022};
use libfuzzer_sys::fuzz_target;

/// Accounts in addition to the programs.
const ACCOUNTS: u8 = 40;
/// Events after which a new engine starts, so that its window stays small.
const EVENTS: u32 = 2_048;

static TARGET: OnceLock<Option<&'static Dex>> = OnceLock::new();

thread_local! {
    static ENGINE: RefCell<(Engine, u32)> = RefCell::new((Engine::default(), 0));
}

fn target() -> Option<&'static Dex> {
    *TARGET.get_or_init(|| {
        let name = std::env::var("LEGEND_FUZZ_TARGET").unwrap_or_default();
        assert!(name == "frame" || dex::by_id(&name).is_some(), "LEGEND_FUZZ_TARGET is `{name}`");
        dex::by_id(&name)
    })
}

fuzz_target!(|input: &[u8]| {
    ENGINE.with_borrow_mut(|(engine, events)| {
        let frame = target().map_or_else(|| input.to_vec(), |dex| frame_of(dex, input, *events));
        let mut out = Vec::new();
        engine.on_event(&Event::Transaction(&frame), 1, &mut out);
        *events += 1;
        if *events == EVENTS {
            engine.on_event(&Event::End, 1, &mut out);
            (*engine, *events) = (Engine::default(), 0);
        }
    });
});

/// A transaction with one call of `dex`. The input gives its data, its accounts, the calls under it and the balances,
/// `number` its name: `[accounts n][n bytes][data n][n bytes]`, then calls of `[program][n][n bytes]`, then amounts.
fn frame_of(dex: &Dex, input: &[u8], number: u32) -> Vec<u8> {
    let mut input = Input(input);
    let mut keys: Vec<[u8; 32]> = (0..ACCOUNTS).map(|number| [number + 1; 32]).collect();
    keys.extend([dex.program.0, TOKEN.0, TOKEN_2022.0, SYSTEM.0]);
    let program = ACCOUNTS;
    let accounts = input.list(32);
    let data = input.list(64);
    let call =
        message(&[(1, Part::Number(program.into())), (2, Part::Bytes(&accounts)), (3, Part::Bytes(&data))]);
    let mut inner = vec![(1, Part::Number(0))];
    let mut called = Vec::new();
    while called.len() < 8 && !input.0.is_empty() {
        let program = ACCOUNTS + input.byte() % 4;
        let (accounts, data) = (input.list(8), input.list(40));
        let height = u64::from(input.byte() % 4);
        called.push(message(&[
            (1, Part::Number(program.into())),
            (2, Part::Bytes(&accounts)),
            (3, Part::Bytes(&data)),
            (4, Part::Number(height)),
        ]));
    }
    inner.extend(called.iter().map(|call| (2, Part::Bytes(call))));
    let inner = message(&inner);
    let mint = "So11111111111111111111111111111111111111112";
    let balances: Vec<Vec<u8>> = (0..ACCOUNTS)
        .map(|account| {
            let amount = message(&[(3, Part::Bytes(u64::from(account).to_string().as_bytes()))]);
            message(&[
                (1, Part::Number(account.into())),
                (2, Part::Bytes(mint.as_bytes())),
                (3, Part::Bytes(&amount)),
                (4, Part::Bytes(mint.as_bytes())),
            ])
        })
        .collect();
    let mut meta = vec![(5, Part::Bytes(&inner))];
    meta.extend(balances.iter().flat_map(|balance| [(7, Part::Bytes(balance)), (8, Part::Bytes(balance))]));
    let meta = message(&meta);
    let header = message(&[(1, Part::Number(1))]);
    let mut body = vec![(1, Part::Bytes(&header))];
    body.extend(keys.iter().map(|key| (2, Part::Bytes(key))));
    body.push((4, Part::Bytes(&call)));
    let body = message(&body);
    let transaction = message(&[(2, Part::Bytes(&body))]);
    let mut signature = [7; 64];
    signature[60..].copy_from_slice(&number.to_le_bytes());
    signature[32..36].copy_from_slice(&number.to_le_bytes());
    let info =
        message(&[(1, Part::Bytes(&signature)), (3, Part::Bytes(&transaction)), (4, Part::Bytes(&meta))]);
    let update = message(&[(1, Part::Bytes(&info)), (2, Part::Number(5))]);
    message(&[(4, Part::Bytes(&update))])
}

struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    fn list(&mut self, max: u8) -> Vec<u8> {
        let len = usize::from(self.byte() % (max + 1)).min(self.0.len());
        let (list, rest) = self.0.split_at(len);
        self.0 = rest;
        list.to_vec()
    }
}

enum Part<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

fn message(parts: &[(u32, Part<'_>)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (field, part) in parts {
        match part {
            Part::Number(number) => {
                varint(&mut out, u64::from(*field) << 3);
                varint(&mut out, *number);
            }
            Part::Bytes(bytes) => {
                varint(&mut out, u64::from(*field) << 3 | 2);
                varint(&mut out, bytes.len() as u64);
                out.extend_from_slice(bytes);
            }
        }
    }
    out
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

use super::*;

/// A field of a message that is made for a test.
enum Made {
    Number(u64, u64),
    Bytes(u64, Vec<u8>),
    Message(u64, Vec<Made>),
}

/// The bytes of a message: `padded` writes every number in five bytes more than it takes, `backwards` the fields from
/// the highest number down, those of one number in their order.
fn encoded(fields: &[Made], padded: bool, backwards: bool) -> Vec<u8> {
    let number = |mut value: u64| {
        let (mut bytes, mut left) = (Vec::new(), if padded { 5 } else { 0 });
        while value >= 0x80 || left > 0 {
            bytes.push(value as u8 | 0x80);
            left -= i32::from(value < 0x80);
            value >>= 7;
        }
        [bytes, vec![value as u8]].concat()
    };
    let mut parts: Vec<(u64, Vec<u8>)> = Vec::new();
    for field in fields {
        let (field, bytes) = match field {
            Made::Number(field, value) => {
                parts.push((*field, [number(field << 3), number(*value)].concat()));
                continue;
            }
            Made::Bytes(field, bytes) => (*field, bytes.clone()),
            Made::Message(field, fields) => (*field, encoded(fields, padded, backwards)),
        };
        parts.push((field, [number(field << 3 | 2), number(bytes.len() as u64), bytes].concat()));
    }
    if backwards {
        parts.sort_by_key(|(field, _)| u64::MAX - field);
    }
    parts.into_iter().flat_map(|(_, bytes)| bytes).collect()
}

fn made_frame(padded: bool, backwards: bool) -> Vec<u8> {
    use Made::{Bytes, Message, Number};
    let call = |program, accounts: &[u8], data: &[u8]| {
        vec![Number(1, program), Bytes(2, accounts.to_vec()), Bytes(3, data.to_vec())]
    };
    let balance = |account, amount: &[u8]| {
        let amount = Message(3, vec![Number(2, 9), Bytes(3, amount.to_vec())]);
        vec![Number(1, account), Bytes(2, b"mint".to_vec()), amount, Bytes(4, vec![b'o'; 130])]
    };
    let keys = (0..3).map(|at| Bytes(2, vec![at; 32]));
    let message = [Message(1, vec![Number(1, 2)])].into_iter().chain(keys);
    let message = message.chain([Message(4, call(1, &[0, 2], &[9; 200])), Message(4, call(2, &[1], b"x"))]);
    let mut inner = call(2, &[3, 4], b"inner");
    inner.push(Number(4, 3));
    let meta = vec![
        Number(2, 5_000),
        Bytes(3, vec![7, 0x80, 1]),
        Bytes(4, vec![6, 0xff, 0xff, 3]),
        Message(5, vec![Number(1, 1), Message(2, inner)]),
        Bytes(6, b"a line".to_vec()),
        Bytes(6, b"another line".to_vec()),
        Message(7, balance(1, b"12345678901")),
        Message(7, balance(2, b"7")),
        Message(8, balance(2, b"18446744073709551615")),
        Bytes(12, vec![8; 32]),
        Bytes(13, vec![9; 32]),
        Number(16, 150_000),
    ];
    let info = vec![
        Bytes(1, vec![5; 64]),
        Message(3, vec![Bytes(1, vec![5; 64]), Message(2, message.collect())]),
        Message(4, meta),
        Number(5, 300),
    ];
    encoded(&[Message(4, vec![Message(1, info), Number(2, 460_123_886)])], padded, backwards)
}

#[test]
fn walk_reads_fields_in_any_order_and_numbers_of_any_length() {
    for (padded, backwards) in [(false, false), (true, false), (false, true), (true, true)] {
        let frame = made_frame(padded, backwards);
        let mut read = Transaction::default();
        assert_eq!(read.walk(&frame), Ok(()), "padded {padded}, backwards {backwards}");
        assert_eq!((read.slot, read.index, read.signers), (460_123_886, 300, 2));
        assert_eq!((read.fee_lamports, read.compute_units), (5_000, 150_000));
        let mut keys: Vec<u8> = read.keys.iter().map(|key| key.of(&frame)[0]).collect();
        // Keys are in the order in which the frame holds them, which is reversed in a backwards frame.
        keys.sort_unstable();
        assert_eq!(keys, [0, 1, 2, 8, 9]);
        assert_eq!(read.pre_lamports, [7, 128]);
        assert_eq!(read.post_lamports, [6, 65_535]);
        let calls = read.instructions.iter().map(|call| {
            let Instruction { program, top, inner, height, accounts, data } = *call;
            ((program, top, inner, height), accounts.of(&frame), data.of(&frame))
        });
        let expected: [(_, &[u8], &[u8]); 3] = [
            ((1, 0, 0, 1), &[0, 2], &[9; 200]),
            ((2, 1, 0, 1), &[1], b"x"),
            ((2, 1, 1, 3), &[3, 4], b"inner"),
        ];
        assert_eq!(calls.collect::<Vec<_>>(), expected);
        let mut tokens = read.tokens.clone();
        tokens.sort_by_key(|token| token.account);
        let amounts = tokens.iter().map(|token| (token.account, token.decimals, token.pre, token.post));
        let amounts: Vec<_> = amounts.collect();
        assert_eq!(amounts[0], (1, 9, Some(12_345_678_901), None));
        assert_eq!((amounts[1].0, amounts[1].1, amounts[1].3), (2, 9, Some(u64::MAX)));
        for token in tokens {
            assert_eq!((token.mint.of(&frame), token.owner.of(&frame)), (&b"mint"[..], &[b'o'; 130][..]));
        }
    }
}

#[test]
fn walk_returns_an_error_for_every_truncation_and_random_bytes() {
    let mut state = 1_u64;
    let mut transaction = Transaction::default();
    for len in 0..2_000 {
        let bytes: Vec<u8> = (0..len % 97)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 57) as u8
            })
            .collect();
        assert!(transaction.walk(&bytes).is_err());
    }
}

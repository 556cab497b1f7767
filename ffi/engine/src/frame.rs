//! A Yellowstone `SubscribeUpdate` with one transaction, walked in place: no copy, no allocation once
//! the vectors have grown. Field numbers: `geyser.proto` and `solana-storage.proto` of
//! yellowstone-grpc-proto 14.
//!
//! Every frame is hostile: lengths are checked, counts are limited, and nothing here panics.

/// Most account keys of one transaction (an index is one byte).
pub const KEYS_MAX: usize = 256;
/// Most instructions, inner ones included; the runtime allows 64 in a trace.
pub const INSTRUCTIONS_MAX: usize = 512;
/// Most token balances on one side.
pub const TOKEN_BALANCES_MAX: usize = 256;

/// A part of the frame's bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    start: u32,
    len: u32,
}

impl Span {
    #[cfg(test)]
    pub(crate) fn new(start: u32, len: u32) -> Span {
        Span { start, len }
    }

    /// The bytes of this part; empty when `frame` is not the frame it came from.
    #[must_use]
    pub fn of(self, frame: &[u8]) -> &[u8] {
        let start = self.start as usize;
        frame.get(start..start + self.len as usize).unwrap_or_default()
    }

    fn end(self) -> usize {
        self.start as usize + self.len as usize
    }
}

/// One instruction, top-level or inner.
#[derive(Clone, Copy, Debug, Default)]
pub struct Instruction {
    /// Index into the keys.
    pub program: u8,
    /// Key indices, one byte each.
    pub accounts: Span,
    /// Program-defined bytes.
    pub data: Span,
    /// Index of the top-level instruction it belongs to, from 0.
    pub top: u16,
    /// 0 for the top-level one, else its place among its inner ones from 1.
    pub inner: u16,
    /// CPI depth, 1 = top level; 0 = the node did not say.
    pub height: u8,
}

/// One token account's balance before and after.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokenBalance {
    /// Index into the keys.
    pub account: u8,
    /// Base58 text.
    pub mint: Span,
    /// Base58 text; empty on old blocks.
    pub owner: Span,
    /// Base units before; `None` = the account did not exist.
    pub pre: Option<u64>,
    /// Base units after; `None` = the account was closed.
    pub post: Option<u64>,
    /// Decimals of the mint, 0..=255.
    pub decimals: u8,
}

/// Why a frame cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// A length or varint runs past the end.
    Truncated,
    /// A key, signature or index has the wrong size, or a limit is passed.
    Malformed,
    /// The update holds no transaction (a slot, a ping): not an error of the frame.
    NotATransaction,
}

/// One transaction of a frame. Kept and refilled by [`Transaction::walk`].
#[derive(Debug, Default)]
pub struct Transaction {
    /// Slot it landed in.
    pub slot: u64,
    /// Place in the block.
    pub index: u64,
    /// 64 bytes.
    pub signature: Span,
    /// A validator's vote.
    pub is_vote: bool,
    /// The runtime refused it: it moved nothing but the fee.
    pub failed: bool,
    /// It comes with what its execution did; one seen before it was executed does not.
    pub executed: bool,
    /// Lamports, base and priority.
    pub fee_lamports: u64,
    /// Compute units used; 0 = not said.
    pub compute_units: u64,
    /// 32 bytes each: static, then loaded writable, then loaded read-only.
    pub keys: Vec<Span>,
    /// How many of the keys signed; they are the first.
    pub signers: u8,
    /// In the order of execution.
    pub instructions: Vec<Instruction>,
    /// Lamports by key before.
    pub pre_lamports: Vec<u64>,
    /// Lamports by key after.
    pub post_lamports: Vec<u64>,
    /// By account, in the frame's order.
    pub tokens: Vec<TokenBalance>,
    inner: Vec<Instruction>,
    loaded_readonly: Vec<Span>,
    /// How many balances after were read.
    post_tokens: usize,
}

impl Transaction {
    /// Fills `self` from `frame`.
    ///
    /// # Errors
    /// See [`FrameError`]; `self` then holds rests and must not be used.
    pub fn walk(&mut self, frame: &[u8]) -> Result<(), FrameError> {
        self.clear();
        let mut found = false;
        for field in Fields::whole(frame) {
            let field = field?;
            if field.number == 4 {
                self.update(frame, field.span()?)?;
                found = true;
            }
        }
        if !found {
            return Err(FrameError::NotATransaction);
        }
        self.keys.extend_from_slice(&self.loaded_readonly);
        if self.keys.is_empty() || self.keys.len() > KEYS_MAX || self.signature.of(frame).len() != 64 {
            return Err(FrameError::Malformed);
        }
        self.merge_inner()
    }

    /// The key at `index`, 32 bytes.
    #[must_use]
    pub fn key<'f>(&self, frame: &'f [u8], index: u8) -> Option<&'f [u8; 32]> {
        self.keys.get(usize::from(index))?.of(frame).try_into().ok()
    }

    /// The token balance of the account at `index`.
    #[must_use]
    pub fn token(&self, index: u8) -> Option<&TokenBalance> {
        self.tokens.iter().find(|token| token.account == index)
    }

    fn clear(&mut self) {
        (self.slot, self.index, self.fee_lamports, self.compute_units) = (0, 0, 0, 0);
        (self.is_vote, self.failed, self.executed, self.signers) = (false, false, false, 0);
        self.signature = Span::default();
        self.keys.clear();
        self.instructions.clear();
        self.pre_lamports.clear();
        self.post_lamports.clear();
        self.tokens.clear();
        self.inner.clear();
        self.loaded_readonly.clear();
        self.post_tokens = 0;
    }

    /// SubscribeUpdateTransaction.
    fn update(&mut self, frame: &[u8], span: Span) -> Result<(), FrameError> {
        for field in Fields::of(frame, span) {
            let field = field?;
            match field.number {
                1 => self.info(frame, field.span()?)?,
                2 => self.slot = field.value,
                _ => {}
            }
        }
        Ok(())
    }

    /// SubscribeUpdateTransactionInfo.
    fn info(&mut self, frame: &[u8], span: Span) -> Result<(), FrameError> {
        for field in Fields::of(frame, span) {
            let field = field?;
            match field.number {
                1 => self.signature = field.span()?,
                2 => self.is_vote = field.value != 0,
                3 => self.transaction(frame, field.span()?)?,
                4 => self.meta(frame, field.span()?)?,
                5 => self.index = field.value,
                _ => {}
            }
        }
        Ok(())
    }

    fn transaction(&mut self, frame: &[u8], span: Span) -> Result<(), FrameError> {
        for field in Fields::of(frame, span) {
            let field = field?;
            if field.number == 2 {
                self.message(frame, field.span()?)?;
            }
        }
        Ok(())
    }

    fn message(&mut self, frame: &[u8], span: Span) -> Result<(), FrameError> {
        for field in Fields::of(frame, span) {
            let field = field?;
            match field.number {
                1 => {
                    for part in Fields::of(frame, field.span()?) {
                        let part = part?;
                        if part.number == 1 {
                            self.signers = part.value.try_into().map_err(|_| FrameError::Malformed)?;
                        }
                    }
                }
                2 => push_key(&mut self.keys, field.span()?)?,
                4 => {
                    let top = self.instructions.len() as u16;
                    let instruction = instruction(frame, field.span()?, top)?;
                    push_limited(
                        &mut self.instructions,
                        Instruction { height: 1, ..instruction },
                        INSTRUCTIONS_MAX,
                    )?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn meta(&mut self, frame: &[u8], span: Span) -> Result<(), FrameError> {
        self.executed = true;
        for field in Fields::of(frame, span) {
            let field = field?;
            match field.number {
                1 => self.failed = true,
                2 => self.fee_lamports = field.value,
                3 => push_numbers(&mut self.pre_lamports, frame, &field)?,
                4 => push_numbers(&mut self.post_lamports, frame, &field)?,
                5 => self.inner_instructions(frame, field.span()?)?,
                7 => self.token_balance(frame, field.span()?, true)?,
                8 => self.token_balance(frame, field.span()?, false)?,
                12 => push_key(&mut self.keys, field.span()?)?,
                13 => push_key(&mut self.loaded_readonly, field.span()?)?,
                16 => self.compute_units = field.value,
                _ => {}
            }
        }
        Ok(())
    }

    fn inner_instructions(&mut self, frame: &[u8], span: Span) -> Result<(), FrameError> {
        let (mut top, begin) = (0, self.inner.len());
        for field in Fields::of(frame, span) {
            let field = field?;
            match field.number {
                1 => top = u16::try_from(field.value).map_err(|_| FrameError::Malformed)?,
                2 => {
                    let mut inner = instruction(frame, field.span()?, 0)?;
                    inner.inner = (self.inner.len() - begin + 1) as u16;
                    push_limited(&mut self.inner, inner, INSTRUCTIONS_MAX)?;
                }
                _ => {}
            }
        }
        for inner in &mut self.inner[begin..] {
            inner.top = top;
        }
        Ok(())
    }

    fn token_balance(&mut self, frame: &[u8], span: Span, pre: bool) -> Result<(), FrameError> {
        let mut token = TokenBalance::default();
        let mut amount = 0;
        for field in Fields::of(frame, span) {
            let field = field?;
            match field.number {
                1 => token.account = u8::try_from(field.value).map_err(|_| FrameError::Malformed)?,
                2 => token.mint = field.span()?,
                3 => {
                    for part in Fields::of(frame, field.span()?) {
                        let part = part?;
                        match part.number {
                            2 => {
                                token.decimals =
                                    u8::try_from(part.value).map_err(|_| FrameError::Malformed)?
                            }
                            3 => amount = decimal(part.span()?.of(frame)).ok_or(FrameError::Malformed)?,
                            _ => {}
                        }
                    }
                }
                4 => token.owner = field.span()?,
                _ => {}
            }
        }
        if pre {
            token.pre = Some(amount);
            return push_limited(&mut self.tokens, token, TOKEN_BALANCES_MAX);
        }
        token.post = Some(amount);
        // Both lists come in the same order, but for accounts made or closed.
        let guess = self.post_tokens;
        self.post_tokens += 1;
        let at = match self.tokens.get(guess) {
            Some(known) if known.account == token.account => Some(guess),
            _ => self.tokens.iter().position(|known| known.account == token.account),
        };
        match at.and_then(|at| self.tokens.get_mut(at)) {
            Some(known) => known.post = token.post,
            None => push_limited(&mut self.tokens, token, 2 * TOKEN_BALANCES_MAX)?,
        }
        Ok(())
    }

    /// Puts the inner instructions behind their top-level ones.
    fn merge_inner(&mut self) -> Result<(), FrameError> {
        if self.inner.is_empty() {
            return Ok(());
        }
        let tops = self.instructions.len();
        if tops + self.inner.len() > INSTRUCTIONS_MAX
            || self.inner.iter().any(|inner| usize::from(inner.top) >= tops)
        {
            return Err(FrameError::Malformed);
        }
        // In place, from the back: every top-level one moves behind the inner ones of those before it.
        self.inner.sort_unstable_by_key(|inner| (inner.top, inner.inner));
        self.instructions.resize(tops + self.inner.len(), Instruction::default());
        let (mut write, mut inner) = (self.instructions.len(), self.inner.len());
        for top in (0..tops).rev() {
            while inner > 0 && usize::from(self.inner[inner - 1].top) == top {
                (write, inner) = (write - 1, inner - 1);
                self.instructions[write] = self.inner[inner];
            }
            write -= 1;
            self.instructions[write] = self.instructions[top];
        }
        Ok(())
    }
}

/// Slot and Unix seconds of a `block_meta` update (field 7), after which no transaction of the block
/// follows; `None` for any other frame.
#[must_use]
pub fn block_end(frame: &[u8]) -> Option<(u64, u64)> {
    let meta = Fields::whole(frame).find_map(|field| field.ok().filter(|field| field.number == 7))?;
    let (mut slot, mut time_s) = (0, 0);
    for field in Fields::of(frame, meta.bytes?) {
        let field = field.ok()?;
        match field.number {
            1 => slot = field.value,
            4 => {
                let time = Fields::of(frame, field.bytes?)
                    .find_map(|part| part.ok().filter(|part| part.number == 1));
                time_s = time.map_or(0, |time| time.value);
            }
            _ => {}
        }
    }
    Some((slot, time_s))
}

fn instruction(frame: &[u8], span: Span, top: u16) -> Result<Instruction, FrameError> {
    let mut found = Instruction { top, ..Instruction::default() };
    for field in Fields::of(frame, span) {
        let field = field?;
        match field.number {
            1 => found.program = u8::try_from(field.value).map_err(|_| FrameError::Malformed)?,
            2 => found.accounts = field.span()?,
            3 => found.data = field.span()?,
            4 => found.height = u8::try_from(field.value).map_err(|_| FrameError::Malformed)?,
            _ => {}
        }
    }
    Ok(found)
}

fn push_key(keys: &mut Vec<Span>, key: Span) -> Result<(), FrameError> {
    if key.len != 32 {
        return Err(FrameError::Malformed);
    }
    push_limited(keys, key, KEYS_MAX)
}

fn push_limited<T>(list: &mut Vec<T>, item: T, max: usize) -> Result<(), FrameError> {
    if list.len() >= max {
        return Err(FrameError::Malformed);
    }
    list.push(item);
    Ok(())
}

/// A repeated uint64: packed, or one by one.
fn push_numbers(numbers: &mut Vec<u64>, frame: &[u8], field: &Field) -> Result<(), FrameError> {
    let Some(span) = field.bytes else {
        return push_limited(numbers, field.value, KEYS_MAX);
    };
    let packed = span.of(frame);
    let mut at = 0;
    while at < packed.len() {
        push_limited(numbers, varint(packed, &mut at)?, KEYS_MAX)?;
    }
    Ok(())
}

/// Decimal digits as a u64; `None` when empty, too large or anything else.
fn decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 20 {
        return None;
    }
    text.iter().try_fold(0_u64, |number, &digit| {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

struct Field {
    number: u32,
    value: u64,
    bytes: Option<Span>,
}

impl Field {
    fn span(&self) -> Result<Span, FrameError> {
        self.bytes.ok_or(FrameError::Malformed)
    }
}

/// The fields of one message, in their order. `bytes` is the frame up to the message's end, so that
/// places are the frame's and one comparison guards every read.
struct Fields<'f> {
    bytes: &'f [u8],
    at: usize,
}

impl<'f> Fields<'f> {
    fn whole(frame: &'f [u8]) -> Self {
        Fields { bytes: &frame[..frame.len().min(u32::MAX as usize)], at: 0 }
    }

    fn of(frame: &'f [u8], span: Span) -> Self {
        Fields { bytes: frame.get(..span.end()).unwrap_or_default(), at: span.start as usize }
    }

    #[inline(always)]
    fn read(&mut self) -> Result<Field, FrameError> {
        let tag = varint(self.bytes, &mut self.at)?;
        let number = u32::try_from(tag >> 3).map_err(|_| FrameError::Malformed)?;
        let mut field = Field { number, value: 0, bytes: None };
        let skip = match tag & 7 {
            0 => {
                field.value = varint(self.bytes, &mut self.at)?;
                return Ok(field);
            }
            2 => varint(self.bytes, &mut self.at)?,
            1 => 8,
            5 => 4,
            _ => return Err(FrameError::Malformed),
        };
        if skip > (self.bytes.len() - self.at) as u64 {
            return Err(FrameError::Truncated);
        }
        if tag & 7 == 2 {
            field.bytes = Some(Span { start: self.at as u32, len: skip as u32 });
        }
        self.at += skip as usize;
        Ok(field)
    }
}

impl Iterator for Fields<'_> {
    type Item = Result<Field, FrameError>;

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.bytes.len() {
            return None;
        }
        let field = self.read();
        if field.is_err() {
            self.at = self.bytes.len();
        }
        Some(field)
    }
}

/// Nearly every varint of a frame is one byte.
#[inline(always)]
fn varint(bytes: &[u8], at: &mut usize) -> Result<u64, FrameError> {
    match bytes.get(*at) {
        Some(&byte) if byte < 0x80 => {
            *at += 1;
            Ok(u64::from(byte))
        }
        _ => long_varint(bytes, at),
    }
}

fn long_varint(bytes: &[u8], at: &mut usize) -> Result<u64, FrameError> {
    let mut value = 0_u64;
    for shift in (0..70).step_by(7) {
        let byte = *bytes.get(*at).ok_or(FrameError::Truncated)?;
        *at += 1;
        if shift == 63 && byte > 1 {
            return Err(FrameError::Malformed);
        }
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(FrameError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varint_refuses_what_does_not_fit_or_does_not_end() {
        let read = |bytes: &[u8]| varint(bytes, &mut 0);
        assert_eq!(read(&[0x96, 0x01]), Ok(150));
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]), Ok(u64::MAX));
        assert_eq!(
            read(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]),
            Err(FrameError::Malformed)
        );
        assert_eq!(read(&[0x80; 3]), Err(FrameError::Truncated));
        assert_eq!(read(&[0x80; 11]), Err(FrameError::Malformed));
    }

    #[test]
    fn decimal_takes_u64_and_nothing_else() {
        for (text, number) in [
            ("0", Some(0)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("", None),
            ("-1", None),
            ("1.5", None),
        ] {
            assert_eq!(decimal(text.as_bytes()), number, "{text}");
        }
    }

    #[test]
    fn walk_answers_an_error_for_every_truncation_and_random_bytes() {
        let mut state = 1_u64;
        let mut transaction = Transaction::default();
        for len in 0..2_000 {
            let bytes: Vec<u8> = (0..len % 97)
                .map(|_| {
                    state =
                        state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    (state >> 57) as u8
                })
                .collect();
            assert!(transaction.walk(&bytes).is_err());
        }
    }
}

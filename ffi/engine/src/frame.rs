//! A Yellowstone `SubscribeUpdate` with one transaction, walked in place: no copy, no allocation once
//! the vectors have grown. Field numbers: `geyser.proto` and `solana-storage.proto` of
//! yellowstone-grpc-proto 14.
//!
//! Every frame is hostile: lengths are checked, counts are limited, and nothing here panics.

mod parts;
#[cfg(test)]
mod tests;

use crate::fields::{Field, Fields};
pub use crate::fields::{FrameError, Span};
use crate::geyser::{
    block_meta, inner_instructions, message, message_header, meta, token_balance, transaction,
    transaction_info, update, update_transaction,
};

pub use self::parts::{INSTRUCTIONS_MAX, Instruction, KEYS_MAX, TOKEN_BALANCES_MAX, TokenBalance};
use self::parts::{push_instruction, push_key, push_limited, push_numbers, token_amount};

/// Which of a transaction's two lists of token balances is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    Before,
    After,
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
    /// The runtime refused it: nothing but the fee moved.
    pub failed: bool,
    /// It comes with the result of its execution; one seen before it was executed does not.
    pub executed: bool,
    /// Lamports, base and priority.
    pub fee_lamports: u64,
    /// Compute units used; 0 = not stated.
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
    /// See [`FrameError`]; `self` is then only partly filled and must not be used.
    pub fn walk(&mut self, frame: &[u8]) -> Result<(), FrameError> {
        self.clear();
        let mut found = false;
        for field in Fields::whole(frame) {
            let field = field?;
            if field.number == update::TRANSACTION {
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
                update_transaction::INFO => self.info(frame, field.span()?)?,
                update_transaction::SLOT => self.slot = field.value(),
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
                transaction_info::SIGNATURE => self.signature = field.span()?,
                transaction_info::IS_VOTE => self.is_vote = field.value() != 0,
                transaction_info::TRANSACTION => self.transaction(frame, field.span()?)?,
                transaction_info::META => self.meta(frame, field.span()?)?,
                transaction_info::INDEX => self.index = field.value(),
                _ => {}
            }
        }
        Ok(())
    }

    fn transaction(&mut self, frame: &[u8], span: Span) -> Result<(), FrameError> {
        for field in Fields::of(frame, span) {
            let field = field?;
            if field.number == transaction::MESSAGE {
                self.message(frame, field.span()?)?;
            }
        }
        Ok(())
    }

    fn message(&mut self, frame: &[u8], span: Span) -> Result<(), FrameError> {
        let mut fields = Fields::of(frame, span);
        while let Some(field) = fields.next().transpose()? {
            match field.number {
                message::HEADER => {
                    for part in Fields::of(frame, field.span()?) {
                        let part = part?;
                        if part.number == message_header::NUM_REQUIRED_SIGNATURES {
                            self.signers = part.value().try_into().map_err(|_| FrameError::Malformed)?;
                        }
                    }
                }
                message::ACCOUNT_KEYS => {
                    push_key(&mut self.keys, field.span()?)?;
                    // A key is followed by keys.
                    while let Some(key) = fields.take_bytes(message::ACCOUNT_KEYS) {
                        push_key(&mut self.keys, key)?;
                    }
                }
                message::INSTRUCTIONS => {
                    let top = self.instructions.len() as u16;
                    let place = Instruction { top, ..Instruction::default() };
                    push_instruction(&mut self.instructions, frame, field.span()?, place)?;
                    if let Some(pushed) = self.instructions.last_mut() {
                        pushed.height = 1;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn meta(&mut self, frame: &[u8], span: Span) -> Result<(), FrameError> {
        self.executed = true;
        let mut fields = Fields::of(frame, span);
        while let Some(field) = fields.next().transpose()? {
            match field.number {
                meta::ERR => self.failed = true,
                meta::FEE => self.fee_lamports = field.value(),
                meta::PRE_BALANCES => push_numbers(&mut self.pre_lamports, frame, &field)?,
                meta::POST_BALANCES => push_numbers(&mut self.post_lamports, frame, &field)?,
                meta::INNER_INSTRUCTIONS => self.inner_instructions(frame, field.span()?)?,
                // A line of the log is followed by lines.
                meta::LOG_MESSAGES => while fields.take_bytes(meta::LOG_MESSAGES).is_some() {},
                meta::PRE_TOKEN_BALANCES => self.token_balance(frame, field.span()?, Moment::Before)?,
                meta::POST_TOKEN_BALANCES => self.token_balance(frame, field.span()?, Moment::After)?,
                meta::LOADED_WRITABLE_ADDRESSES => push_key(&mut self.keys, field.span()?)?,
                meta::LOADED_READONLY_ADDRESSES => push_key(&mut self.loaded_readonly, field.span()?)?,
                meta::COMPUTE_UNITS_CONSUMED => self.compute_units = field.value(),
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
                inner_instructions::INDEX => {
                    top = u16::try_from(field.value()).map_err(|_| FrameError::Malformed)?
                }
                inner_instructions::INSTRUCTIONS => {
                    let inner = (self.inner.len() - begin + 1) as u16;
                    let place = Instruction { inner, ..Instruction::default() };
                    push_instruction(&mut self.inner, frame, field.span()?, place)?;
                }
                _ => {}
            }
        }
        for inner in &mut self.inner[begin..] {
            inner.top = top;
        }
        Ok(())
    }

    fn token_balance(&mut self, frame: &[u8], span: Span, moment: Moment) -> Result<(), FrameError> {
        let mut token = TokenBalance::default();
        let mut amount = 0;
        let mut fields = Fields::of(frame, span);
        // Fast path: fields in the order of their numbers, as they are written. Any other order is read below.
        if let Some(account) = fields.take_number(token_balance::ACCOUNT_INDEX) {
            token.account = account;
        }
        if let Some(mint) = fields.take_bytes(token_balance::MINT) {
            token.mint = mint;
        }
        if let Some(span) = fields.take_bytes(token_balance::UI_TOKEN_AMOUNT) {
            token_amount(frame, span, &mut token.decimals, &mut amount)?;
        }
        if let Some(owner) = fields.take_bytes(token_balance::OWNER) {
            token.owner = owner;
        }
        for field in fields {
            let field = field?;
            match field.number {
                token_balance::ACCOUNT_INDEX => {
                    token.account = u8::try_from(field.value()).map_err(|_| FrameError::Malformed)?
                }
                token_balance::MINT => token.mint = field.span()?,
                token_balance::UI_TOKEN_AMOUNT => {
                    token_amount(frame, field.span()?, &mut token.decimals, &mut amount)?
                }
                token_balance::OWNER => token.owner = field.span()?,
                _ => {}
            }
        }
        if moment == Moment::Before {
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

    /// Puts the inner instructions after their top-level ones.
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
        // In place, from the back: every top-level one moves to after the inner ones of those before it.
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

/// The slot of a `block_meta` update, after which no transaction of the block follows; `None` for any other frame.
#[must_use]
pub fn block_end(frame: &[u8]) -> Option<u64> {
    let is_block_meta = |field: &Field| field.number == update::BLOCK_META;
    let meta = Fields::whole(frame).find_map(|field| field.ok().filter(is_block_meta))?;
    let mut slot = 0;
    for field in Fields::of(frame, meta.span().ok()?) {
        let field = field.ok()?;
        match field.number {
            block_meta::SLOT => slot = field.value(),
            block_meta::BLOCK_TIME => drop(field.span().ok()?),
            _ => {}
        }
    }
    Some(slot)
}

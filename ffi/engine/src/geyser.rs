//! Field numbers of the messages in a frame, named as in `geyser.proto` and `solana-storage.proto` of
//! yellowstone-grpc-proto 14: what is read and what is written cannot differ.
#![expect(missing_docs, reason = "the names are those of the fields")]

/// `SubscribeUpdate`.
pub mod update {
    pub const TRANSACTION: u32 = 4;
    pub const BLOCK_META: u32 = 7;
}

/// `SubscribeUpdateTransaction`.
pub mod update_transaction {
    pub const INFO: u32 = 1;
    pub const SLOT: u32 = 2;
}

/// `SubscribeUpdateTransactionInfo`.
pub mod transaction_info {
    pub const SIGNATURE: u32 = 1;
    pub const IS_VOTE: u32 = 2;
    pub const TRANSACTION: u32 = 3;
    pub const META: u32 = 4;
    pub const INDEX: u32 = 5;
}

/// `SubscribeUpdateBlockMeta`.
pub mod block_meta {
    pub const SLOT: u32 = 1;
    pub const BLOCK_TIME: u32 = 4;
}

/// `UnixTimestamp`.
pub mod unix_timestamp {
    pub const TIMESTAMP: u32 = 1;
}

/// `Transaction`.
pub mod transaction {
    pub const SIGNATURES: u32 = 1;
    pub const MESSAGE: u32 = 2;
}

/// `Message`.
pub mod message {
    pub const HEADER: u32 = 1;
    pub const ACCOUNT_KEYS: u32 = 2;
    pub const RECENT_BLOCKHASH: u32 = 3;
    pub const INSTRUCTIONS: u32 = 4;
    pub const VERSIONED: u32 = 5;
}

/// `MessageHeader`.
pub mod message_header {
    pub const NUM_REQUIRED_SIGNATURES: u32 = 1;
    pub const NUM_READONLY_SIGNED_ACCOUNTS: u32 = 2;
    pub const NUM_READONLY_UNSIGNED_ACCOUNTS: u32 = 3;
}

/// `TransactionStatusMeta`.
pub mod meta {
    pub const ERR: u32 = 1;
    pub const FEE: u32 = 2;
    pub const PRE_BALANCES: u32 = 3;
    pub const POST_BALANCES: u32 = 4;
    pub const INNER_INSTRUCTIONS: u32 = 5;
    pub const LOG_MESSAGES: u32 = 6;
    pub const PRE_TOKEN_BALANCES: u32 = 7;
    pub const POST_TOKEN_BALANCES: u32 = 8;
    pub const LOADED_WRITABLE_ADDRESSES: u32 = 12;
    pub const LOADED_READONLY_ADDRESSES: u32 = 13;
    pub const COMPUTE_UNITS_CONSUMED: u32 = 16;
}

/// `TransactionError`.
pub mod transaction_error {
    pub const ERR: u32 = 1;
}

/// `InnerInstructions`.
pub mod inner_instructions {
    pub const INDEX: u32 = 1;
    pub const INSTRUCTIONS: u32 = 2;
}

/// `CompiledInstruction` and `InnerInstruction`.
pub mod instruction {
    pub const PROGRAM_ID_INDEX: u32 = 1;
    pub const ACCOUNTS: u32 = 2;
    pub const DATA: u32 = 3;
    pub const STACK_HEIGHT: u32 = 4;
}

/// `TokenBalance`.
pub mod token_balance {
    pub const ACCOUNT_INDEX: u32 = 1;
    pub const MINT: u32 = 2;
    pub const UI_TOKEN_AMOUNT: u32 = 3;
    pub const OWNER: u32 = 4;
    pub const PROGRAM_ID: u32 = 5;
}

/// `UiTokenAmount`.
pub mod ui_token_amount {
    pub const DECIMALS: u32 = 2;
    pub const AMOUNT: u32 = 3;
}

//! Mints and token accounts, as the token programs lay them out.

use markets::Address;

/// spl-token.
pub const TOKEN: Address = [
    6, 221, 246, 225, 215, 101, 161, 147, 217, 203, 225, 70, 206, 235, 121, 172, 28, 180, 133, 237, 95, 91,
    55, 145, 58, 140, 245, 133, 126, 255, 0, 169,
];
/// Token-2022.
pub const TOKEN_2022: Address = [
    6, 221, 246, 225, 238, 117, 143, 222, 24, 66, 93, 188, 228, 108, 205, 218, 182, 26, 252, 77, 131, 185,
    13, 39, 254, 189, 249, 40, 216, 161, 139, 252,
];

/// A mint without extensions.
pub fn mint(supply: u64, decimals: u8) -> Vec<u8> {
    let mut data = vec![0; 82];
    data[36..44].copy_from_slice(&supply.to_le_bytes());
    (data[44], data[45]) = (decimals, 1);
    data
}

/// A mint of Token-2022 that withholds basis points of each transfer, at most `maximum`.
pub fn mint_with_fee(supply: u64, basis_points: u16, maximum: u64) -> Vec<u8> {
    let mut data = mint(supply, 6);
    data.resize(165, 0);
    data.extend([1, 1, 0, 108, 0]);
    data.extend([0; 72]);
    for _ in 0..2 {
        data.extend(0_u64.to_le_bytes());
        data.extend(maximum.to_le_bytes());
        data.extend(basis_points.to_le_bytes());
    }
    data
}

/// A token account of `owner`.
pub fn account(mint: &Address, owner: &Address, amount: u64) -> Vec<u8> {
    let mut data = mint.to_vec();
    data.extend(owner);
    data.extend(amount.to_le_bytes());
    data.resize(165, 0);
    data[108] = 1;
    data
}

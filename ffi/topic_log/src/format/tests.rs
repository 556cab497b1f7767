//! Every field comes back, and nothing that is damaged or too large is taken.

use super::batch::count;
use super::*;

fn sample() -> Vec<u8> {
    let record = Record {
        key: Some(b"pool"),
        value: Some(b"\x0a\x05rt-v1"),
        headers: &[("sig", b"\x01\x02"), ("kid", b"")],
        timestamp_ms: -5,
    };
    let mut batch = Batch::default();
    batch.push(&record).expect("fits");
    batch.seal(7);
    batch.bytes().to_vec()
}

#[test]
fn push_then_parse_gives_every_field_back() {
    let bytes = sample();
    assert_eq!(check(&bytes, 7), Checked::Record(bytes.len()));
    let record = StoredRecord::parse(&bytes).expect("parses");
    assert_eq!((record.offset, record.timestamp_ms), (7, -5));
    assert_eq!((record.key, record.value), (Some(&b"pool"[..]), Some(&b"\x0a\x05rt-v1"[..])));
    let headers: Vec<_> = record.headers().collect();
    assert_eq!(headers, [(&b"sig"[..], &b"\x01\x02"[..]), (b"kid", b"")]);
}

#[test]
fn parse_keeps_null_apart_from_empty() {
    for (key, value) in [(None, Some(&b""[..])), (Some(&b""[..]), None), (None, None)] {
        let mut batch = Batch::default();
        batch.push(&Record { key, value, ..Record::default() }).expect("fits");
        let record = StoredRecord::parse(batch.bytes()).expect("parses");
        assert_eq!((record.key, record.value), (key, value));
    }
}

#[test]
fn check_finds_every_single_flipped_bit() {
    let good = sample();
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert_ne!(check(&bad, 7), Checked::Record(good.len()), "bit {bit}");
    }
    assert_eq!(check(&good, 8), Checked::Damaged, "another offset");
    assert_eq!(check(&good[..good.len() - 1], 7), Checked::Short);
}

#[test]
fn count_refuses_lengths_that_disagree() {
    let good = sample();
    assert_eq!(count(&good).expect("whole"), 1);
    for (at, byte) in [(0, 1), (24, 0xff), (28, 0x7f), (32, 9), (36, 0xff)] {
        let mut bad = good.clone();
        bad[at] = byte;
        assert!(count(&bad).is_err(), "byte {at}");
    }
    assert!(count(&good[..good.len() - 1]).is_err());
}

#[test]
fn a_record_with_more_headers_than_may_be_written_is_none() {
    let mut batch = Batch::default();
    batch.push(&Record { headers: &[("", &b""[..]); 64], ..Record::default() }).expect("fits");
    let mut bytes = batch.bytes().to_vec();
    assert_eq!(StoredRecord::parse(&bytes).map(|record| record.headers().count()), Some(64));
    // One more header, with an empty name and value.
    bytes.splice(36..36, [0; 6]);
    let len = u32::try_from(bytes.len()).expect("small");
    bytes[..4].copy_from_slice(&len.to_le_bytes());
    bytes[32] = 65;
    assert_eq!(StoredRecord::parse(&bytes), None);
    assert!(count(&bytes).is_err());
}

#[test]
fn push_refuses_more_than_its_limits() {
    let many = vec![("h", &b""[..]); HEADERS_MAX + 1];
    let large = vec![0; RECORD_BYTES_MAX];
    let records =
        [Record { headers: &many, ..Record::default() }, Record { value: Some(&large), ..Record::default() }];
    for record in records {
        let mut batch = Batch::default();
        assert!(batch.push(&record).is_err());
        assert!(batch.is_empty() && batch.bytes().is_empty(), "nothing half-written");
    }
}

//! The compound file around a workbook of Excel 97 to 2003. The workbook is taken out of it once, and what was looked at is put
//! into a plain container of our own for the reader, so that it sees nothing else.

use super::Refusal;

const HEADER: usize = 512;
const END_OF_CHAIN: u32 = 0xFFFF_FFFE;
const FREE: u32 = 0xFFFF_FFFF;
const FAT_SECTOR: u32 = 0xFFFF_FFFD;
/// Numbers from here on are no sectors.
const SPECIAL: u32 = 0xFFFF_FFFA;
const ENTRY: usize = 128;
/// Streams that are shorter stand in the mini stream, in sectors of 64 bytes.
const MINI_BELOW: usize = 4096;
const MINI_SECTOR: usize = 64;

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.as_chunks().0.iter().map(|four| u32::from_le_bytes(*four)).collect()
}

struct File<'a> {
    bytes: &'a [u8],
    sector: usize,
    fat: Vec<u32>,
}

impl File<'_> {
    fn sector(&self, number: u32) -> Option<&[u8]> {
        let from = (number as usize + 1).checked_mul(self.sector)?;
        let rest = self.bytes.get(from..).filter(|rest| !rest.is_empty())?;
        // The last one may be cut short.
        Some(&rest[..rest.len().min(self.sector)])
    }

    /// All sectors of a chain. One that comes back to itself is longer than the file.
    fn chain(&self, mut number: u32) -> Option<Vec<u8>> {
        let mut stream = Vec::new();
        while number < SPECIAL {
            stream.extend_from_slice(self.sector(number)?);
            if stream.len() > self.bytes.len() {
                return None;
            }
            number = *self.fat.get(number as usize)?;
        }
        Some(stream)
    }
}

struct Entry {
    name: String,
    start: u32,
    length: usize,
}

/// The stream of a workbook.
pub(super) fn workbook(bytes: &[u8]) -> Result<Vec<u8>, Refusal> {
    let (file, entries) = open(bytes).ok_or_else(Refusal::broken)?;
    let named = |name: &str| entries.iter().find(|entry| entry.name.eq_ignore_ascii_case(name));
    if named("EncryptedPackage").is_some() {
        return Err(Refusal::new("file_password"));
    }
    let Some(book) = named("Workbook").or_else(|| named("Book")) else {
        return Err(Refusal::new("file_unknown"));
    };
    stream(&file, &entries, book).ok_or_else(Refusal::broken)
}

fn open(bytes: &[u8]) -> Option<(File<'_>, Vec<Entry>)> {
    let sector = match word(bytes, 30)? & 0xFFFF {
        9 => 512,
        12 => 4096,
        _ => return None,
    };
    let mut file = File { bytes, sector, fat: Vec::new() };
    let mut tables = words(bytes.get(76..HEADER)?);
    let (mut more, mut turns) = (word(bytes, 68)?, 0);
    while more < SPECIAL {
        let mut further = words(file.sector(more)?);
        more = further.pop()?;
        tables.extend(further);
        turns += 1;
        if turns > bytes.len() / sector {
            return None;
        }
    }
    for table in tables.into_iter().filter(|table| *table < SPECIAL) {
        let entries = words(file.sector(table)?);
        file.fat.extend(entries);
        if file.fat.len() > bytes.len() {
            return None;
        }
    }
    let folder = file.chain(word(bytes, 48)?)?;
    let entries = folder.chunks_exact(ENTRY).filter_map(entry).collect();
    Some((file, entries))
}

fn entry(bytes: &[u8]) -> Option<Entry> {
    let letters = bytes.get(..64)?.as_chunks().0.iter().map(|two| u16::from_le_bytes(*two));
    let letters = letters.take_while(|letter| *letter != 0);
    let name: String = char::decode_utf16(letters).map(|letter| letter.unwrap_or('?')).collect();
    Some(Entry { name, start: word(bytes, 116)?, length: word(bytes, 120)? as usize })
}

fn stream(file: &File<'_>, entries: &[Entry], book: &Entry) -> Option<Vec<u8>> {
    let mut whole = if book.length >= MINI_BELOW {
        file.chain(book.start)?
    } else {
        let small = file.chain(entries.first()?.start)?;
        let fat = words(&file.chain(word(file.bytes, 60)?)?);
        let (mut stream, mut number) = (Vec::new(), book.start);
        while number < SPECIAL {
            let from = number as usize * MINI_SECTOR;
            stream.extend_from_slice(small.get(from..from + MINI_SECTOR)?);
            if stream.len() > MINI_BELOW {
                return None;
            }
            number = *fat.get(number as usize)?;
        }
        stream
    };
    whole.truncate(book.length);
    Some(whole)
}

/// A container with nothing but this stream, in sectors of 4096 bytes.
pub(super) fn of_workbook(mut stream: Vec<u8>) -> Vec<u8> {
    const SECTOR: usize = 4096;
    const LINKS: usize = SECTOR / 4;
    stream.resize(stream.len().max(MINI_BELOW).next_multiple_of(SECTOR), 0);
    let length = stream.len();
    let sectors = length / SECTOR;
    // The stream, the folder, and the table of both and of itself.
    let tables = (sectors + 1).div_ceil(LINKS - 1);
    let number = |count: usize| u32::try_from(count).unwrap_or(FREE);
    let mut fat: Vec<u32> = (1..=number(sectors)).collect();
    fat[sectors - 1] = END_OF_CHAIN;
    fat.push(END_OF_CHAIN);
    fat.resize(sectors + 1 + tables, FAT_SECTOR);
    fat.resize(tables * LINKS, FREE);

    let mut file = vec![0; SECTOR];
    file[..8].copy_from_slice(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1");
    for (at, value) in [(24, 0x3E_u16), (26, 4), (28, 0xFFFE), (30, 12), (32, 6)] {
        file[at..at + 2].copy_from_slice(&value.to_le_bytes());
    }
    let mut put = |at: usize, value: u32| file[at..at + 4].copy_from_slice(&value.to_le_bytes());
    for (at, value) in [
        (40, 1),
        (44, number(tables)),
        (48, number(sectors)),
        (56, number(MINI_BELOW)),
        (60, END_OF_CHAIN),
        (64, 0),
        (68, END_OF_CHAIN),
    ] {
        put(at, value);
    }
    for place in 0..(HEADER - 76) / 4 {
        let table = if place < tables { number(sectors + 1 + place) } else { FREE };
        put(76 + place * 4, table);
    }
    file.extend_from_slice(&stream);
    let mut folder = vec![0; SECTOR];
    for (at, (name, kind, start, length)) in
        [("Root Entry", 5_u8, 0, 0), ("Workbook", 2, 0, length)].into_iter().enumerate()
    {
        let entry = &mut folder[at * ENTRY..(at + 1) * ENTRY];
        for (letter, two) in name.encode_utf16().zip(entry.chunks_exact_mut(2)) {
            two.copy_from_slice(&letter.to_le_bytes());
        }
        entry[64] = u8::try_from((name.len() + 1) * 2).unwrap_or(64);
        entry[66] = kind;
        entry[68..80].fill(0xFF);
        entry[116..120].copy_from_slice(&u32::to_le_bytes(start));
        entry[120..128].copy_from_slice(&(length as u64).to_le_bytes());
    }
    file.extend_from_slice(&folder);
    file.extend(fat.iter().flat_map(|link| link.to_le_bytes()));
    file
}

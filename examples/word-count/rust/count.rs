//! The program of `c/count.c` again, in Rust: the same options, the same bytes.
use std::collections::BTreeMap;
use std::fs::{read_to_string, File};
use std::io::{BufWriter, Write};
use std::process::exit;

fn fail(what: &str, about: &str) -> ! {
    eprintln!("{what}: {about}");
    exit(2)
}

fn option(arguments: &[String], name: &str) -> String {
    let found = arguments.chunks(2).find(|pair| pair[0] == name);
    match found {
        Some([_, value]) => value.clone(),
        _ => fail("there must be an option", name),
    }
}

fn number(arguments: &[String], name: &str) -> usize {
    match option(arguments, name).parse() {
        Ok(value @ 1..=1_000_000) => value,
        _ => fail("must be a number from 1", name),
    }
}

/// Where the word that starts at the beginning of the text ends: letters, and apostrophes between two of them.
fn word_length(text: &str) -> usize {
    let mut rest = text.char_indices().peekable();
    while let Some((at, found)) = rest.next() {
        let goes_on = at > 0 && found == '\'' && rest.peek().is_some_and(|(_, next)| next.is_alphabetic());
        if !found.is_alphabetic() && !goes_on {
            return at;
        }
    }
    text.len()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (part, of) = (number(&arguments, "--part"), number(&arguments, "--of"));
    let path = format!("/in/{}", option(&arguments, "--text"));
    let Ok(text) = read_to_string(&path) else { fail("there is no text", &path) };
    if part > of {
        fail("there are not so many parts", "--part");
    }

    // A word belongs to the part in which it starts: one that lies across the start of this part is read, and left out.
    let (start, end) = (text.len() * (part - 1) / of, text.len() * part / of);
    let before = text.as_bytes()[..start].iter().rposition(|byte| matches!(byte, b' ' | b'\n'));
    let mut at = before.map_or(0, |place| place + 1);
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    while at < end {
        match word_length(&text[at..]) {
            0 => at += text[at..].chars().next().map_or(1, char::len_utf8),
            length => {
                if at >= start {
                    *counts.entry(text[at..at + length].to_lowercase()).or_default() += 1;
                }
                at += length;
            }
        }
    }

    let Ok(file) = File::create("/out/counts.tsv") else { fail("can't write", "/out/counts.tsv") };
    let mut out = BufWriter::new(file);
    let written = counts.iter().try_for_each(|(word, count)| writeln!(out, "{word}\t{count}"));
    if written.and_then(|()| out.flush()).is_err() {
        fail("can't write", "/out/counts.tsv");
    }
}

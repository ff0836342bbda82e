/* Counts the words of one part of one text: --text NAME --part N --of M; the parts are equal stretches of bytes. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "table.h"

static const char *option(int argc, char **argv, const char *name) {
  for (int i = 1; i + 1 < argc; i += 2)
    if (strcmp(argv[i], name) == 0) return argv[i + 1];
  fail("there must be an option", name);
}

static size_t number(int argc, char **argv, const char *name) {
  const char *text = option(argc, argv, name);
  char *end;
  const unsigned long value = strtoul(text, &end, 10);
  if (*text < '0' || *text > '9' || *end != 0 || value == 0 || value > 1000000) fail("must be a number from 1", name);
  return value;
}

/* The character at a place; a byte that is no UTF-8 stands for itself and is no letter. */
static size_t character(const char *text, wchar_t *found) {
  mbstate_t state = {0};
  const size_t bytes = mbrtowc(found, text, MB_CUR_MAX, &state);
  if (bytes != (size_t)-1 && bytes != (size_t)-2 && bytes != 0) return bytes;
  *found = L' ';
  return 1;
}

/* Whether a word goes on here: a letter, or an apostrophe between two. `text` is not at the start of the word. */
static size_t more(const char *text, wchar_t *found) {
  const size_t bytes = character(text, found);
  if (iswalpha((wint_t)*found)) return bytes;
  wchar_t next;
  if (*found != L'\'') return 0;
  character(text + bytes, &next);
  return iswalpha((wint_t)next) ? bytes : 0;
}

static char *copy_lower(const char *from, const char *to) {
  /* No letter of the table gets longer than four bytes. */
  char *word = malloc(4 * (size_t)(to - from) + 1);
  if (word == NULL) fail("no memory for", "a word");
  char *end = word;
  mbstate_t state = {0};
  while (from < to) {
    wchar_t found;
    from += character(from, &found);
    end += wcrtomb(end, (wchar_t)towlower((wint_t)found), &state);
  }
  *end = 0;
  return word;
}

int main(int argc, char **argv) {
  setlocale(LC_CTYPE, "C.UTF-8");
  const size_t part = number(argc, argv, "--part");
  const size_t of = number(argc, argv, "--of");
  char path[80];
  snprintf(path, sizeof path, "/in/%s", option(argc, argv, "--text"));
  size_t length;
  char *text = read_file(path, &length);
  if (text == NULL) fail("there is no text", path);
  if (part > of) fail("there are not so many parts", "--part");

  /* A word belongs to the part in which it starts: one that lies across the start of this part is read, and left out. */
  const size_t start = length * (part - 1) / of, end = length * part / of;
  size_t at = start;
  while (at > 0 && text[at - 1] != ' ' && text[at - 1] != '\n') at -= 1;
  struct table table = {0};
  wchar_t found;
  while (at < end) {
    const size_t bytes = character(text + at, &found);
    if (!iswalpha((wint_t)found)) {
      at += bytes;
      continue;
    }
    size_t to = at + bytes;
    for (size_t next = more(text + to, &found); next != 0; next = more(text + to, &found)) to += next;
    if (at >= start) add(&table, copy_lower(text + at, text + to), 1);
    at = to;
  }
  unite(&table);
  write_table(&table, "/out/counts.tsv");
  return 0;
}

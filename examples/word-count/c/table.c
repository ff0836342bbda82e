/* Words and their counts, and the files that they come from and go to. */
#include "table.h"

#include <stdlib.h>
#include <string.h>

void fail(const char *what, const char *about) {
  fprintf(stderr, "%s: %s\n", what, about);
  exit(2);
}

char *read_file(const char *path, size_t *length) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) return NULL;
  if (fseek(file, 0, SEEK_END) != 0) fail("can't read", path);
  const long end = ftell(file);
  rewind(file);
  char *text = end < 0 ? NULL : malloc((size_t)end + 1);
  if (text == NULL) fail("no memory for", path);
  if (fread(text, 1, (size_t)end, file) != (size_t)end) fail("can't read", path);
  fclose(file);
  text[end] = 0;
  *length = (size_t)end;
  return text;
}

void add(struct table *table, char *word, unsigned long count) {
  if (table->length == table->room) {
    table->room = table->room == 0 ? 1024 : 2 * table->room;
    table->entries = realloc(table->entries, table->room * sizeof *table->entries);
    if (table->entries == NULL) fail("no memory for", "words");
  }
  table->entries[table->length++] = (struct entry){word, count};
}

static int by_word(const void *one, const void *other) {
  return strcmp(((const struct entry *)one)->word, ((const struct entry *)other)->word);
}

void unite(struct table *table) {
  if (table->length == 0) return;
  qsort(table->entries, table->length, sizeof *table->entries, by_word);
  size_t last = 0;
  for (size_t i = 1; i < table->length; i += 1) {
    struct entry *entries = table->entries;
    if (strcmp(entries[last].word, entries[i].word) == 0) entries[last].count += entries[i].count;
    else entries[++last] = entries[i];
  }
  table->length = last + 1;
}

void write_table(const struct table *table, const char *path) {
  FILE *file = fopen(path, "wb");
  if (file == NULL) fail("can't write", path);
  for (size_t i = 0; i < table->length; i += 1)
    fprintf(file, "%s\t%lu\n", table->entries[i].word, table->entries[i].count);
  if (fclose(file) != 0) fail("can't write", path);
}
